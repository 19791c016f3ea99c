"""What can be done in the dock now, and what it says to do next."""

from __future__ import annotations

from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.session import Session


def show_state(dock, session: Session) -> None:
    """Enable what can be done now, and say what to do next or why there is no result.

    Parameters
    ----------
    dock : AnalyseSmear
        The widgets.
    """
    running, chosen = session.running, dock.chooser.current() is not None
    any_result = any(field.result for field in session.fields)
    # The child process does one thing at a time: first what was asked about single cells.
    free = not running and not session.classifying and not session.explaining
    dock.run_button.setEnabled(chosen and free)
    dock.stop_button.setEnabled(running)
    dock.export_button.setEnabled(any_result and free)
    dock.chooser.combo.setEnabled(not running)
    dock.chooser.folder_button.setEnabled(not running)
    dock.setup.setEnabled(not running)
    dock.result.setVisible(any_result)
    dock.edits.setVisible(any_result)
    dock.cell.setVisible(any_result)
    reason = _reason(session) if chosen else ""
    dock.hint.setText(reason or (words.READY if chosen else words.NOTHING_OPEN))
    dock.hint.setVisible(not running and (bool(reason) or not any_result))
    dock.progress.setVisible(running)
    dock.stage.setVisible(running or bool(dock.stage.text()))


def _reason(session: Session) -> str:
    """Why the field that is shown has no result, or the run had none."""
    field = session.field
    if field is not None and field.result is not None:
        return ""
    if field is not None and field.error:
        return words.reason_html(field.name, field.error)
    return words.reason_html("", session.failure) if session.failure else ""
