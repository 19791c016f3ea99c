"""Where a reader was and how it looked, so that a project opens as it was left."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from qtpy.QtCore import QObject, QTimer

from napari_all_subtype._widgets.review.cell_queue import CellQueue
from napari_all_subtype._widgets.review.queue_panel import QueuePanel
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.workflow.view_state import Drawn, ViewState, keep_view, kept_view

KEEP_EVERY_MS = 2000
ROLES = ("image", "cells", "subtypes", "letters")


class ViewKeeper:
    """Keeps the view beside the database of the open project, and brings it back.

    Parameters
    ----------
    parent : QObject
        Which the timer ends with.
    session : Session
        Whose fields, layers and look are kept.
    queue : CellQueue
        Whose order, filter and position are kept.
    panel : QueuePanel
        Which is to say the same.
    """

    def __init__(self, parent: QObject, session: Session, queue: CellQueue, panel: QueuePanel):
        self.session, self.record = session, session.record
        self.queue, self.panel = queue, panel
        self._last: ViewState | None = None
        self._wanted: ViewState | None = None
        self._timer = QTimer(parent)
        self._timer.setInterval(KEEP_EVERY_MS)
        self._timer.timeout.connect(self.keep)
        self._timer.start()
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        return (
            (self.record.opened, self._on_opened),
            (self.record.closing, self.keep),
            (self.session.field_updated, self._on_loaded),
            (self.session.field_selected, self._on_field_selected),
            (self.session.cell_picked, self._on_shown),
        )

    def close(self) -> None:
        """Keep the view a last time."""
        self.keep()
        self._timer.stop()
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)

    # Keeping

    def keep(self) -> None:
        """Write the view down, if it is another than the last; while it comes back it is not."""
        if not self.record.writable or self._wanted is not None:
            return
        state = self._state()
        if state is not None and state != self._last:
            self._last = state
            keep_view(self._folder, state)

    @property
    def _folder(self) -> Path:
        return self.record.database.folder

    def _state(self) -> ViewState | None:
        """The view as it is; None where no field of the project is shown."""
        session, field = self.session, self.session.field
        if field is None or field.kept is None:
            return None
        layers = {
            role: Drawn(visible=layer.visible, opacity=layer.opacity)
            for role in ROLES
            if (layer := getattr(session.layers, role)) is not None
        }
        region, order = self.queue.order.region, self.queue.order
        region_field = None if region is None else self._field_id(region.field)
        return ViewState(
            slide_id=field.kept.slide_id,
            field_id=field.kept.field_id,
            label=session.layers.picked,
            order=order,
            shown=self.queue.shown,
            region_field_id=region_field,
            look=asdict(session.layers.look),
            layers=layers,
        )

    def _field_id(self, n: int) -> int | None:
        kept = self.session.fields[n].kept if n < len(self.session.fields) else None
        return None if kept is None else kept.field_id

    # Bringing back

    def _on_opened(self) -> None:
        """A project is open: what was chosen in it last counts again."""
        self._last = self._wanted = None
        if self.record.database is None:
            return
        state = kept_view(self._folder)
        if state is None:
            return
        self.queue.choose(state.order_in(()), state.shown)
        self.panel.choose(self.queue.order, state.shown)
        self.session.look_wanted.emit(state.look_values)
        if any(field.result is not None for field in self.session.fields):
            return  # something else is being read
        smears = {one.slide_id: one for one in self.record.keeper.smears()}
        if state.slide_id in smears:
            self.record.keeper.open_smear(smears[state.slide_id])
            self._wanted = state
            self._select(state)

    def _select(self, state: ViewState) -> None:
        ids = self._field_ids()
        if state.field_id not in ids:
            self._wanted = None
        elif ids.index(state.field_id) != self.session.selected:
            self.session.select(ids.index(state.field_id))

    def _field_ids(self) -> list[int | None]:
        return [None if one.kept is None else one.kept.field_id for one in self.session.fields]

    def _on_loaded(self, n: int) -> None:
        """A result came in: perhaps the one that was shown."""
        state, ids = self._wanted, self._field_ids()
        if state is None or n >= len(ids) or ids[n] != state.field_id:
            return
        field = self.session.fields[n]
        if field.result is None:  # it cannot be read any more
            self._wanted = None
        elif field.result.there([state.label]):
            self.session.place_wanted.emit(n, state.label)

    def _on_field_selected(self, n: int) -> None:
        """A person went elsewhere before all was as it had been."""
        ids = self._field_ids()
        if self._wanted is not None and (n >= len(ids) or ids[n] != self._wanted.field_id):
            self._wanted = None

    def _on_shown(self, label: int) -> None:
        """The field is on the screen: its layers as they were, and the queue where it was."""
        state = self._wanted
        field = self.session.field
        ours = field is not None and field.kept is not None and self.session.in_view
        if state is None or not ours or field.kept.field_id != state.field_id:
            return
        if label == state.label or not self.session.result().there([state.label]):
            self._wanted = None
            for role, drawn in state.layers.items():
                if role in ROLES and (layer := getattr(self.session.layers, role)) is not None:
                    layer.visible, layer.opacity = drawn.visible, drawn.opacity
            self.queue.choose(state.order_in(self._field_ids()), state.shown)
            self.panel.choose(self.queue.order, state.shown)
            self.queue.stand_on(self.session.selected, state.label)
