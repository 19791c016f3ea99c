"""How the cells are drawn: the choices of the dock, as far as the classes of the result allow."""

from __future__ import annotations

from dataclasses import asdict, replace

from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.session import Session


class Drawing:
    """Connects legend and choices of a dock to the layers of its viewer.

    Parameters
    ----------
    result : ResultPanel
        Of the dock *Analyse smear*.
    session : Session
    """

    def __init__(self, result, session: Session):
        self.result, self.session, self.layers = result, session, session.layers
        result.show_look(self.layers.look)
        result.look_changed.connect(self._on_look)
        for signal, slot in self._slots():
            signal.connect(slot)
        self._on_classes()

    def _slots(self):
        session = self.session
        return (
            (session.look_wanted, self._on_look_wanted),
            (session.classes.changed, self._on_classes),
        )

    def close(self) -> None:
        """Listen no more."""
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)

    def _on_look(self, changes: dict[str, object]) -> None:
        self.layers.change_look(**changes)

    def _on_look_wanted(self, changes: dict[str, object]) -> None:
        self._draw_as(replace(self.layers.look, **changes))

    def _draw_as(self, look: Look) -> None:
        """Draw the cells so, as far as their classes allow."""
        if not self.session.classes.now.are_fab:
            look = look.without_fab()
        if look != self.layers.look:
            self.layers.change_look(**asdict(look))
        self.result.show_look(look)

    def _on_classes(self) -> None:
        """Show the classes of the result: legend, and what there is of these classes only."""
        now = self.session.classes.now
        self.result.show_classes(now.shown, now.are_fab, self.layers.look)
        self._draw_as(self.layers.look)
