"""One cell at a time: pointed at, or picked with mouse, keyboard or table; and explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.cell_panel import CellPanel
from napari_all_subtype._widgets.saliency_asker import SaliencyAsker
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.cells.source import ArraySource, ImageSource
from napari_all_subtype.taxonomy import class_of
from napari_all_subtype.workflow.cell_picture import cell_picture
from napari_all_subtype.workflow.cell_report import cell_report
from napari_all_subtype.workflow.overlay import rgb

# The cursor moves far more often than anyone reads.
LOOK_EVERY_MS = 40
# A click with one of these selects the cell beside the others, or lets it go.
ADDING = ("Control", "Shift")
READ = ("label", *table.BOX, "centroid_y_px", "centroid_x_px", "subtype", table.ANNOTATION)


class CellPicker:
    """Connects the mouse on the image, and the buttons of the cell panel, to one cell.

    A picked cell stays in the panel; without one, the panel follows the cursor.

    Parameters
    ----------
    panel : CellPanel
        Where the cell is explained.
    session : Session
        Whose viewer is clicked in.
    """

    def __init__(self, panel: CellPanel, session: Session):
        self.panel, self.session, self.layers = panel, session, session.layers
        self.pixels = session.pixels
        self.pixels.arrived.connect(self._on_pixels)
        self.looked_at = SaliencyAsker(panel.looked_at, session, self._cut_out, self._show_picture)
        self.shown = 0
        self._at: tuple[float, ...] | None = None
        self._timer = QTimer(panel)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._listened: object = None
        self._selected = 0
        self.panel.moved.connect(self._on_moved)
        session.selection.changed.connect(self.follow)
        session.hiding_changed.connect(self.refresh)
        viewer = self.session.viewer
        viewer.mouse_drag_callbacks.append(self._on_mouse)
        viewer.mouse_move_callbacks.append(self._on_hover)

    def close(self) -> None:
        """Listen to mouse and table no longer."""
        self._timer.stop()
        self._listen_to(None)
        self.pixels.arrived.disconnect(self._on_pixels, missing_ok=True)
        self.session.selection.changed.disconnect(self.follow, missing_ok=True)
        self.session.hiding_changed.disconnect(self.refresh, missing_ok=True)
        self.pixels.forget()
        self.looked_at.close()
        viewer = self.session.viewer
        if viewer is None:
            return
        for callbacks, own in (
            (viewer.mouse_drag_callbacks, self._on_mouse),
            (viewer.mouse_move_callbacks, self._on_hover),
        ):
            if own in callbacks:
                callbacks.remove(own)

    def pick(self, label: int) -> None:
        """Ring the cell `label`, the only selected one, and keep it in the panel; 0 for none."""
        self._listen_to(self.layers.cells)
        self._make_current(label)
        self.session.selection.set([(self.session.selected, label)] if label else [])
        self.layers.mark([label] if label else [])

    def _make_current(self, label: int) -> None:
        self.layers.pick(label)
        self.session.cell_picked.emit(label)
        self._show(label)

    def show_selected(self) -> None:
        """Mark the selected cells of a field that has just come into view."""
        self._listen_to(self.layers.cells)
        labels = self.session.selection.labels(self.session.selected)
        self._make_current(labels[-1] if labels else 0)
        self.layers.mark(labels)

    def follow(self) -> None:
        """Mark the selected cells; the current cell is one of them."""
        self._listen_to(self.layers.cells)
        labels = self.session.selection.labels(self.session.selected)
        labels = labels if self.session.in_view else []
        if self.layers.picked not in labels and (labels or self.layers.picked):
            self._make_current(labels[-1] if labels else 0)
        self.layers.mark(labels)

    def refresh(self) -> None:
        """Write about the cell again after it was changed, without moving there."""
        self._show(self.layers.picked or self.shown, quietly=True)

    def _show(self, label: int, quietly: bool = False) -> None:
        """Write about the cell `label`; of one that does not exist say how to get one."""
        result = self.session.result()
        cells = None if result is None else result.analysis.cells
        if cells is None or not 0 < label < len(cells) or not cells["area_px"].iat[label] > 0:
            self.shown = 0
            self._tell()
            self.panel.show_nothing()
            self.looked_at.refresh()
            return
        self.shown, analysis = label, result.analysis
        self._tell()
        p = analysis.parameters
        report = cell_report(cells.loc[label], analysis.taxonomy, analysis.facts, p.fab, p.decision)
        self.looked_at.refresh()
        self._show_picture()
        picked, mapped = label == self.layers.picked, self._mapped(analysis)
        self.panel.show_cell(report, analysis.taxonomy, picked, quietly, mapped)

    def _mapped(self, analysis: Analysis) -> bool:
        """Whether a network spoke of these cells and of both sides, and may be looked at."""
        spoke = analysis.taxonomy.has_sides and analysis.model != FOUND_ONLY
        return spoke and not self.session.hides_model

    def _tell(self) -> None:
        if self.session.told_of != self.shown:
            self.session.told_of = self.shown
            self.session.cell_told.emit(self.shown)

    def _on_pixels(self) -> None:
        self.looked_at.refresh()
        self._show_picture()

    def _cut_out(self) -> tuple[Analysis, np.ndarray] | None:
        """The cell that is told of as the network sees it, and its analysis; None if not yet."""
        from napari_all_subtype.workflow.corrections import crops_of

        source, view = self._source_at_hand(), self.layers.view
        result = self.session.result()
        if not self.shown or source is None or view is None or result is None:
            return None
        if not self._mapped(result.analysis):
            return None
        # The masks are those of the view, which follow edits at once; so does its table.
        analysis = replace(view.analysis, cells=result.analysis.cells)
        spec = self.session.crop_spec_of(analysis)
        return analysis, crops_of(analysis, [self.shown], source, spec)[0]

    def _show_picture(self) -> None:
        if self.shown:
            self.panel.show_picture(self._picture())

    def _source_at_hand(self) -> ImageSource | None:
        """The field; a lazy one is read anew for each cell: not while the cursor only passes."""
        source = self.pixels.source()
        at_hand = isinstance(source, ArraySource) or self.shown == self.layers.picked
        return source if at_hand else None

    def _picture(self) -> np.ndarray | None:
        source, view = self._source_at_hand(), self.layers.view
        if source is None or view is None:
            return None
        analysis = view.analysis
        # Of few columns: a whole row of a wide table takes longer than the picture.
        cells = self.session.result().analysis.cells
        read = [name for name in READ if name in cells]
        row = next(cells[read].loc[[self.shown]].itertuples())
        colour = rgb(class_of(analysis.taxonomy, table.word_of(row)).colour)
        um_per_px, side_px = analysis.pixel_size.um_per_px, self.panel.picture_px
        found, spec = self.looked_at.found, self.session.crop_spec_of(analysis)
        return cell_picture(
            source,
            analysis.masks.labels,
            row,
            um_per_px,
            colour,
            side_px,
            None if found is None else (found, spec.um_per_px),
        )

    # The mouse

    def _on_mouse(self, _viewer, event) -> Iterator[None]:
        """A click picks the cell under it, with Ctrl or Shift one more; a drag moves the image."""
        if event.type != "mouse_press" or self.layers.drawing:
            return
        yield
        if event.type != "mouse_release":
            return
        label = self.layers.label_at(event.position)
        # Keys of vispy, which are equal to their names.
        if any(key in event.modifiers for key in ADDING):
            if label:
                self.session.selection.toggle((self.session.selected, label))
            return
        if label or len(self.session.selection):
            self.pick(label)
        if label:
            self.session.cells_clicked.emit(self.session.selected, label)

    def _on_hover(self, _viewer, event) -> None:
        """The cursor moved: look at most every 40 ms what it is on."""
        if not self.layers.picked and not getattr(event, "is_dragging", False):
            self._at = tuple(event.position)
            if not self._timer.isActive():
                self._timer.start()

    def _look(self) -> None:
        """Write about the cell under the cursor; between cells, of the last one still."""
        if self._at is None or self.layers.picked or self.layers.drawing:
            return
        label = self.layers.label_at(self._at)
        # What nobody sees need not be written.
        if label and label != self.shown and not self.panel.visibleRegion().isEmpty():
            self._show(label)

    # The table of features, and the buttons

    def _listen_to(self, layer: object) -> None:
        """Have a label that is selected in `layer`, as in its table of features, be picked."""
        if layer is self._listened:
            return
        if self._listened is not None:
            self._listened.events.selected_label.disconnect(self._on_selected)
        self._listened = layer
        if layer is not None:
            self._selected = int(layer.selected_label)
            layer.events.selected_label.connect(self._on_selected)

    def _on_selected(self, *_: object) -> None:
        """A label was selected; the brush selects labels as well, while it is in use."""
        label, result = int(self._listened.selected_label), self.session.result()
        # napari says so of another colormap too.
        same, self._selected = label == self._selected, label
        if same or self.layers.drawing or result is None or label == self.layers.picked:
            return
        if label in table.present(result.analysis.cells)["label"].to_numpy():
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
