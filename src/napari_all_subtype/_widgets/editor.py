"""Corrections of outlines: each becomes one edit, and only the cells it touches are done again."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.boxes import write_box
from napari_all_subtype._widgets.edit_keys import EditKeys
from napari_all_subtype._widgets.edit_tools import MODES, Brush, LineTool
from napari_all_subtype._widgets.edit_words import (
    HINTS,
    MADE_AGAIN,
    reasons,
)
from napari_all_subtype._widgets.outlines import Outlines
from napari_all_subtype._widgets.reclassifier import Reclassifier
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.strokes import stroke_of
from napari_all_subtype.cells import edits
from napari_all_subtype.cells.edit import Edit, box_of
from napari_all_subtype.cells.edit_size import refuse_too_large
from napari_all_subtype.errors import EditError


class Editor:
    """Connects the group *Correct outlines* to the masks of the field that is shown.

    Parameters
    ----------
    dock : AnalyseSmear
        The widgets; its controller shows the counts.
    session : Session
        The state.
    """

    def __init__(self, dock, session: Session):
        self.dock, self.panel = dock, dock.edits
        self.session, self.layers, self.record = session, session.layers, session.record
        self.outlines = Outlines(dock, session)
        viewer = session.viewer
        self.tool, self._wanted = "", ""
        self.brush = Brush(viewer, self.layers)
        self.line = LineTool(viewer, self.layers, self._on_line)
        self.keys = EditKeys(self.layers, self.press, self._on_paint)
        self.panel.chosen.connect(self.choose)
        for signal, slot in self._slots():
            signal.connect(slot)
        self.update()

    def _slots(self):
        viewer, session = self.session.viewer, self.session
        return (
            (session.started, self._on_started),
            (session.ended, self.update),
            (session.field_selected, self._on_field_selected),
            (session.cell_picked, self.update),
            (session.tool_taken, self._on_tool_taken),
            (session.step_wanted, self.press),
            (session.classifying_changed, self.dock.controller.show_state),
            (self.record.opened, self.update),
            (self.record.keeper.kept, self.update),
            (self.record.worded, self.update),
            (self.outlines.changed, self.update),
            (self.outlines.unreadable, self._on_unreadable),
            (viewer.layers.events.inserted, self.update),
            (viewer.layers.events.removed, self.update),
            (viewer.layers.selection.events.active, self._on_active),
            (viewer.dims.events.ndisplay, self.update),
        )

    def close(self, *_: object) -> None:
        """Let go of mouse and keys; edits stay."""
        if self.session.viewer is not None:
            self._put_away()
            for signal, slot in self._slots():
                signal.disconnect(slot)
            self.keys.release()
        self.outlines.close()

    # What can be done

    @property
    def key(self) -> object:
        """What the result that is shown is known by; None without one, and while it is loaded."""
        return self.outlines.key

    @property
    def asker(self) -> Reclassifier:
        """Who has the model look at changed cells again."""
        return self.outlines.asker

    def update(self, *_: object) -> None:
        """Allow what can be done now; the others say why not."""
        self.keys.bind()
        refused = reasons(self.session, self.key is not None)
        if (tool := self.tool) and (tool in refused or self.layers.incomplete):
            self._put_away()
            self.panel.say(refused.get(tool, ""))
        self.panel.allow(refused)

    def press(self, name: str) -> None:
        """What the key of the tool `name` does."""
        self.brush.finish()
        button = self.panel.buttons.get(name)
        if button is None:
            self._put_away()
        elif button.isEnabled():
            self.choose("" if name == self.tool else name)
        else:
            self.panel.say(reasons(self.session, self.key is not None).get(name, ""))

    def choose(self, name: str) -> None:
        """Use the tool `name`, or do at once what it stands for; an empty string for none."""
        at_once = {"delete": self.delete, "undo": self.outlines.undo, "redo": self.outlines.redo}
        if name and self.key is not None and self.layers.incomplete:
            self.session.select(self.session.selected)
            self.panel.show_tool("")
            self.panel.say(MADE_AGAIN)
            return
        if name in at_once:
            self.brush.finish()
            at_once[name]()
            return
        self._put_away()
        self._wanted = name
        if name:
            self.panel.show_tool(name)
            self.outlines.with_ground(lambda: self._take(name))

    def _on_unreadable(self, why: str) -> None:
        self._put_away()
        self.panel.say(f"⚠ {why}")

    def _take(self, name: str) -> None:
        if name != self._wanted or self.tool:
            return
        self.session.tool_taken.emit(self)
        self.tool = name
        if name in MODES:
            self.brush.take(name, lambda: len(self.outlines.analysis.cells))
        else:
            self.line.take()
        self.panel.show_tool(name)
        self.panel.say(HINTS[name])

    def _put_away(self) -> None:
        self.brush.finish()
        self.tool, self._wanted = "", ""
        self.brush.put_away()
        self.line.put_away()
        self.panel.show_tool("")
        self.panel.say("")

    def _on_tool_taken(self, by: object) -> None:
        """The mouse is another tool's now."""
        if by is not self and self.tool:
            self._put_away()

    def _on_active(self, *_: object) -> None:
        """Another layer was chosen: the mouse is that layer's."""
        active = self.session.viewer.layers.selection.active
        own = self.layers.cells if self.tool in MODES else self.layers.subtypes
        # For a moment there is none, whenever one is chosen in the place of another.
        if self.tool and active not in (None, own):
            self._put_away()

    def _on_started(self) -> None:
        self.asker.forget_all()
        self._put_away()
        self.update()

    def _on_field_selected(self, *_: object) -> None:
        self._put_away()
        self.outlines.ground.forget()
        self.update()

    # Edits

    def undo(self) -> None:
        """Take the last step back."""
        self.outlines.undo()

    def redo(self) -> None:
        """Make the step again that was taken back last."""
        self.outlines.redo()

    def delete(self) -> None:
        """Delete the picked cell."""
        label = self.layers.picked
        self.outlines.change(lambda masks, cells: edits.delete(masks, cells, label))

    def _on_line(self, points: list[tuple[float, float]]) -> None:
        """A line was drawn: it parts the cell it crosses most, or joins all that it crosses."""

        def make(masks, cells) -> Edit:
            met = edits.cells_under(masks.labels, points)
            if not met:
                raise EditError("There is no cell under the line.")
            if self.tool == "merge":
                return edits.merge(masks, cells, list(met))
            return edits.split(masks, cells, max(met, key=met.get), points)

        self.outlines.change(make)

    def _on_paint(self, event) -> None:
        """A stroke of napari's brush on our cells has ended."""
        if self.key is None or self.layers.cells.data is not self.outlines.analysis.masks.labels:
            return
        atoms = list(event.value)
        region, _, after = stroke_of(self.layers.cells.data, atoms)
        if np.array_equal(self.layers.cells.data[box_of(region)], after):
            self._on_stroke(atoms)
        else:  # napari tells of a polygon before it paints it
            QTimer.singleShot(0, lambda: self._on_stroke(atoms))

    def _on_stroke(self, atoms: list[object]) -> None:
        labels = self.outlines.analysis.masks.labels
        region, before, painted = stroke_of(labels, atoms)
        # Made again from the edit: labels that must not be used are put right there.
        write_box(self.layers.cells, labels, region, before)
        ground = self.outlines.ground.ground
        nucleus_of = ground.nucleus_of if ground is not None else None

        def make(masks, cells) -> Edit:
            refuse_too_large(cells, before, painted, self.outlines.analysis.pixel_size.um_per_px)
            return edits.repaint(masks, cells, region, painted, nucleus_of)

        self.outlines.change(make)
