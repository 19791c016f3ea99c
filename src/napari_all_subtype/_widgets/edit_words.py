"""What the group *Correct outlines* says: how to use a tool, why not, and what was done."""

from __future__ import annotations

from napari_all_subtype._widgets.classes_in_use import Classes
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.tool_kinds import TOOLS
from napari_all_subtype.cells.edit import Edit
from napari_all_subtype.project.undo import Reversal

HINTS = {
    "paint": "Begin inside a cell to enlarge it, beside all cells to draw a new one. <b>Esc</b> "
    "ends.",
    "erase": "Rub over what is not the cell. <b>Esc</b> ends.",
    "split": "Draw a line through a cell. <b>Esc</b> ends.",
    "merge": "Draw a line from one cell into the next. <b>Esc</b> ends.",
    "add": "Click around the cell, double-click to close its outline. <b>Esc</b> ends.",
}
MADE_AGAIN = "A layer of the result was deleted: it is made again. Choose the tool once more."
MADE = {"paint": "painted", "split": "split", "merge": "merged", "delete": "deleted"}


def reasons(session: Session, shown: bool) -> dict[str, str]:
    """Why a tool cannot be used now, by its name; one that can has no entry.

    Parameters
    ----------
    shown : bool
        Whether there is a result on the image.
    """
    layers, viewer, why = session.layers, session.viewer, ""
    if session.running:
        why = "Wait for the end of the analysis."
    elif not shown:
        why = "This field has no result yet."
    elif session.field.layer is not None and session.field.layer not in viewer.layers:
        why = "The image of this result was deleted: open it again."
    elif viewer.dims.ndisplay != 2:
        why = "Outlines are corrected in two dimensions: switch the view back."
    if why:
        return dict.fromkeys(TOOLS, why)
    history, edits, refused = session.field.history, session.result().edits, {}
    if not layers.picked:
        refused["delete"] = "Click a cell to pick it first."
    if session.record.keeps(session.selected):
        tops = session.record.undoable(session.selected)
        if tops.undo_id is None:
            refused["undo"] = "Nothing left to undo."
        if tops.redo_id is None:
            refused["redo"] = "Nothing left to redo."
        return refused
    if not history.done:
        refused["undo"] = "Nothing left to undo." if edits else "No outline was changed yet."
    if not history.undone:
        taken_back = any(one.kind.startswith("undo ") for one in edits)
        refused["redo"] = "Nothing left to redo." if taken_back else "Nothing was taken back."
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
        word = "changed" if undone else _word(edit)
        parts.append(f"{_cells(edit.changed)} {word}")
    if edit.added:
        parts.append(f"new: {_numbers(edit.added)}" if not undone else f"{_cells(edit.added)} back")
    if edit.deleted:
        parts.append(f"{_cells(edit.deleted)} gone")
    text = "; ".join(parts)
    return f"{undone}{text if undone else text[:1].upper() + text[1:]}."


def reversal_text(made: Reversal, classes: Classes) -> str:
    """What undo or redo did, in a sentence; words by their titles in `classes`."""
    parts = [done_text(one.edit) for one in made.edits]
    words = made.annotations
    if len(words) == 1:
        now = classes.title(words[0].word.name) if words[0].word else "no word"
        parts.append(f"Cell {words[0].seen.label}: {now} again.")
    elif words:
        parts.append(f"{len(words)} cells have their words from before.")
    return " ".join(parts) or "Nothing left."


def _word(edit: Edit) -> str:
    """What was done to the cells that changed: a stroke that only took pixels has erased them."""
    before, after = edit.before.unpack()[0], edit.after.unpack()[0]
    erased = edit.kind == "paint" and not after[after != before].any()
    return "erased in part" if erased else MADE.get(edit.kind, "changed")


def _cells(labels: tuple[int, ...]) -> str:
    return ("cell " if len(labels) == 1 else "cells ") + _numbers(labels)


def _numbers(labels: tuple[int, ...]) -> str:
    return ", ".join(map(str, labels[:4])) + (", …" if len(labels) > 4 else "")
