"""Locks and amends the result of the smear that is shown, and lists what lost its cell."""

from __future__ import annotations

from html import escape

from psygnal import Signal
from qtpy.QtWidgets import QInputDialog, QMessageBox

from napari_all_subtype._widgets.open_project import NO_READER
from napari_all_subtype._widgets.review.later import Later
from napari_all_subtype._widgets.review.result_panel import ONLY_A_LOOK, ResultPanel
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.shown_slide import slide_of
from napari_all_subtype.errors import AllSubtypeError, RecordError
from napari_all_subtype.project.history import Standing, orphaned
from napari_all_subtype.project.records import Reader
from napari_all_subtype.workflow.result_state import DAMAGED, FINAL, ResultState, result_state

APART = "A reading of its own goes on: finish it before the common result is locked."
NOT_ALL = "A field of this smear is not in the project yet: wait a moment, or see what is said."


class Locking:
    """Connects the group *Result* to the session of its viewer.

    Parameters
    ----------
    panel : ResultPanel
    session : Session

    Signals
    -------
    changed
        The result was locked, or can be changed again.
    """

    changed = Signal()

    def __init__(self, panel: ResultPanel, session: Session):
        self.panel, self.session, self.record = panel, session, session.record
        self.state: ResultState | None = None
        self._orphans: list[tuple[int, Standing]] = []
        # The project and the slide that what was said last is of.
        self._said_of: tuple[object, ...] = (None, None)
        self.later = Later(self.show, panel, self._signals())
        panel.lock_wanted.connect(self.lock)
        panel.amend_wanted.connect(self.amend)
        panel.orphan_wanted.connect(self.look_at_orphan)
        self.show()

    def _signals(self):
        session, record = self.session, self.record
        return (
            *(session.fields_changed, session.field_updated, session.field_selected),
            *(record.opened, record.reader_changed, record.worded, record.taken_back),
            *(record.keeper.kept, record.keeper.changed, record.keeper.trouble),
        )

    def close(self, *_: object) -> None:
        """Listen no more."""
        self.later.stop()

    def show(self) -> None:
        """Write how final the result is, and what lost its cell."""
        slide_id = slide_of(self.session)
        if self._said_of != (about := self._about(slide_id)):
            self._said_of = about
            self.panel.say("")  # that was of another smear
        try:
            self.state = None if slide_id is None else result_state(self.record.database, slide_id)
            self._orphans = self._lost()
        except AllSubtypeError as error:
            self.state, self._orphans = None, []
            self.panel.show_state(f"⚠ {escape(str(error))}", False, False)
            return
        state, writable = self.state, self.record.writable
        final = state is not None and state.state in FINAL
        whole = state is not None and state.state != DAMAGED
        self.panel.show_state(
            self._not_kept() if state is None else self._told(state),
            writable and whole and not final,
            writable and final,
        )
        self.panel.show_orphans([self._line(*one) for one in self._orphans])

    def _about(self, slide_id: int | None) -> tuple[object, ...]:
        """What tells the result that is spoken of from others."""
        database = self.record.database
        return (None if database is None else database.folder, slide_id)

    def _not_kept(self) -> str:
        looks = any(map(self.record.keeper.is_look, self.session.fields))
        return ONLY_A_LOOK if looks else ""

    def _told(self, state: ResultState) -> str:
        """State, reviewed cells, who and when, model and settings, in HTML."""
        if state.damage:
            return f"⚠ {escape(state.text())}"
        head = f"{state.state[:1].upper()}{state.state[1:]}"
        lines = [f"<b>{head}</b>: {state.reviewed_text}."]
        if state.version:
            lines.append(f"{escape(state.signed(identifiers=True))}.")
            if models := escape(", ".join(state.models)):
                lines.append(f"Model: {models}; its settings are in the version.")
            lines += [f"Amended because: {escape(reason)}." for reason in state.reasons]
            lines.append(f"Hash {state.sha256[:16]}…")
        return "<br>".join(lines)

    # Locking

    def lock(self) -> None:
        """Ask, and lock the result of the smear."""
        from napari_all_subtype.workflow.smear_lock import lock_smear

        slide_id = slide_of(self.session)
        try:
            self._refuse_unready()
            reader = self._reader()
            state = result_state(self.record.database, slide_id)
            question = (
                f"Lock the result as {reader.name}? {state.reviewed_text}. After that nothing in "
                "it changes without an amendment and its reason."
            )
            if not self._sure(question):
                return
            lock_smear(self.record.database, reader.reader_id, slide_id)
        except AllSubtypeError as error:
            self.panel.say(f"⚠ {escape(str(error))}")
            return
        self.panel.say("The result is locked.")
        self.show()
        self.changed.emit()

    def amend(self) -> None:
        """Ask for the reason, and let the locked result be changed."""
        from napari_all_subtype.workflow.smear_lock import amend_smear

        slide_id = slide_of(self.session)
        try:
            reader = self._reader()
            reason, given = self._reason()
            if not given:
                return
            amend_smear(self.record.database, reader.reader_id, slide_id, reason)
        except AllSubtypeError as error:
            self.panel.say(f"⚠ {escape(str(error))}")
            return
        self.panel.say("The result can be changed now. Lock it again when it is done.")
        self.show()
        self.changed.emit()

    def _reader(self) -> Reader:
        self.record.opened_database().refuse_read_only()
        if self.record.reader is None:
            raise RecordError(NO_READER)
        return self.record.reader

    def _refuse_unready(self) -> None:
        if self.record.reading is not None:
            raise RecordError(APART)
        fields = self.session.fields
        if any(one.result and one.kept is None and not one.same_as for one in fields):
            raise RecordError(NOT_ALL)

    def _sure(self, question: str) -> bool:
        answer = QMessageBox.question(self.panel, "Lock the result", question)
        return answer == QMessageBox.StandardButton.Yes

    def _reason(self) -> tuple[str, bool]:
        return QInputDialog.getText(
            self.panel, "Amend the result", "Why is it changed? This stays in the record."
        )

    # Orphans

    def _lost(self) -> list[tuple[int, Standing]]:
        """Annotations without a cell, with the number of their field."""
        reading = self.record.reading and self.record.reading.reading_id
        return [
            (n, one)
            for n, field in enumerate(self.session.fields)
            if field.kept is not None and self.record.database is not None
            for one in orphaned(self.record.database, field.kept.field_id, reading)
        ]

    def _line(self, n: int, one: Standing) -> str:
        y, x = one.centroid_yx_px
        title = self.session.classes.now.title(one.word.name)
        return f"{title} at y {y:.0f}, x {x:.0f} px of {self.session.fields[n].name}"

    def look_at_orphan(self, number: int) -> None:
        """Move the camera to where the cell of an annotation was."""
        if 0 <= number < len(self._orphans):
            n, one = self._orphans[number]
            if n != self.session.selected:
                self.session.select(n)
            self.session.layers.look_at_place(one.centroid_yx_px)
