"""The command evaluate: a model measured on cells of a table that it never saw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from napari_all_subtype.amounts import amount
from napari_all_subtype.config import AnalysisParameters, ScaleParameters
from napari_all_subtype.option_groups import Debug, Scale
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import fail, note, say, warn

if TYPE_CHECKING:
    from napari_all_subtype.workflow.evaluate import Evaluated

DONE, SOME_FAILED = 0, 1

Folder = Annotated[Path, Parameter(help="Folder of the project.")]


def evaluate(
    folder: Folder,
    /,
    *,
    table: Annotated[
        Path, Parameter(help="CSV file (file, annotation, group): a row per picture of one cell.")
    ],
    out: Annotated[Path, Parameter(help="File for all figures, as JSON.")],
    model: Annotated[
        str, Parameter(help="Id of a model; by default the one last trained or accepted.")
    ] = "",
    against: Annotated[
        str, Parameter(help="Id of another model, compared on the same cells (McNemar).")
    ] = "",
    report: Annotated[
        Path | None,
        Parameter(help="Folder for a report: a page with figures and pictures, and tables."),
    ] = None,
    random_split: Annotated[
        bool,
        Parameter(
            negative="",
            help="Measure on cells of groups that were learned from too: every figure is marked.",
        ),
    ] = False,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace an earlier report.")] = False,
    debug: Debug = False,
    scale: Scale = ScaleParameters(),
) -> int:
    """Measure a model on cells of other groups than it learned from.

    Example: napari-all-subtype evaluate reading-2026 --table kept-back.csv --out metrics.json
    """
    from napari_all_subtype.files import refuse_existing
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.cell_rows import rows_of_csv
    from napari_all_subtype.workflow.evaluate import evaluate_models, write_metrics
    from napari_all_subtype.workflow.evaluation_report import write_report

    rows = rows_of_csv(table)
    parameters = AnalysisParameters(scale=scale)
    if report is not None:
        refuse_existing(report, overwrite)  # now, not when all is computed
    with open_project(folder, write=False) as database, TerminalMonitor(len(rows)) as monitor:
        found = evaluate_models(database, model, against, rows, random_split, parameters, monitor)
    if report is not None:
        write_report(found, report, overwrite)
    write_metrics(found, out)
    _tell(found)
    say(f"All figures: {out}")
    say(RESEARCH_USE_ONLY)
    return SOME_FAILED if found.cells.failed else DONE


def _tell(found: Evaluated) -> None:
    """What took no part and what is to be known on stderr, the figures on stdout."""
    from napari_all_subtype.workflow.picture_scale import scale_lines

    for outcome in found.cells.failed:
        fail(f"{outcome.field.name}: {outcome.error}")
    for why, n in found.cells.left_out.items():
        note(f"{amount(n, 'row')} {why} {'takes' if n == 1 else 'take'} no part.")
    for line in found.warnings:
        warn(line)
    for line in scale_lines(found.cells.sizes):
        note(line)
    figures = found.figures
    if figures.random_split:
        note("Random split: cells of one case train and test, the figures are too good.")
    say(
        f"Model {found.model.model_id} on {amount(figures.cells, 'cell')} of "
        f"{amount(figures.groups, 'group')}: "
        f"macro-F1 {figures.macro_f1.value:.3f}, balanced accuracy "
        f"{figures.balanced_accuracy.value:.3f}, κ {figures.kappa.value:.3f}, ECE "
        f"{figures.ece.value:.3f}"
    )
    if found.against is not None:
        other = found.against
        say(
            f"Against model {found.other_id}: this one alone is right on "
            f"{amount(other.only_first, 'cell')}, "
            f"the other alone on {other.only_second}, both on {other.both}, neither on "
            f"{other.neither} (McNemar, exact: p = {other.p_value:.3g})"
        )
