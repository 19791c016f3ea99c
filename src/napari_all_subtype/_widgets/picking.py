"""One cell at a time: picked with the mouse or the keyboard, ringed, and explained."""

from __future__ import annotations

from collections.abc import Iterator

from napari_all_subtype._widgets.results import CellPanel
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table


class CellPicker:
    """Connects clicks on the image, and the buttons of the cell panel, to the picked cell.

    Parameters
    ----------
    panel : CellPanel
        Where the cell is explained.
    session : Session
        Whose viewer is clicked in.
    """

    def __init__(self, panel: CellPanel, session: Session):
        self.panel, self.session, self.layers = panel, session, session.layers
        self.panel.moved.connect(self._on_moved)
        self.session.viewer.mouse_drag_callbacks.append(self._on_mouse)

    def close(self) -> None:
        """Listen to the mouse no longer."""
        viewer = self.session.viewer
        if viewer is not None and self._on_mouse in viewer.mouse_drag_callbacks:
            viewer.mouse_drag_callbacks.remove(self._on_mouse)

    def pick(self, label: int) -> None:
        """Ring the cell `label` and show why it is called what it is; 0 for none."""
        self.layers.pick(label)
        self.session.cell_picked.emit(label)
        result = self.session.result()
        if result is None or label == 0:
            self.panel.show_cell(None, None)
            return
        self.panel.show_cell(result.analysis.cells.loc[label], result.analysis.taxonomy)

    def refresh(self) -> None:
        """Write about the picked cell again after it was changed, without moving there."""
        result, label = self.session.result(), self.layers.picked
        row = result.analysis.cells.loc[label] if result and label else None
        self.panel.show_cell(row, result.analysis.taxonomy if result else None, quietly=True)

    def _on_mouse(self, _viewer, event) -> Iterator[None]:
        """A click picks the cell under it; a drag moves the image, as ever."""
        if event.type != "mouse_press" or self.layers.drawing:
            return
        yield
        if event.type != "mouse_release":
            return
        label = self.layers.label_at(event.position)
        if label or self.layers.picked:
            self.pick(label)

    def _on_moved(self, direction: int) -> None:
        result = self.session.result()
        labels = [] if result is None else table.present(result.analysis.cells)["label"].tolist()
        if not labels:
            return
        if self.layers.picked in labels:
            at = (labels.index(self.layers.picked) + direction) % len(labels)
        else:
            at = 0 if direction > 0 else -1
        self.pick(int(labels[at]))
        self.layers.look_at(int(labels[at]))
