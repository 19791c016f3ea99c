"""The ways into a project, on the command line: what goes together, and what came in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import ParameterError, RecordError
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands.app import DONE, NOTHING_DONE, SOME_FAILED
from napari_all_subtype.project_commands.packets import tell_words, there_already
from napari_all_subtype.terminal import fail, note, say, tell_scale, warn

if TYPE_CHECKING:
    from napari_all_subtype.config import AnalysisParameters
    from napari_all_subtype.progress import Monitor
    from napari_all_subtype.project.database import Database
    from napari_all_subtype.workflow.project_fields import Imported


def refuse_mixed(
    ways: dict[str, bool], inputs: bool, of_smear: bool, specimen: bool, reader: str, scale: bool
) -> None:
    """Raise if options do not go together.

    Raises
    ------
    ParameterError
    """
    chosen = [name for name, given in ways.items() if given]
    if "--from-project" in chosen and (chosen[1:] or inputs or of_smear or specimen or reader):
        raise ParameterError(
            "--from-project goes without images and without other options: cases, readers and "
            "the like are those of the other project."
        )
    if len(chosen) > 1:
        raise ParameterError(
            f"{' and '.join(chosen)} are given together. Expected one of them: add the rest in a "
            "second call."
        )
    way = chosen[0] if chosen else ""
    if way == "--table or --folder" and inputs:
        raise ParameterError(
            "Images are named beside --table or --folder. Expected one of them: add the images in "
            "a second call."
        )
    if not inputs and way not in ("--from-project", "--table or --folder"):
        raise ParameterError("No image was named: give images, or folders of images, to add.")
    if scale and way not in ("--cells", "--table or --folder", "--geojson"):
        raise ParameterError(
            "The size of a pixel goes with pictures of single cells (--table, --folder, --cells) "
            "and with outlines (--geojson). Of fields it is asked when they are analysed."
        )
    if way == "--cells" and not reader:
        raise ParameterError(
            "--cells is given without --reader. Say whose words these are: --reader NAME."
        )
    if way in ("--cells", "--table or --folder") and (of_smear or specimen):
        raise ParameterError(
            "--case, --identifier and --specimen go with fields of one smear; with pictures of "
            "single cells the column 'group' tells what belongs together."
        )
    if way == "--cases" and (of_smear or reader):
        raise ParameterError(
            "--cases goes without --case, --identifier and --reader: each folder is a case, its "
            "name the identifier, and no words come with it."
        )


def add_outlines(
    database: Database,
    inputs: list[Path],
    given: Path,
    reader: str,
    of: dict[str, str],
    parameters: AnalysisParameters,
    monitor: Monitor,
) -> Imported:
    """Images with outlines of their cells."""
    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.workflow.analyse import Analyser
    from napari_all_subtype.workflow.inputs import find_images
    from napari_all_subtype.workflow.project_outlines import drawn_fields, import_outlines

    # Raises before anything is loaded or entered.
    drawn = drawn_fields(database, find_images(inputs), given)
    analyser, who = Analyser(parameters), reader_named(database, reader).reader_id
    return import_outlines(database, drawn, who, analyser, monitor=monitor, **of)


def add_cohort(database: Database, inputs: list[Path], specimen: str, monitor: Monitor) -> int:
    """Folders with a folder for each case; the exit status."""
    from napari_all_subtype.workflow.project_cohort import find_cohort, import_cohort

    found = [find_cohort(path) for path in inputs]
    cases = [home for one in found for home in one.cases]
    made = import_cohort(database, cases, specimen, monitor=monitor)
    for why in made.refused:
        fail(why)
    for one in found:
        for name in one.empty:
            note(f"{name}: no image lies in it, so it is no case.")
        if one.beside:
            note(f"Left out, in no folder of a case: {amount(one.beside, 'image')}.")
    status = told(made.came, with_words=False)
    say(
        f"{amount(len(cases) - len(made.refused), 'case')}; their names are kept apart as "
        "identifiers."
    )
    if not made.refused:
        return status
    return SOME_FAILED if made.came.added or made.came.known else NOTHING_DONE


def told(came: Imported, with_words: bool) -> int:
    """Say what came in; the exit status."""
    for outcome in came.failed:
        fail(outcome.error)
    tell_scale(came.sizes)
    if came.of_other_size:
        warn(
            f"{amount(came.of_other_size, 'picture')} there already at another pixel size than is "
            "stated now, and kept as cut and measured then. To have them at the new size, add "
            "them to a new project with --pixel-size."
        )
    if came.no_cell:
        warn(
            f"No cell was found in {came.no_cell} of {amount(came.added, 'new picture')}: where "
            "one has a word, the middle of the picture is learned from, and without one it takes "
            "no part. Look at the size of a pixel: in another one cells are too large or too small."
        )
    words = f", {came.annotated} with a word" if with_words else ""
    say(f"{amount(came.added, 'image')} added{words}; {there_already(came.known)}.")
    if not came.failed:
        return DONE
    return SOME_FAILED if came.added or came.known else NOTHING_DONE


def add_cells(
    database: Database,
    inputs: list[Path],
    reader: str,
    parameters: AnalysisParameters,
    monitor: Monitor,
) -> Imported:
    """Pictures of single cells, of tables or of folders per class; and words of a queue."""
    import pandas as pd

    from napari_all_subtype.model.card import read_card
    from napari_all_subtype.model.weights import find_model
    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.workflow.cell_rows import rows_of_class_folders, rows_of_csv
    from napari_all_subtype.workflow.project_cells import import_cells, words_of
    from napari_all_subtype.workflow.project_fields import Imported
    from napari_all_subtype.workflow.queue_words import rows_in_fields, say_of_queue

    rows = [rows_of_class_folders(p) if p.is_dir() else rows_of_csv(p, True) for p in inputs]
    queued = [p for p in inputs if not p.is_dir()]
    placed = [rows_in_fields(p) for p in queued]
    for path, one in zip([*inputs, *queued], [*rows, *placed], strict=True):
        try:
            words_of(database, one)  # raises before a reader is entered who said nothing
        except RecordError as error:
            raise RecordError(f"{path.name}: {error}") from error
    rows = pd.concat(rows, ignore_index=True)
    placed = pd.concat(placed or [rows[:0]])
    who = reader_named(database, reader).reader_id
    said = say_of_queue(database, placed, who, read_card(find_model()).crop_spec)
    came = Imported()
    if len(rows):
        came = import_cells(database, rows, who, parameters, monitor)
    return replace(came, known=came.known + len(placed), annotated=came.annotated + said)


def add_project(folder: Path, other: Path) -> int:
    """All of another project; the exit status."""
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.leftovers import sweep
    from napari_all_subtype.workflow.project_other import import_project

    with open_project(folder) as database, open_project(other, write=False) as source:
        sweep(database)
        with TerminalMonitor(1) as monitor:
            came = import_project(database, source, monitor)
    for refused in came.refused:
        fail(refused)
    say(
        f"{amount(came.fields, 'image')} of {amount(came.slides, 'new slide')} and "
        f"{amount(came.cases, 'new case')} added; {there_already(came.known)}. Cells of "
        f"{amount(came.segmentations, 'image')} and the splits of {amount(came.splits, 'case')} "
        "came with them."
    )
    tell_words(came.words)
    return SOME_FAILED if came.refused else DONE
