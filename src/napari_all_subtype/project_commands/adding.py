"""A project is made, and things come into it, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.option_groups import Debug
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands.app import (
    DONE,
    NOTHING_DONE,
    SOME_FAILED,
    Folder,
    project,
)
from napari_all_subtype.project_commands.packets import tell_words
from napari_all_subtype.terminal import fail, say

if TYPE_CHECKING:
    from napari_all_subtype.progress import Monitor
    from napari_all_subtype.project.database import Database
    from napari_all_subtype.workflow.project_fields import Imported

# Under this name stand words of a table or of folders, where nobody says whose they are.
IMPORTER = "importer"


@project.command
def create(
    folder: Folder,
    /,
    *,
    classes: Annotated[
        str,
        Parameter(
            help="Classes of the project, with commas between them: two or more names. By default "
            "normal, blast, l1, l2 and l3."
        ),
    ] = "",
    debug: Debug = False,
) -> int:
    """Make an empty project.

    Example: napari-all-subtype project create reading-2026
    """
    from napari_all_subtype.project.database import create_project
    from napari_all_subtype.project.own_classes import taxonomy_of_names
    from napari_all_subtype.project.taxonomies import use_taxonomy

    taxonomy = taxonomy_of_names(classes.split(",")) if classes else None
    with create_project(folder) as database:
        if taxonomy is not None:
            use_taxonomy(database, taxonomy)
    say(f"An empty project is in {folder}. Add images: napari-all-subtype project add --help")
    return DONE


@project.command
def add(
    folder: Folder,
    inputs: Annotated[
        list[Path] | None,
        Parameter(
            help="Images, or folders of images, of one smear; or, with --cells, a CSV file "
            "(file, annotation, group) or a folder with a folder of pictures per class."
        ),
    ] = None,
    /,
    *,
    table: Annotated[
        list[Path] | None,
        Parameter(
            negative="",
            help="CSV file with a row per picture of one cell: file (looked for beside the table), "
            "annotation (or label; empty where nobody has said anything), group (what belongs "
            "together, as a patient's).",
        ),
    ] = None,
    class_folder: Annotated[
        list[Path] | None,
        Parameter(
            name="--folder",
            negative="",
            help="Folder with a folder of pictures of one cell per class, and 'unlabelled'.",
        ),
    ] = None,
    case: Annotated[
        str,
        Parameter(
            help="Pseudonym of a new case, or of one that is there; by default case-1, case-2 and "
            "so on."
        ),
    ] = "",
    identifier: Annotated[
        str,
        Parameter(help="What tells the patient; kept apart and never exported unless asked for."),
    ] = "",
    specimen: Annotated[str, Parameter(help="Blood, marrow or the like.")] = "",
    cells: Annotated[
        bool,
        Parameter(negative="", help="The inputs are pictures of one cell each, with their words."),
    ] = False,
    reader: Annotated[
        str,
        Parameter(
            help="Name or code of the person who said the words that come in; needed with --cells, "
            f"otherwise they stand under '{IMPORTER}'."
        ),
    ] = "",
    from_project: Annotated[
        Path | None,
        Parameter(help="Folder of another project, whose smears, cells and words come in."),
    ] = None,
    debug: Debug = False,
) -> int:
    """Add images to a project; those that are in it already are known by their pixels.

    Example: napari-all-subtype project add reading-2026 smear-17/ --specimen marrow
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.leftovers import sweep
    from napari_all_subtype.workflow.inputs import find_images
    from napari_all_subtype.workflow.project_fields import import_fields

    tables = [*(table or ()), *(class_folder or ())]
    if from_project is not None:
        if inputs or tables or cells or case or identifier or specimen or reader:
            raise ParameterError(
                "--from-project goes without images and without other options: cases, readers and "
                "the like are those of the other project."
            )
        return _add_project(folder, from_project)
    if inputs and tables:
        raise ParameterError(
            "Images are named beside --table or --folder. Expected one of them: add the images in "
            "a second call."
        )
    if not inputs and not tables:
        raise ParameterError("No image was named: give images, or folders of images, to add.")
    if cells and not reader:
        raise ParameterError(
            "--cells is given without --reader. Say whose words these are: --reader NAME."
        )
    if (cells or tables) and (case or identifier or specimen):
        raise ParameterError(
            "--case, --identifier and --specimen go with fields of one smear; with pictures of "
            "single cells the column 'group' tells what belongs together."
        )
    with open_project(folder) as database, TerminalMonitor(1) as monitor:
        sweep(database)
        if cells or tables:
            came = _cells(database, tables or inputs, reader or IMPORTER, monitor)
        else:
            images = find_images(inputs)
            came = import_fields(database, images, case, identifier, specimen, monitor=monitor)
    return _told(came, with_words=bool(cells or tables))


def _told(came: Imported, with_words: bool) -> int:
    """Say what came in; the exit status."""
    for outcome in came.failed:
        fail(outcome.error)
    words = f", {came.annotated} with a word" if with_words else ""
    say(f"{came.added} images added{words}; {came.known} were there already.")
    if not came.failed:
        return DONE
    return SOME_FAILED if came.added or came.known else NOTHING_DONE


def _cells(database: Database, inputs: list[Path], reader: str, monitor: Monitor) -> Imported:
    import pandas as pd

    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.workflow.cell_rows import rows_of_class_folders, rows_of_csv
    from napari_all_subtype.workflow.project_cells import import_cells, words_of

    rows = [rows_of_class_folders(p) if p.is_dir() else rows_of_csv(p) for p in inputs]
    rows = pd.concat(rows, ignore_index=True)
    words_of(database, rows)  # raises before a reader is entered who said nothing
    who = reader_named(database, reader).reader_id
    return import_cells(database, rows, who, monitor=monitor)


def _add_project(folder: Path, other: Path) -> int:
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
        f"{came.fields} images of {came.slides} new slides and {came.cases} new cases added; "
        f"{came.known} were there already. Cells of {came.segmentations} images and the splits of "
        f"{came.splits} cases came with them."
    )
    tell_words(came.words)
    return SOME_FAILED if came.refused else DONE
