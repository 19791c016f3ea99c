"""A model of a project measured on cells that it never saw, and what is written of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.model_facts import FalseBlasts
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import TrainingSetError
from napari_all_subtype.files import write_json
from napari_all_subtype.learning.comparison import Comparison, compare
from napari_all_subtype.learning.evaluation import Evaluation, evaluate
from napari_all_subtype.learning.hierarchy import Said, as_people_say, said_of
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.models import StoredModel, models_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.blank_limit import limit_of_blank
from napari_all_subtype.workflow.learners import Predictor
from napari_all_subtype.workflow.picture_scale import assumed_lines, scale_lines
from napari_all_subtype.workflow.project_models import (
    folder_of_model,
    model_named,
    model_outside,
    predictor_of,
    untold_pictures,
)
from napari_all_subtype.workflow.provenance import made_now
from napari_all_subtype.workflow.seen import Seen, seen_by
from napari_all_subtype.workflow.table_cells import TableCells, cells_of_table

COUNTED = 200  # cells of a differential


@dataclass(frozen=True)
class Evaluated:
    """A model on the cells of a table.

    Parameters
    ----------
    model : StoredModel
    cells : TableCells
    taxonomy : Taxonomy
    probabilities : ndarray, shape (N, K), float32
    said : Said
    figures : Evaluation
    blank : dict or None
        Rate of blasts among normal cells, and the limit of blank; None where nobody can tell.
    against : Comparison or None
        With another model on the same cells.
    other_id : str
        Of that model.
    project_id : str
    untold : str
        Of pictures that the model may have learned from and nobody can compare; perhaps empty.
    """

    model: StoredModel
    cells: TableCells
    taxonomy: Taxonomy
    probabilities: np.ndarray
    said: Said
    figures: Evaluation
    blank: dict | None = None
    against: Comparison | None = None
    other_id: str = ""
    project_id: str = ""
    untold: str = ""

    @property
    def wrong(self) -> np.ndarray:
        """Cells called something else than people did, the surest first: indices."""
        judged = as_people_say(self.cells.words, self.said.words, self.taxonomy)
        rows = np.flatnonzero(judged != self.cells.words)
        return rows[np.argsort(-self.said.confidence[rows], kind="stable")]

    @property
    def warnings(self) -> list[str]:
        """What a person is to know beside the figures: of what they may be too good or wrong."""
        lost, n = int((~self.cells.found).sum()), len(self.cells)
        told = [
            f"No cell was found in {lost} of {n} pictures: there the model judged the middle of "
            "the picture, and they count in every figure."
        ]
        untold = [self.untold] if self.untold else []
        return [*untold, *assumed_lines(self.cells.sizes), *(told if lost else ())]

    def metrics(self) -> dict:
        """All figures, ready for JSON."""
        against = None
        if self.against is not None:
            against = {"model": self.other_id, **asdict(self.against)}
        return {
            **self.figures.to_dict(),
            "project": self.project_id,
            "model": self.model.model_id,
            "state": self.model.kind,
            "taxonomy": self.taxonomy.name,
            "split_sha256": self.model.split_sha256,
            "cell_not_found": int((~self.cells.found).sum()),
            "left_out": self.cells.left_out,
            "unreadable": len(self.cells.failed),
            "scale_assumed": sum(size.origin == "assumed" for size in self.cells.sizes),
            "scale": scale_lines(self.cells.sizes),
            "warnings": self.warnings,
            "limit_of_blank": self.blank,
            "against": against,
            **made_now(),
        }

    def cell_table(self) -> pd.DataFrame:
        """A row per cell, without the names of files: ``row`` of the table tells which it is."""
        columns = {f"p_{n}": self.probabilities[:, k] for k, n in enumerate(self.taxonomy.names)}
        return pd.DataFrame(
            {
                "row": self.cells.rows,
                "annotation": self.cells.words,
                "model_says": self.said.words,
                "confidence": self.said.confidence,
                "cell_found": self.cells.found,
                "um_per_px": [size.um_per_px for size in self.cells.sizes],
                "pixel_size_origin": [size.origin for size in self.cells.sizes],
                **columns,
            }
        )


def evaluate_models(
    database: Database,
    model_id: str,
    against_id: str,
    rows: pd.DataFrame,
    random_split: bool = False,
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Evaluated:
    """`evaluate_on_table` of the models of these ids; empty for the one that runs, and for none.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If a model cannot be used.
    RecordError, TooFewCellsError, TrainingSetError, Stopped
        As `evaluate_on_table` does.
    """
    chosen = model_named(database, model_id)
    ready, other = predictor_of(database, chosen), None
    if against_id:
        other = (against_id, predictor_of(database, model_named(database, against_id)))
    found = evaluate_on_table(
        database, chosen, ready, rows, random_split, other, parameters, monitor
    )
    return replace(found, untold=untold_pictures(database, chosen))


def evaluate_on_table(
    database: Database,
    model: StoredModel,
    predictor: Predictor,
    rows: pd.DataFrame,
    random_split: bool = False,
    other: tuple[str, Predictor] | None = None,
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Evaluated:
    """Figures of a model on the cells of a table that the project did not learn from.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `cell_rows` gives them.
    random_split : bool
        Take cells of groups that were learned from too; every figure is marked.
    other : (str, Predictor), optional
        Id of another model, and the model: both are compared on the same cells.

    Raises
    ------
    RecordError
        If a word is no class of the model.
    TooFewCellsError
        If no cell is left, or all are of one class.
    TrainingSetError
        If the other model has other classes or sees other crops.
    Stopped
        If the monitor asked for it.
    """
    taxonomy = predictor.taxonomy
    parted = bool(model.content.get("random_split"))
    spec = predictor.crop_spec
    seen = Seen()
    if not random_split:
        told = seen_by(database, spec, parted, monitor)
        seen = _and_models(told, database, model, other and other[0])
    cells = cells_of_table(rows, taxonomy, spec, seen, parameters, monitor)
    marked = random_split or parted
    p = predictor.predict(cells.crops, monitor)
    said = said_of(p, taxonomy, parameters.decision)
    figures = evaluate(p, cells.words, cells.groups, taxonomy, marked, said)
    against, other_id = None, ""
    if other is not None:
        other_id, against = other[0], _compared(cells, said, predictor, other[1], monitor)
    blank = blank_of(cells.words, said, taxonomy)
    project = database.row("SELECT value FROM project WHERE key = 'id'")["value"]
    return Evaluated(model, cells, taxonomy, p, said, figures, blank, against, other_id, project)


def _and_models(seen: Seen, database: Database, model: StoredModel, other_id: str | None) -> Seen:
    """What the project learned from, and what both models tell that they saw elsewhere."""
    seen = seen.and_model(folder_of_model(database, model))
    outside = model_outside(other_id) if other_id else None
    for one in (*models_of(database), *filter(None, [outside])):
        if one.model_id == other_id or one is outside:
            seen = seen.and_model(folder_of_model(database, one))
    return seen


def blank_of(words: np.ndarray, said: Said, taxonomy: Taxonomy) -> dict | None:
    """How many cells called normal by people are called blast, and what a count may show of it."""
    if not {"normal", "blast"} <= set(taxonomy.names):
        return None
    normal = words == "normal"
    n = int(normal.sum())
    if not n:
        return None
    rate = float((said.sides[normal] == "blast").mean())
    return {
        "normal_cells": n,
        "called_blast": int((said.sides[normal] == "blast").sum()),
        "rate": rate,
        "of_cells": COUNTED,
        "limit": limit_of_blank([FalseBlasts("this table", rate, n)], COUNTED),
    }


def write_metrics(evaluated: Evaluated, path: Path, overwrite: bool = True) -> None:
    """Write all figures as JSON.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_json(path, evaluated.metrics(), overwrite)


def class_table(metrics: Mapping[str, object]) -> pd.DataFrame:
    """A row per class: precision, recall and F1 with their intervals."""
    rows = []
    for name, told in metrics["per_class"].items():
        row = {"class": name, "cells": told["cells"], "groups": told["groups"]}
        for figure in ("precision", "recall", "f1"):
            low, high = told[f"{figure}_interval"]
            row |= {figure: told[figure], f"{figure}_low": low, f"{figure}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def _compared(
    cells: TableCells, said: Said, first: Predictor, second: Predictor, monitor: Monitor
) -> Comparison:
    names = (first.taxonomy.names, second.taxonomy.names)
    if names[0] != names[1] or first.crop_spec != second.crop_spec:
        raise TrainingSetError(
            "The two models have other classes, or see other crops: they cannot be compared on the "
            "same cells. Evaluate each by itself."
        )
    other = said_of(second.predict(cells.crops, monitor), second.taxonomy)
    return compare(cells.words, said.words, other.words, first.taxonomy)
