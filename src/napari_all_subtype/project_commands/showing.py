"""What a project holds, told on the terminal."""

from __future__ import annotations

from napari_all_subtype.option_groups import Debug
from napari_all_subtype.project_commands.app import DONE, SOME_FAILED, Folder, project
from napari_all_subtype.terminal import fail, say


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
