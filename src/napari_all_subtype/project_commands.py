"""The commands of a project: create, add, status, packet, merge, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.option_groups import Debug
from napari_all_subtype.options import option_name
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import fail, note, say

if TYPE_CHECKING:
    from napari_all_subtype.progress import Monitor
    from napari_all_subtype.project.database import Database
    from napari_all_subtype.workflow.arrivals import Carried
    from napari_all_subtype.workflow.project_fields import Imported

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2

Folder = Annotated[Path, Parameter(help="Folder of the project.")]

project = App(
    name="project",
    help="A folder that remembers smears, and what people said of their cells.",
    default_parameter=Parameter(name_transform=option_name),
)


@project.command
def create(folder: Folder, /, *, debug: Debug = False) -> int:
    """Make an empty project.

    Example: napari-all-subtype project create reading-2026
    """
    from napari_all_subtype.project.database import create_project

    create_project(folder).close()
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
        str, Parameter(help="With --cells: name or code of the person who said these words.")
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

    if from_project is not None:
        if inputs or cells or case or identifier or specimen or reader:
            raise ParameterError(
                "--from-project goes without images and without other options: cases, readers and "
                "the like are those of the other project."
            )
        return _add_project(folder, from_project)
    if not inputs:
        raise ParameterError("No image was named: give images, or folders of images, to add.")
    if cells and not reader:
        raise ParameterError(
            "--cells is given without --reader. Say whose words these are: --reader NAME."
        )
    if cells and (case or identifier or specimen):
        raise ParameterError(
            "--case, --identifier and --specimen go with fields of one smear; with --cells the "
            "column 'group' tells what belongs together."
        )
    with open_project(folder) as database, TerminalMonitor(1) as monitor:
        sweep(database)
        if cells:
            came = _cells(database, inputs, reader, monitor)
        else:
            images = find_images(inputs)
            came = import_fields(database, images, case, identifier, specimen, monitor=monitor)
    for outcome in came.failed:
        fail(outcome.error)
    words = f", {came.annotated} with a word" if cells else ""
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
    _tell_words(came.words)
    return SOME_FAILED if came.refused else DONE


def _tell_words(words: Carried) -> None:
    """Say what became of words that were to come over."""
    say(
        f"{words.added} words added, {words.taken_back} taken back; {words.known} were there "
        "already."
    )
    kept = {
        "on cells that are called something else here, which stays": words.outvoted,
        "on cells that their reader took away, left out": words.on_deleted,
        "without their picture, which is missing or damaged there": words.lost_crops,
    }
    for what, count in kept.items():
        if count:
            note(f"{count} words {what}.")
    for one in words.orphans:
        y, x = one.centroid_yx_px
        note(
            f"orphaned: {one.word.name} at y {y:.0f}, x {x:.0f} px of field {one.field_id}, where "
            "no cell is here."
        )


@project.command
def packet(
    folder: Folder,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder to write, which appears whole or not at all.")],
    slide: Annotated[
        list[int] | None,
        Parameter(
            negative="", help="Number of a slide, as project status shows it; all by default."
        ),
    ] = None,
    reader: Annotated[str, Parameter(help="Name or code of the person who is to read it.")] = "",
    hide_model: Annotated[
        bool, Parameter(negative="", help="Leave out what a model said of the cells.")
    ] = False,
    debug: Debug = False,
) -> int:
    """Write smears to be read blind on another machine: a project without anybody's words.

    Example: napari-all-subtype project packet reading-2026 --slide 3 --reader B --out for-b
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.project_packet import write_packet

    with open_project(folder, write=False) as database, TerminalMonitor(1) as monitor:
        write_packet(database, out, slide or (), reader, hide_model, monitor=monitor)
    say(f"The packet is in {out}. When it was read: napari-all-subtype project merge --help")
    return DONE


@project.command
def merge(
    folder: Folder,
    packet: Annotated[Path, Parameter(help="Folder of a packet that was read.")],
    /,
    *,
    debug: Debug = False,
) -> int:
    """Bring the words of a packet back, as a blind reading beside what others said.

    Example: napari-all-subtype project merge reading-2026 for-b
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.leftovers import sweep
    from napari_all_subtype.workflow.project_merge import merge_packet

    with open_project(folder) as database, open_project(packet, write=False) as read:
        sweep(database)
        came = merge_packet(database, read)
    for refused in came.refused:
        fail(refused)
    _tell_words(came.words)
    if came.edits:
        note(
            f"{came.edits} changes of outlines stay in the packet: the cells here are as they were."
        )
    return SOME_FAILED if came.refused else DONE


@project.command
def status(folder: Folder, /, *, debug: Debug = False) -> int:
    """Show the smears of a project, how far each was read, and whether its results are whole."""
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.project_status import damages, status_lines

    with open_project(folder, write=False) as database:
        for line in status_lines(database):
            say(line)
        damaged = damages(database)
    for damage in damaged:
        fail(damage)
    return SOME_FAILED if damaged else DONE


@project.command
def export(
    folder: Folder,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder to write, which appears whole or not at all.")],
    formats: Annotated[
        str,
        Parameter(
            name="--format",
            help="One or more of csv, parquet and crops (a folder of pictures per class), with "
            "commas between them.",
        ),
    ] = "csv",
    identifiers: Annotated[
        bool,
        Parameter(
            negative="",
            help="Write identifiers of cases, names of files and readers and reasons of "
            "amendments too: they tell people.",
        ),
    ] = False,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace an earlier export.")] = False,
    debug: Debug = False,
) -> int:
    """Write what was said of the cells, with its history; pseudonymous unless asked otherwise.

    Example: napari-all-subtype project export reading-2026 --format csv,crops --out exported
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.project_export import export_project

    wanted = [word.strip().lower() for word in formats.split(",") if word.strip()]
    with open_project(folder, write=False) as database:
        export_project(database, out, wanted, identifiers, overwrite)
    if identifiers:
        note("The export holds identifiers of cases and names of files and readers: keep it apart.")
    say(f"Exported to {out}")
    say(RESEARCH_USE_ONLY)
    return DONE
