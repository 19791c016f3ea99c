"""What a person is asked before a run that finds the cells of corrected fields anew."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QMessageBox, QWidget

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype.amounts import amount

RUN, CANCEL = "Run", "Cancel"
LOCKED = (
    "The result of this smear is locked, and stays as it is. What is found now is only a look "
    "beside it: the project does not keep it, and no word can be said of its cells. To change the "
    "result, press Amend… in the dock Review first."
)


def loss_of(fields: Sequence[SmearField]) -> str:
    """What a run of `fields` would lose, as a question; empty where nothing was corrected.

    Corrections that were taken back are none.
    """
    counts = [n for n in map(_corrections, fields) if n]
    n = sum(counts)
    if not n:
        return ""
    where = "this field" if len(counts) == 1 else f"{len(counts)} fields"
    text = (
        f"Running again finds the cells anew: {amount(n, 'correction')} of outlines in {where} "
        f"{'is' if n == 1 else 'are'} not in the new outlines."
    )
    if all(field.kept is not None for field in fields if _corrections(field)):
        text += (
            " Words stay: each finds its cell again, or is listed under Result as orphaned. The "
            "history of the project keeps the corrections, but undo does not bring them back."
        )
    return text


def _corrections(field: SmearField) -> int:
    """Changes of outlines that stand in a field; words find their cells again in a project."""
    if field.kept is None or field.result is None:
        return len(field.history.done)
    kinds = [edit.kind for edit in field.result.edits]
    back = sum(kind.startswith("undo ") for kind in kinds)
    return len(kinds) - 2 * back


def ask(parent: QWidget, question: str) -> bool:
    """Ask in a small window; whether the answer was to run."""
    box = QMessageBox(QMessageBox.Icon.Question, "Run again?", question, parent=parent)
    run = box.addButton(RUN, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(CANCEL, QMessageBox.ButtonRole.RejectRole))
    box.exec()
    return box.clickedButton() is run
