"""What leaves a project, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from napari_all_subtype.option_groups import Debug
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands.app import DONE, SOME_FAILED, Folder, project
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import fail, note, say


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
            help="One or more, with commas between them: csv, parquet (tables), crops (a folder "
            "of pictures per class), geojson (QuPath), ome-zarr (NGFF 0.5), coco (instances with "
            "exact masks), html (a report per smear that prints well).",
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
    from napari_all_subtype.workflow.project_export import write_export

    wanted = [word.strip().lower() for word in formats.split(",") if word.strip()]
    with open_project(folder, write=False) as database, TerminalMonitor(1) as monitor:
        made = write_export(database, out, wanted, identifiers, overwrite, monitor)
    for why in made.left_out:
        fail(why)
    if identifiers:
        note("The export holds identifiers of cases and names of files and readers: keep it apart.")
    say(f"Exported to {out}")
    say(RESEARCH_USE_ONLY)
    return SOME_FAILED if made.left_out else DONE
