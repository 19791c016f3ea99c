"""The report of an evaluation: one page with its figures and pictures, and its tables."""

from __future__ import annotations

import base64
import io
from importlib.resources import files
from pathlib import Path

import jinja2
from matplotlib.figure import Figure

from napari_all_subtype.amounts import amount
from napari_all_subtype.files import new_folder, write_json
from napari_all_subtype.learning.evaluation import Figure as Value
from napari_all_subtype.learning.plots import (
    RANDOM_MARK,
    confusion_figure,
    curves_figure,
    gallery_figure,
    reliability_figure,
)
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY, class_of
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.evaluate import Evaluated, class_table
from napari_all_subtype.workflow.picture_scale import scale_lines

PAGE = "report.html"
FILES = (PAGE, "metrics.json", "per_class.csv", "cells.csv")
_DPI = 110
_TITLES = {
    "macro_f1": "Macro-F1",
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "kappa": "Cohen's κ",
    "ece": "Expected calibration error, 15 bins",
}


def write_report(evaluated: Evaluated, folder: Path, overwrite: bool = False) -> None:
    """Write ``report.html``, ``metrics.json`` and two tables; the folder appears whole.

    Raises
    ------
    OutputExistsError, OutputError
        If it is there already or cannot be written.
    """
    metrics = evaluated.metrics()
    with new_folder(folder, FILES, overwrite) as partial:
        write_json(partial / "metrics.json", metrics)
        write_csv(class_table(metrics), partial / "per_class.csv")
        write_csv(evaluated.cell_table(), partial / "cells.csv")
        (partial / PAGE).write_text(_page(evaluated, metrics), encoding="utf-8")


def error_gallery(evaluated: Evaluated, most: int = 48) -> Figure:
    """Cells called something else than people did, the surest first."""
    rows = evaluated.wrong
    captions = [
        f"row {evaluated.cells.rows[n]}: {_title(evaluated, evaluated.cells.words[n])}\n→ "
        f"{_title(evaluated, evaluated.said.words[n])} {evaluated.said.confidence[n]:.2f}"
        for n in rows[:most]
    ]
    return gallery_figure(evaluated.cells.crops[rows], captions, "Person → model", most=most)


def _page(evaluated: Evaluated, metrics: dict) -> str:
    figures = evaluated.figures
    pictures = {
        "People's words and the model's": confusion_figure(figures, evaluated.taxonomy),
        "Calibration": reliability_figure(figures),
        "ROC, and precision against recall": curves_figure(figures, evaluated.taxonomy),
        "Errors": error_gallery(evaluated),
    }
    loader = jinja2.FunctionLoader(_template)
    made = jinja2.Environment(loader=loader, autoescape=True)
    made.filters["amount"] = amount
    return made.get_template("evaluation.html").render(
        notice=RESEARCH_USE_ONLY,
        told=metrics,
        warnings=evaluated.warnings,
        scale=scale_lines(evaluated.cells.sizes),
        identifiers=False,
        mark=RANDOM_MARK if figures.random_split else "",
        rows=[(_TITLES[name], _said(getattr(figures, name))) for name in _TITLES],
        classes=[
            (
                _title(evaluated, name),
                one.cells,
                one.groups,
                *(_said(part) for part in (one.precision, one.recall, one.f1)),
                f"{figures.curves[name].auroc:.3f}" if name in figures.curves else "–",
            )
            for name, one in figures.per_class.items()
        ],
        pictures={title: _embedded(figure) for title, figure in pictures.items()},
    )


def _title(evaluated: Evaluated, name: str) -> str:
    return class_of(evaluated.taxonomy, name).title


def _said(figure: Value) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _embedded(figure: Figure) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _template(name: str) -> str:
    home = files("napari_all_subtype.workflow") / "templates"
    return (home / name).read_text(encoding="utf-8")
