"""Words of the review: for which cells they are, and what its panel tells of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from napari_all_subtype._widgets.review.word_panel import PICK_ONE, WordPanel
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.word_keeper import WordKeeper
from napari_all_subtype.project.undo import Reversal


class Speaker:
    """Has words kept that are pressed or clicked in the review, and the panel tell of it.

    Parameters
    ----------
    panel : WordPanel
        Where it is told what was done, or why not.
    session : Session
        Whose cells they are.
    reader_name : callable
        Gives the name under which a person reads who was not asked yet.
    """

    def __init__(self, panel: WordPanel, session: Session, reader_name: Callable[[], str]):
        self.panel, self.session, self.record = panel, session, session.record
        self.keeper = WordKeeper(session, reader_name)
        self.said = self.keeper.said
        self.keeper.told.connect(self._on_told)
        session.cells_clicked.connect(self._on_clicked)

    def close(self) -> None:
        """Hear of nothing more; the last one to go closes the project."""
        self.session.cells_clicked.disconnect(self._on_clicked, missing_ok=True)
        self.keeper.close()

    @property
    def places(self) -> dict[int, list[int]]:
        """The cells that a word is for: those selected, else the one that the panel tells of."""
        session = self.session
        if len(session.selection):
            return session.selection.by_field()
        return {session.selected: [session.told_of]} if session.told_of else {}

    def press(self, word: str) -> None:
        """A class was pressed: say it, or have each click say it from now on."""
        if self.panel.by_click.isChecked():
            self.panel.arm(word)
        else:
            self.say(word)

    def say(self, word: str, places: Mapping[int, Sequence[int]] | None = None) -> None:
        """Call cells `word`, by default those that are meant; an empty one takes words back."""
        places = self.places if places is None else places
        if any(places.values()):
            self.keeper.say(word, places)
        else:
            self.panel.say(PICK_ONE)

    def tell_why(self, error: Exception) -> None:
        """Say why something could not be done."""
        self._on_told(f"⚠ {error}")

    def _on_told(self, text: str) -> None:
        self.panel.say(escape(text))

    def _on_clicked(self, n: int, label: int) -> None:
        if self.panel.by_click.isChecked() and self.panel.armed is not None:
            self.say(self.panel.armed, {n: [label]})

    def reverse(self, name: str) -> None:
        """Take the last step back, or make it again.

        Parameters
        ----------
        name : str
            ``undo`` or ``redo``.
        """
        if self.session.layers.drawing or not self.record.keeps(self.session.selected):
            # Outlines that no project keeps have a history of their own, and tell of it themselves.
            self.panel.say("")
            self.session.step_wanted.emit(name)
        elif made := getattr(self.keeper, name)():
            self._go_to_what_changed(made)

    def _go_to_what_changed(self, made: Reversal) -> None:
        """One cell that has another word again is worth a look."""
        if len(made.annotations) != 1 or made.edits:
            return
        seen = made.annotations[0].seen
        for n, field in enumerate(self.session.fields):
            if field.kept is not None and field.kept.field_id == seen.field_id:
                result = self.session.result(n)
                if result is not None and result.there([seen.label]):
                    self.session.place_wanted.emit(n, seen.label)
