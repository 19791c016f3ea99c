"""What the group *Correct outlines* says: how to use a tool, why not, and what was done."""

from __future__ import annotations

from napari_all_subtype._widgets.edit_panel import TOOLS
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells.edit import Edit

HINTS = {
    "paint": "Begin inside a cell to enlarge it, beside all cells to draw a new one. <b>Esc</b> "
    "ends.",
    "erase": "Rub over what is not the cell. <b>Esc</b> ends.",
    "split": "Draw a line through a cell. <b>Esc</b> ends.",
    "merge": "Draw a line from one cell into the next. <b>Esc</b> ends.",
    "add": "Click around the cell, double-click to close its outline. <b>Esc</b> ends.",
}
MADE = {"paint": "painted", "split": "split", "merge": "merged", "delete": "deleted"}


def reasons(session: Session, shown: bool) -> dict[str, str]:
    """Why a tool cannot be used now, by its name; one that can has no entry.

    Parameters
    ----------
    shown : bool
        Whether there is a result on the image.
    """
    layers, viewer = session.layers, session.viewer
    why = ""
    if session.running:
        why = "Wait for the end of the analysis."
    elif not shown:
        why = "This field has no result yet."
    elif layers.cells not in viewer.layers or layers.subtypes not in viewer.layers:
        why = "A layer of the result was deleted: choose another field and this one again."
    elif viewer.dims.ndisplay != 2:
        why = "Outlines are corrected in two dimensions: switch the view back."
    if why:
        return dict.fromkeys(TOOLS, why)
    history, refused = session.field.history, {}
    if not layers.picked:
        refused["delete"] = "Click a cell to pick it first."
    if not history.done:
        refused["undo"] = "No outline was changed yet."
    if not history.undone:
        refused["redo"] = "Nothing was taken back."
    return refused


def done_text(edit: Edit) -> str:
    """What an edit did, with the numbers of the cells.

    Examples
    --------
    >>> from napari_all_subtype.cells.edit import MaskPatch
    >>> from napari_all_subtype.cells.source import Region
    >>> import numpy as np
    >>> patch = MaskPatch.of(np.zeros((1, 1), int), np.zeros((1, 1), int))
    >>> done_text(Edit("split", Region(0, 0, 1, 1), patch, patch, (3,), (9,)))
    'Cell 3 split; new: 9.'
    """
    kind = edit.kind.removeprefix("undo ")
    undone = "Taken back: " if edit.kind != kind else ""
    parts = []
    if edit.changed:
        word = "changed" if undone else MADE.get(kind, "changed")
        parts.append(f"{_cells(edit.changed)} {word}")
    if edit.added:
        parts.append(f"new: {_numbers(edit.added)}" if not undone else f"{_cells(edit.added)} back")
    if edit.deleted:
        parts.append(f"{_cells(edit.deleted)} gone")
    text = "; ".join(parts)
    return f"{undone}{text if undone else text[:1].upper() + text[1:]}."


def _cells(labels: tuple[int, ...]) -> str:
    return ("cell " if len(labels) == 1 else "cells ") + _numbers(labels)


def _numbers(labels: tuple[int, ...]) -> str:
    return ", ".join(map(str, labels[:4])) + (", …" if len(labels) > 4 else "")
