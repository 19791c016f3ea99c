"""The tools that outlines are corrected with: their words, keys and tips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """One button.

    Parameters
    ----------
    title, keys, tip : str
        Word under the picture, key combinations on our layers (the first is shown), tooltip.
    lasting : bool
        Whether it stays chosen until another is.
    """

    title: str
    keys: tuple[str, ...]
    tip: str
    lasting: bool = True


TOOLS = {
    "paint": Tool(
        "Paint",
        ("B",),
        "Paint with the brush: begin inside a cell to enlarge it, beside all cells to draw a new "
        "one.",
    ),
    "erase": Tool("Erase", ("E",), "Erase with the brush; a cell erased completely is deleted."),
    "split": Tool("Split", ("S",), "Draw a line through a cell: it becomes two."),
    "merge": Tool("Merge", ("M",), "Draw a line from one cell into the next: they become one."),
    "add": Tool(
        "Add",
        ("A",),
        "Add a cell that was missed: click around it, double-click to close its outline.",
    ),
    "delete": Tool("Delete", ("Delete", "Backspace"), "Delete the picked cell.", lasting=False),
    "undo": Tool("Undo", ("Control-Z",), "Take the last change of an outline back.", lasting=False),
    "redo": Tool(
        "Redo",
        ("Control-Shift-Z", "Control-Y"),
        "Make the last change that was taken back again.",
        lasting=False,
    ),
}
