"""What happens when in the review: between its dock, the session and the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog

from napari_all_subtype._widgets.edit_words import reversal_text
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
from napari_all_subtype._widgets.review.region_tool import RegionTool
from napari_all_subtype._widgets.review.shortcuts import KeysDialog, Shortcuts
from napari_all_subtype._widgets.review.word_panel import NOTHING_TO_SAY, PICK_ONE
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table
from napari_all_subtype.errors import AllSubtypeError, RecordError
from napari_all_subtype.project.readers import finish_reading, open_reading, readers_of
from napari_all_subtype.taxonomy import class_of
from napari_all_subtype.workflow.preferences import Preferences
from napari_all_subtype.workflow.review_parameters import FieldRegion
from napari_all_subtype.workflow.user_folder import data_folder

# The table of features tells nobody of what is written in it.
LOOK_EVERY_MS = 400
REVIEWS_FOLDER = "reviews"
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
        self.words, self.project, self.queue_panel = dock.words, dock.project, dock.queue
        self.preferences = Preferences.load()
        self.keys = Keys(self.preferences.keys)
        self.record.join(self)
        self.queue = CellQueue(session)
        self.region = RegionTool(session)
        self.armed = ""
        self._waiting: list[tuple[Mapping[int, Sequence[int]], str]] = []
        self.shortcuts = Shortcuts(dock, self.do)
        self._timer = QTimer(dock)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look_at_features)
        self._connect()
        self.words.show_keys(self.keys)
        self.show()
        self._timer.start()

    def _connect(self) -> None:
        self.words.wanted.connect(self.do)
        self.region.taken.connect(self.words.show_region)
        self.region.drawn.connect(self._on_region)
        self.words.keys_wanted.connect(self.choose_keys)
        self.project.new_wanted.connect(self._on_new)
        self.project.open_wanted.connect(self._on_open)
        self.project.reader_given.connect(self.read_as)
        self.project.apart_wanted.connect(self.read_apart)
        self.project.smear_wanted.connect(self._on_smear)
        self.queue_panel.changed.connect(self._on_queue)
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        session, record = self.session, self.record
        return (
            (session.fields_changed, self._on_fields),
            (session.field_updated, self._on_fields),
            (session.field_selected, self.show_cell),
            (session.cell_picked, self.show_cell),
            (session.cell_told, self.show_cell),
            (session.cells_clicked, self._on_clicked),
            (session.selection.changed, self.show_cell),
            (record.opened, self._on_project),
            (record.reader_changed, self.show_project),
            (record.worded, self._on_worded),
            (record.taken_back, self._on_fields),
            (record.keeper.kept, self._on_kept),
            (record.keeper.changed, self.show_project),
            (record.keeper.trouble, self._on_trouble),
        )

    def close(self, *_: object) -> None:
        """Give the keys back, and close the project."""
        self._timer.stop()
        self.shortcuts.release()
        self.region.close()
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)
        self.record.leave(self)

    # Keys

    def bind(self) -> None:
        """Have the keys do what stands on the buttons."""
        self.words.show_keys(self.keys)
        self.shortcuts.bind(self.words.actions_, self.keys)

    def choose_keys(self) -> None:
        """Ask for other keys, which stay for other days."""
        dialog = KeysDialog(self.words.actions_, self.keys, self.dock)
        self.shortcuts.release()
        if dialog.exec():
            self.keys = dialog.keys
            self.preferences = self.preferences.with_keys(self.keys.changed)
            self.preferences.save()
        self.bind()

    def do(self, name: str) -> None:
        """Do what the action `name` stands for."""
        if self.session.layers.drawing:
            return  # the mouse is the brush's: a key pressed now was not meant for a cell
        others = {
            NEXT: lambda: self.move(1),
            PREVIOUS: lambda: self.move(-1),
            SKIP: self.skip,
            UNDO: lambda: self._reverse(self.record.undo),
            REDO: lambda: self._reverse(self.record.redo),
            OVERLAY: self._toggle_overlay,
            REGION: self.region.take,
            TAKE_BACK: lambda: self.say(""),
        }
        others.get(name, lambda: self.say(name))()

    # Words

    @property
    def places(self) -> dict[int, list[int]]:
        """The cells that a word is for: those selected, else the one that the panel tells of."""
        session = self.session
        if len(session.selection):
            return session.selection.by_field()
        return {session.selected: [session.told_of]} if session.told_of else {}

    def say(self, word: str, places: Mapping[int, Sequence[int]] | None = None) -> None:
        """Call cells `word`, by default those that are meant; an empty one takes words back."""
        alone = places is None
        places = self.places if places is None else places
        self.armed = word
        if not any(places.values()):
            self.words.say(PICK_ONE)
            return
        try:
            self._need_project()
            if any(not self.record.keeps(n) for n in places):
                self._wait(places, word)
                return
            crops = {n: self.session.pixels.crops(labels) for n, labels in self._shown(places)}
            self.record.say(places, word, crops)
        except AllSubtypeError as error:
            self.words.say(f"⚠ {escape(str(error))}")
            return
        self.words.say(self._told(places, word))
        one = sum(map(len, places.values())) == 1
        if alone and one and self.words.go_on.isChecked() and self.session.layers.picked:
            self.move(1)

    def _shown(self, places: Mapping[int, Sequence[int]]):
        """Those of `places` whose pixels are at hand."""
        n = self.session.selected
        return [(n, places[n])] if n in places else []

    def _told(self, places: Mapping[int, Sequence[int]], word: str) -> str:
        count = sum(map(len, places.values()))
        n, labels = next((n, labels) for n, labels in places.items() if labels)
        taxonomy = self.session.result(n).analysis.taxonomy
        title = class_of(taxonomy, word).title if word else "no word"
        return f"Cell {labels[0]}: {title}." if count == 1 else f"{count} cells: {title}."

    def _need_project(self) -> None:
        """Have a project: without one that was chosen, one in the user's own data folder."""
        if self.record.database is None:
            now = datetime.now().astimezone()
            folder = data_folder() / REVIEWS_FOLDER / f"{now:%Y-%m-%d %H.%M.%S}"
            self.record.create(folder)
        if self.record.reader is None and self.record.writable:
            self.record.read_as(self.project.reader.currentText() or self.preferences.reader_name)

    def _wait(self, places: Mapping[int, Sequence[int]], word: str) -> None:
        """Say it as soon as the fields are in the project."""
        self.record.keeper.keep_results()
        if not self.record.keeper.keeping:
            raise RecordError(
                "This field cannot be kept in the project: it shows again what another field "
                "shows, or could not be written."
            )
        self._waiting.append((places, word))
        self.words.say("The smear is being kept in the project…")

    def _on_kept(self, _n: int) -> None:
        waiting, self._waiting = self._waiting, []
        for places, word in waiting:
            if all(self.record.keeps(n) for n in places):
                self.say(word, places)
            else:
                self._waiting.append((places, word))
        self._on_fields()

    def _on_trouble(self, text: str) -> None:
        self._waiting.clear()
        self.words.say(f"⚠ {escape(text)}")

    def _on_clicked(self, n: int, label: int) -> None:
        if self.words.by_click.isChecked() and self.armed:
            self.say(self.armed, {n: [label]})

    def _reverse(self, how) -> None:
        n = self.session.selected
        if not self.record.keeps(n):
            self.words.say("Nothing was said of this smear yet.")
            return
        try:
            made = how(n)
        except AllSubtypeError as error:
            self.words.say(f"⚠ {escape(str(error))}")
            return
        self.words.say(reversal_text(made))
        self._go_to_what_changed(made)

    def _go_to_what_changed(self, made) -> None:
        """One cell that has another word again is worth a look."""
        if len(made.annotations) != 1 or made.edits:
            return
        seen = made.annotations[0].seen
        for n, field in enumerate(self.session.fields):
            if field.kept is not None and field.kept.field_id == seen.field_id:
                self.session.place_wanted.emit(n, seen.label)

    def _toggle_overlay(self) -> None:
        layers = self.session.layers
        for layer in (layers.subtypes, layers.letters):
            if layer is not None:
                layer.visible = not layer.visible

    def _look_at_features(self) -> None:
        """Say what a person chose in napari's table of features."""
        layer, result = self.session.layers.cells, self.session.result()
        if layer is None or result is None or table.ANNOTATION not in layer.features:
            return
        shown = layer.features[table.ANNOTATION].astype(object)
        said = table.annotations(result.analysis.cells)
        if len(shown) != len(said):
            return
        shown = shown.where(shown.notna(), "").to_numpy()
        changed = (shown != said.to_numpy()).nonzero()[0].tolist()
        for label in changed:
            if result.analysis.cells["area_px"].iat[label] > 0:
                self.say(shown[label], {self.session.selected: [label]})
        if changed:
            self.session.layers.say_words(changed)

    # The queue

    def move(self, by: int) -> None:
        """Go to the next cell of the queue, or back."""
        place = self.queue.move(by)
        if place is None:
            self.show_position()
            return
        self.session.place_wanted.emit(*place)
        self.show_position()

    def skip(self) -> None:
        """Leave the cell for the end."""
        self.queue.skip()
        self.move(0)

    def _on_queue(self) -> None:
        panel = self.queue_panel
        if panel.needs_region:
            self.queue.empty()
            self.region.take()
        else:
            self._try(lambda: self.queue.choose(panel.chosen_order, panel.chosen_filter))
        self.show_position()

    def _on_region(self, n: int, corners_yx_px: list[tuple[float, float]]) -> None:
        """A region was drawn: the queue of a region is that of the last one."""
        corners = corners_yx_px[:: -(-len(corners_yx_px) // MAX_CORNERS)]
        self.queue_panel.region = FieldRegion.of(field=n, corners_yx_px=tuple(corners))
        self._on_queue()

    def show_position(self) -> None:
        """Say how far one is."""
        self.queue_panel.show_position(*self.queue.position)

    # The project

    def _on_new(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.dock, "An empty folder for the project")
        if folder:
            self._try(lambda: self.record.create(Path(folder)))

    def _on_open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.dock, "Folder of the project")
        if folder:
            self._try(lambda: self.record.open(Path(folder)))

    def _try(self, what) -> None:
        try:
            what()
        except AllSubtypeError as error:
            self.words.say(f"⚠ {escape(str(error))}")

    def read_as(self, name: str) -> None:
        """Have `name` stand for what is said from now on, also on other days."""
        self.preferences = self.preferences.with_reader(name)
        self.preferences.save()
        if self.record.writable:
            self._try(lambda: self.record.read_as(name))

    def read_apart(self, apart: bool) -> None:
        """Begin a reading that hides what others say, or go on with it; or end it."""
        n = self.session.selected
        if not apart:
            if self.record.reading is not None:
                self._try(
                    lambda: finish_reading(self.record.database, self.record.reading.reading_id)
                )
            self.record.read_apart(None)
        elif self.record.keeps(n):
            self._try(lambda: self._begin_apart(n))
        self.show_project()

    def _begin_apart(self, n: int) -> None:
        self._need_project()
        kept, reader = self.session.fields[n].kept, self.record.reader
        reading = open_reading(self.record.database, reader.reader_id, kept.slide_id)
        self.record.read_apart(reading)

    def _on_smear(self, n: int) -> None:
        smears = self.record.keeper.smears()
        if 0 <= n < len(smears):
            self.record.keeper.open_smear(smears[n])

    def _on_project(self) -> None:
        if self.record.writable and self.record.reader is None and self.preferences.reader:
            self._try(lambda: self.record.read_as(self.preferences.reader))
        self.show()

    # Showing

    def show(self) -> None:
        """Write everything anew."""
        self.show_project()
        self._on_fields()

    def show_project(self) -> None:
        """Say which project is open, who reads, and which smears there are."""
        record, database = self.record, self.record.database
        name = "" if database is None else database.folder.name
        notes = [] if database is None else list(database.notes)
        if record.keeper.keeping:
            notes.append("Results are being kept…")
        if record.keeper.lost:
            notes.append(
                f"{record.keeper.lost} words did not find their cell after the last run: see "
                "Result, Orphaned."
            )
        self.project.show_project(name, "" if database is None else database.read_only, notes)
        known = [] if database is None else [one.name for one in readers_of(database)]
        chosen = record.reader.name if record.reader else self.preferences.reader_name
        self.project.show_readers(known, chosen)
        n = self.session.selected
        self.project.show_apart(record.reading is not None, record.keeps(n))
        smears = [] if database is None else record.keeper.smears()
        field = self.session.field
        slide = field.kept.slide_id if field is not None and field.kept is not None else None
        at = next((k for k, one in enumerate(smears) if one.slide_id == slide), -1)
        self.project.show_smears([one.name for one in smears], at)

    def show_cell(self, *_: object) -> None:
        """Say which cell a word would be for."""
        session, result = self.session, self.session.result()
        label = session.layers.picked or session.told_of
        if result is None:
            self.words.show_cell(NOTHING_TO_SAY, False)
            return
        cells = result.analysis.cells
        if not 0 < label < len(cells) or not cells["area_px"].iat[label] > 0:
            self.words.show_cell(PICK_ONE, False)
            return
        if (count := len(session.selection)) > 1:
            self.words.show_cell(f"<b>{count} cells</b> are selected: a word is for all.", True)
            return
        said = table.annotations(cells).iat[label]
        taxonomy = result.analysis.taxonomy
        model = class_of(taxonomy, cells["subtype"].iat[label]).title
        word = class_of(taxonomy, said).title if said else "nobody has said anything"
        self.words.show_cell(f"<b>Cell {label}</b>: {word}. Model: {model}.", True)
        self.queue.stand_on(session.selected, label)
        self.show_position()

    def _on_worded(self, n: int, labels: Sequence[int]) -> None:
        self.show_cell()
        self.show_position()

    def _on_fields(self, *_: object) -> None:
        self.queue.fill()
        self.show_cell()
        self.show_position()
