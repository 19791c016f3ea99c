"""What happens when in the review: between its dock, the session and the queue."""

from __future__ import annotations

from collections.abc import Sequence

from napari_all_subtype._widgets.review.actions import (
    NEXT,
    OVERLAY,
    PREVIOUS,
    REDO,
    REGION,
    SKIP,
    TAKE_BACK,
    UNDO,
    Keys,
)
from napari_all_subtype._widgets.review.cell_queue import CellQueue
from napari_all_subtype._widgets.review.later import Later
from napari_all_subtype._widgets.review.project_desk import ProjectDesk
from napari_all_subtype._widgets.review.queue_end import QueueEnd, is_only
from napari_all_subtype._widgets.review.region_tool import RegionTool
from napari_all_subtype._widgets.review.shortcuts import KeysDialog, Shortcuts
from napari_all_subtype._widgets.review.speaker import Speaker
from napari_all_subtype._widgets.review.table_words import TableWords
from napari_all_subtype._widgets.review.told_cells import (
    any_result,
    overlay_gone,
    told_of,
    what_first,
    what_is_gone,
)
from napari_all_subtype._widgets.review.view_keeper import ViewKeeper
from napari_all_subtype._widgets.selection import Place
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.tab_order import follow_layout
from napari_all_subtype._widgets.user_settings import UserSettings
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.taxonomy import EXCLUSIONS, UNKNOWN
from napari_all_subtype.workflow.review_parameters import FieldRegion

# Of a drawn region; the mouse tells of more than anyone could mean.
MAX_CORNERS = 500


class Reviewer:
    """Connects one dock *Review* to the session of its viewer.

    Parameters
    ----------
    dock : ReviewSmear
        The widgets.
    session : Session
        The state; its record keeps what is said.
    """

    def __init__(self, dock, session: Session):
        self.dock, self.session, self.record = dock, session, session.record
        self.words, self.queue_panel = dock.words, dock.queue
        self.settings = UserSettings()
        self.keys = Keys()
        self.queue, self.region = CellQueue(session), RegionTool(session)
        self.end = QueueEnd(self.words, self.queue)
        self.speaker = Speaker(self.words, session, lambda: self.desk.reader_name)
        self.table_words = TableWords(dock, session, self.speaker.say)
        self.desk = ProjectDesk(
            dock.project, session, self.settings, self.speaker.tell_why, self.words
        )
        self.views = ViewKeeper(dock, session, self.queue, self.queue_panel)
        self.shortcuts = Shortcuts(dock, self.do)
        self._first = ""
        self.refill = Later(self._on_fields, dock)
        self._connect()
        self._on_classes()
        self.show()

    def _connect(self) -> None:
        self.words.wanted.connect(self.do)
        self.words.keys_wanted.connect(self.choose_keys)
        self.region.taken.connect(self.words.show_region)
        self.region.drawn.connect(self._on_region)
        self.queue_panel.changed.connect(self._on_queue)
        self.speaker.said.connect(self._on_said)
        for signal, slot in self._slots():
            signal.connect(slot)
        for event in self._layer_events():
            event.connect(self.show_cell)

    def _layer_events(self):
        events = self.session.viewer.layers.events
        return events.inserted, events.removed

    def _slots(self):
        session, record = self.session, self.record
        return (
            (session.fields_changed, self._on_fields),
            (session.field_updated, self._on_field_updated),
            (session.edited, self._on_edited),
            (session.ended, self.refill.now),
            (session.ended, self.show_cell),
            (session.field_selected, self.show_cell),
            (session.cell_picked, self._on_picked),
            (session.cell_told, self.show_cell),
            (session.selection.changed, self.show_cell),
            (session.classes.changed, self._on_classes),
            (session.queue_wanted, self.read),
            (record.opened, self.show),
            (record.worded, self.show_cell),
        )

    def close(self, *_: object) -> None:
        """Give the keys back, and close the project."""
        self.refill.stop()
        self.table_words.close()
        self.shortcuts.release()
        self.region.close()
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)
        if self.session.viewer is not None:
            for event in self._layer_events():
                event.disconnect(self.show_cell)
        self.views.close()
        self.desk.close()
        self.speaker.close()

    def _on_classes(self) -> None:
        """Offer the words of the project, and filters by the classes of the result."""
        now = self.session.classes.now
        self.words.show_classes(now.said, now.conflict_html)
        follow_layout(self.dock)
        self.keys = Keys(self.settings.keys).among(self.words.actions_)
        classes = (*now.shown.classes, UNKNOWN, *EXCLUSIONS)
        self.queue_panel.show_classes([(one.name, one.title) for one in classes], now.are_fab)
        if self.dock.isVisible():
            self.bind()
        else:
            self.words.show_keys(self.keys)
        self.show_cell()

    # Keys

    def bind(self) -> None:
        """Have the keys do what stands on the buttons."""
        self.words.show_keys(self.keys)
        self.shortcuts.bind(self.words.actions_, self.keys)

    def choose_keys(self) -> None:
        """Ask for other keys, which stay for other days."""
        actions = self.words.actions_
        dialog = KeysDialog(actions, self.keys, self.dock)
        self.shortcuts.release()
        if dialog.exec():
            here = {one.name for one in actions}
            others = {name: key for name, key in self.settings.keys.items() if name not in here}
            self.settings.keys = others | dict(dialog.keys.changed)
            self.keys = dialog.keys.among(actions)
        self.bind()

    def do(self, name: str) -> None:
        """Do what the action `name` stands for."""
        if not any_result(self.session):
            self._first = what_first(self.session)
            self.words.say(self._first)  # a key was pressed, for the buttons cannot be
            return
        if name in (UNDO, REDO):
            self.speaker.reverse(name)
            return
        if self.session.layers.drawing:
            return  # the mouse is the brush's: a key pressed now was not meant for a cell
        others = {
            NEXT: lambda: self.move(1),
            PREVIOUS: lambda: self.move(-1),
            SKIP: self.skip,
            OVERLAY: self._toggle_overlay,
            REGION: self._toggle_region,
            TAKE_BACK: lambda: self.speaker.press(""),
        }
        words = {one.name: one.word for one in self.words.actions_}
        if overlay_gone(self.session) and name in (SKIP, TAKE_BACK, *self.words.words):
            self.words.say(what_is_gone(self.session))  # nobody says a word of what cannot be seen
            return
        if words.get(name) and self.end.holds(self.speaker.places):
            self.end.tell()
            return
        others.get(name, lambda: self.speaker.press(words[name]))()

    def _toggle_overlay(self) -> None:
        layers = self.session.layers
        if layers.subtypes is not None:
            shown = not layers.subtypes.visible
            layers.subtypes.visible = shown
            if layers.letters is not None:
                layers.letters.visible = shown and layers.look.letters

    def _toggle_region(self) -> None:
        if self.region.active:
            self.region.put_away()
        else:
            self.region.take()

    # The queue

    def move(self, by: int, again: bool = True) -> bool:
        """Go to the next cell of the queue, or back, if there is one.

        Parameters
        ----------
        again : bool
            At the end, go on with cells that were passed over.
        """
        self.refill.now()
        place = self.queue.move(by, again)
        if place is not None:
            self.session.place_wanted.emit(*place)
        elif by > 0 and self.queue.places:
            self.end.tell()
        self.show_position()
        return place is not None

    def _on_picked(self, *_: object) -> None:
        self.end.leave()
        self.show_cell()

    def read(self, places: Sequence[Place], again: bool) -> None:
        """Read these cells from the first on; `again`, those that have a word already, too."""
        self.queue.give(places, again)
        self.queue.at = -1
        self.move(1)

    def skip(self) -> None:
        """Leave the cell for the end."""
        self.refill.now()
        self.queue.skip()
        self.move(0)

    def _on_said(self, places: dict[int, list[int]]) -> None:
        """A word was said: on to the next cell, where it was of the one that is read."""
        session = self.session
        place, said = (session.selected, session.layers.picked), self.words.said.text()
        goes_on = self.words.go_on.isChecked() and not self.words.by_click.isChecked()
        if goes_on and is_only(places, place) and not self.move(1, again=False):
            self.end.reach(place, said)

    def _on_queue(self) -> None:
        panel = self.queue_panel
        if panel.needs_region:
            self.queue.empty()
            self.region.take()
            self.show_position()
            return
        try:
            self.queue.choose(panel.chosen_order, panel.chosen_filter)
        except AllSubtypeError as error:
            self.speaker.tell_why(error)
        self.show_position()

    def _on_region(self, n: int, corners_yx_px: list[tuple[float, float]]) -> None:
        """A region was drawn: the queue of a region is that of the last one."""
        corners = corners_yx_px[:: -(-len(corners_yx_px) // MAX_CORNERS)]
        self.queue_panel.region = FieldRegion.of(field=n, corners_yx_px=tuple(corners))
        self._on_queue()

    # Showing

    def show(self) -> None:
        """Write everything anew."""
        self.desk.show()
        self._on_fields()

    def show_position(self) -> None:
        """Say how far one is."""
        self.queue_panel.show_position(*self.queue.position, any_result(self.session))

    def show_cell(self, *_: object) -> None:
        """Say which cells a word would be for, and how far one is."""
        told = told_of(self.session)
        self.words.show_cell(told.text, told.possible)
        self.words.show_smear(any_result(self.session))
        if self._first and any_result(self.session):
            self.words.forget(self._first)
            self._first = ""
        if told.label:
            self.queue.stand_on(self.session.selected, told.label)
        self.show_position()

    def _on_field_updated(self, _n: int) -> None:
        """A field has cells now; where many come in, their order is made once."""
        if self.session.running or self.record.keeper.loading:
            self.refill.ask()
        else:
            self._on_fields()

    def _on_edited(self, _n: int) -> None:
        """There are other cells, or the model says other things of them."""
        self.queue.follow()
        self.show_cell()

    def _on_fields(self, *_: object) -> None:
        self.queue.fill()
        self.show_cell()
