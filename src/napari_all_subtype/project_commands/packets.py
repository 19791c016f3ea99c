"""Packets: smears that go out to be read elsewhere, and come back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from napari_all_subtype.amounts import amount
from napari_all_subtype.option_groups import Debug
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands.app import DONE, SOME_FAILED, Folder, project
from napari_all_subtype.terminal import fail, note, say

if TYPE_CHECKING:
    from napari_all_subtype.workflow.arrivals import Carried


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
    tell_words(came.words)
    if came.edits:
        note(
            f"Left in the packet: {amount(came.edits, 'change')} of outlines. The cells here are "
            "as they were."
        )
    return SOME_FAILED if came.refused else DONE


def there_already(count: int) -> str:
    """How many of what was to come in were there."""
    return amount(count, "was there already", "were there already")


def tell_words(words: Carried) -> None:
    """Say what became of words that were to come over."""
    say(
        f"{amount(words.added, 'word')} added, {words.taken_back} taken back; "
        f"{there_already(words.known)}."
    )
    kept = {
        "on cells that are called something else here, which stays": words.outvoted,
        "on cells that their reader took away, left out": words.on_deleted,
        "without their picture, which is missing or damaged there": words.lost_crops,
    }
    for what, count in kept.items():
        if count:
            note(f"{amount(count, 'word')} {what}.")
    for one in words.orphans:
        y, x = one.centroid_yx_px
        note(
            f"orphaned: {one.word.name} at y {y:.0f}, x {x:.0f} px of field {one.field_id}, where "
            "no cell is here."
        )
