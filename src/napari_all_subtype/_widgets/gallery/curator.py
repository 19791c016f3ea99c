"""What happens when in the gallery: between its dock, the session, and who says words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.classes_in_use import Classes
from napari_all_subtype._widgets.gallery.cells import thumbnails_of
from napari_all_subtype._widgets.gallery.menu import gallery_menu
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.review.actions import REDO, TAKE_BACK, UNDO, Keys, actions_of
from napari_all_subtype._widgets.selection import Place
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.thumbnails import Thumbnail
from napari_all_subtype._widgets.user_settings import UserSettings
from napari_all_subtype._widgets.word_keeper import WordKeeper
from napari_all_subtype.amounts import amount
from napari_all_subtype.taxonomy import UNKNOWN
from napari_all_subtype.workflow.review_parameters import CellFilter

NO_RESULT = (
    "<b>No cell has been found yet.</b><br>Open an image and press <b>Run</b> in the dock "
    "<i>Analyse smear</i>."
)
MIXED = (
    "<b>The fields of this smear have results of different classes.</b><br>Analyse all of them "
    "again with one model, or see them one by one on the image."
)
FILTERED = (
    "<b>No cell passes the filters.</b><br>Choose <b>All cells</b> above, switch <b>Filters of the "
    "queue</b> off, or widen them in the dock <i>Review</i>."
)
NO_CELL = (
    "<b>The analysis found no white cell.</b><br>Add one by hand in <i>Correct outlines</i>, or "
    "run again with a higher sensitivity."
)
# Many fields come in one after the other.
WHILE_RUNNING_MS = 500
HINT = (
    "Click a cell to see it on the image; choose more with Ctrl or Shift, a whole class by the "
    "line above it. Then drag, press a key, or press a class."
)


class Curator:
    """Connects one dock *Cell gallery* to the session of its viewer.

    Parameters
    ----------
    dock : CellGallery
        The widgets.
    session : Session
        The state.
    """

    def __init__(self, dock, session: Session):
        self.dock, self.view, self.session = dock, dock.view, session
        self.words = WordKeeper(session)
        self.classes, self.keys = Classes(), Keys()
        self._known: dict[int, PackedAnalysis] = {}
        self._names: dict[str, str] = {}
        self._message, self._old = "", False
        # After all that a key does at once, and once for many changes.
        self._timer = QTimer(dock)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self.dock.hide_model(session.model_hidden)
        self.show_keys()
        self.show_all()

    def _connect(self) -> None:
        dock, view = self.dock, self.view
        view.taken_keys = lambda key: key in self._names
        view.refused = frozenset({UNKNOWN.name})  # what nobody has said, nobody can say
        view.chosen.connect(self._on_chosen)
        view.wanted.connect(self._on_wanted)
        view.dropped.connect(lambda name: self.say(name, go_on=False))
        view.typed.connect(lambda key: self.do(self._names[key]))
        view.menu_wanted.connect(lambda at: gallery_menu(self).popup(at))
        dock.called.connect(self.say)
        dock.shown_again.connect(self._on_shown)
        for box in (dock.sort, dock.shown):
            box.currentIndexChanged.connect(lambda _: self.refresh())
        dock.filtered.toggled.connect(lambda _: self.refresh())
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        session = self.session
        return (
            (session.fields_changed, self.show_all),
            (session.result_changed, self._on_result),
            (session.filter_changed, self.refresh),
            (session.hiding_changed, self._on_hiding),
            (session.selection.changed, self._on_selection),
            (session.classes.changed, self.refresh),
            (session.pixels.arrived, self._on_pixels),
            (self.words.told, self._on_told),
        )

    def _on_hiding(self) -> None:
        self.dock.hide_model(self.session.model_hidden)
        self.refresh()

    def close(self, *_: object) -> None:
        """Hear of nothing more."""
        self._timer.stop()
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)
        self.dock.pictures.forget_all()
        self.words.close()

    # Thumbnails

    def show_all(self) -> None:
        """Another smear, or none: no picture of the one before is kept."""
        self.dock.source.forget()
        self.dock.pictures.forget_all()
        self._known = {}
        self.refresh()

    def _on_result(self, _n: int) -> None:
        """Cells are others now, or are called otherwise."""
        self._old = True
        if self.dock.isVisible() and not self._timer.isActive():
            self._timer.start(WHILE_RUNNING_MS if self.session.running else 0)

    def _on_pixels(self) -> None:
        """What could not be cut before may be now."""
        self.view.viewport().update()

    def _on_shown(self) -> None:
        self.show_keys()
        if self._old:
            self.refresh()

    def refresh(self) -> None:
        """Show the cells as they are now; pictures of those that are as before stay."""
        self._timer.stop()
        self._old = False
        results = self._results()
        self._forget_edited(results)
        self._known = results
        self.dock.filtered.setVisible(self._shared != CellFilter())
        self._use(self.session.classes.now)
        thumbnails = self._thumbnails(results)
        self.dock.show_empty("" if thumbnails else self._why_empty(results))
        self.view.show_thumbnails(thumbnails)
        self._on_selection()

    def _results(self) -> dict[int, PackedAnalysis]:
        """Results by number of the field; pictures that are shown twice count once."""
        fields = self.session.fields
        done = {n: one.result for n, one in enumerate(fields) if one.result and not one.same_as}
        taxonomies = {one.analysis.taxonomy.name for one in done.values()}
        return done if len(taxonomies) < 2 else {}

    def _forget_edited(self, results: dict[int, PackedAnalysis]) -> None:
        """Have pictures of cells with other outlines, and of other results, cut anew."""
        for n, now in results.items():
            before = self._known.get(n)
            if before is None or before is now:
                continue
            if before.labels is not now.labels:
                self.dock.pictures.forget([key for key in self.view.thumbnails.keys if key[0] == n])
                continue
            touched = {label for edit in now.edits[len(before.edits) :] for label in edit.touched}
            self.dock.pictures.forget([(n, label) for label in touched])

    def _thumbnails(self, results: dict[int, PackedAnalysis]) -> list[Thumbnail]:
        names = [field.name for field in self.session.fields]
        tables = {n: (names[n], one.analysis.cells) for n, one in results.items()}
        # Of the queue all but this: it leaves out what was read, which is half of a gallery.
        shared = self._shared if self.dock.filtered.isChecked() else CellFilter()
        chosen = shared.model_copy(update={"reviewed": self.dock.shown.currentData()})
        sort, hidden = self.dock.sort.currentData(), self.session.hides_model
        return thumbnails_of(tables, self.classes.shown, chosen, sort, hidden)

    @property
    def _shared(self) -> CellFilter:
        """What queue and gallery show, whether it was read or not."""
        return self.session.cell_filter.model_copy(update={"reviewed": "all"})

    def _why_empty(self, results: dict[int, PackedAnalysis]) -> str:
        if not results:
            mixed = any(one.result for one in self.session.fields)
            return MIXED if mixed else NO_RESULT
        found = any((one.analysis.cells["area_px"] > 0).any() for one in results.values())
        return FILTERED if found else NO_CELL

    # What is chosen

    @property
    def chosen(self) -> tuple[Place, ...]:
        """The cells that a word is for."""
        return self.session.selection.places

    def _on_chosen(self, places: Sequence[Place]) -> None:
        self._message = ""
        self.session.selection.set(places)
        if not places:
            self._on_selection()

    def _on_wanted(self, place: Place) -> None:
        """One cell is to be seen on the image."""
        self.session.selection.set([place])
        self.session.place_wanted.emit(*place)

    def _on_selection(self) -> None:
        """Other cells are selected, here or elsewhere."""
        places = self.chosen
        if set(self.view.chosen_keys) != set(places):
            self.view.choose(places, places[-1] if places else None)
            self.view.reveal(places[-1] if places else None)
        self.dock.classes.allow(bool(places))
        hidden = len(places) - len(self.view.chosen_keys)
        count = f"{amount(len(places), 'cell')} chosen"
        count += f", {hidden} of them not shown here." if hidden else "."
        told = [escape(self._message)] if self._message else []
        self.dock.say(" ".join([*told, count if places else "" if told else HINT]))

    def _on_told(self, text: str) -> None:
        self._message = text
        self._on_selection()

    # Words

    def _use(self, classes: Classes) -> None:
        """Offer the words of `classes` that can be said."""
        if classes == self.classes:
            return
        self.classes = classes
        refused = classes.said.names if classes.differ else ()
        self.dock.show_classes(classes.said, refused, classes.conflict_html)
        # What nobody has said, nobody can say.
        shown = classes.shown.names if classes.differ else ()
        self.view.refused = frozenset({UNKNOWN.name, *shown})
        self.show_keys()

    def show_keys(self) -> None:
        """Have the keys that a person chose for the review."""
        actions = actions_of(self.classes.said)
        self.keys = Keys(UserSettings().keys).among(actions)
        spoken = [one for one in actions if one.word or one.name in (TAKE_BACK, UNDO, REDO)]
        known = {one.name: self.keys.of(one) for one in spoken}
        self._names = {key.upper(): name for name, key in known.items() if key}
        by_word = {one.word: known[one.name] for one in spoken if one.word}
        self.dock.classes.show_keys(by_word | {"": known[TAKE_BACK]})

    def do(self, name: str) -> None:
        """Do what the key of the action `name` stands for."""
        if name == UNDO:
            self.words.undo()
        elif name == REDO:
            self.words.redo()
        else:
            words = {one.name: one.word for one in actions_of(self.classes.said)}
            self.say(words[name])

    def say(self, word: str, go_on: bool = True) -> None:
        """Call what is chosen `word`, in one step, and go on to the cell that came after one."""
        after = self._after() if go_on and len(self.chosen) == 1 else None
        if not self.words.say(word, self.session.selection.by_field()):
            return
        if after is not None:
            self._on_wanted(after)
        else:
            self.session.selection.clear()

    def _after(self) -> Place | None:
        """The thumbnail after the one that is chosen, else the one before it, in its class."""
        thumbnails = self.view.thumbnails
        n = thumbnails.row_of(self.chosen[0])
        for other in (n + 1, n - 1) if n >= 0 else ():
            if 0 <= other < len(thumbnails.rows) and not thumbnails.is_section(other):
                return thumbnails.rows[other].key
        return None
