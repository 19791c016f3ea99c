"""Corrections of outlines: each becomes one edit, and only the cells it touches are done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.boxes import write_box
from napari_all_subtype._widgets.edit_history import EditHistory, EditStep
from napari_all_subtype._widgets.edit_keys import EditKeys
from napari_all_subtype._widgets.edit_tools import MODES, Brush, LineTool
from napari_all_subtype._widgets.edit_words import (
    HINTS,
    MADE_AGAIN,
    done_text,
    reasons,
    reversal_text,
)
from napari_all_subtype._widgets.ground import GroundKeeper, pixels_in_view
from napari_all_subtype._widgets.reclassifier import Reclassifier
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.strokes import stroke_of
from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.edit import Edit, box_of, joined
from napari_all_subtype.cells.edit_size import refuse_too_large
from napari_all_subtype.errors import AllSubtypeError, EditError
from napari_all_subtype.project.mask_edits import MaskEdit
from napari_all_subtype.project.tables import rows_from_json
from napari_all_subtype.project.undo import Reversal
from napari_all_subtype.workflow import corrections


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
        viewer = session.viewer
        self.tool, self._wanted = "", ""
        self._kept = GroundKeeper()
        self.brush = Brush(viewer, self.layers)
        self.line = LineTool(viewer, self.layers, self._on_line)
        self.keys = EditKeys(self.layers, self.press, self._on_paint)
        self.asker = Reclassifier(session, self._on_told, self._on_failed)
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
            (session.classifying_changed, self.dock.controller.show_state),
            (self.record.opened, self.update),
            (self.record.keeper.kept, self.update),
            (self.record.worded, self.update),
            (self.record.taken_back, self._on_taken_back),
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
        self.asker.close()

    # What can be done

    @property
    def key(self) -> object:
        """What the result that is shown is known by; None without one, and while it is loaded."""
        result, view = self.session.result(), self.layers.view
        shown = result is not None and view is not None and view.key is result.labels
        return view.key if shown else None

    @property
    def _analysis(self) -> Analysis:
        return self.layers.view.analysis

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
        at_once = {"delete": self.delete, "undo": self.undo, "redo": self.redo}
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
            self._with_ground(lambda: self._take(name))

    def _with_ground(self, then: Callable[[], None]) -> None:
        """Call `then` once the pixels and the stain of the field are known."""
        if self._kept.has(self.key):
            then()
            return

        def refuse(error: AllSubtypeError) -> None:
            self._put_away()
            self.panel.say(f"⚠ {error}")

        self.panel.say("Reading the colours of the image…")
        step = self.session.viewer.dims.current_step
        pixels = pixels_in_view(self.session.field, self.layers.view, step)
        self._kept.read(lambda: self.key, pixels, self._analysis, then, refuse)

    def _take(self, name: str) -> None:
        if name != self._wanted or self.tool:
            return
        self.tool = name
        if name in MODES:
            self.brush.take(name, lambda: len(self._analysis.cells))
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
        self._kept.forget()
        self.update()

    # Edits

    def delete(self) -> None:
        """Delete the picked cell."""
        label = self.layers.picked
        self._change(lambda masks, cells: edits.delete(masks, cells, label))

    def _on_line(self, points: list[tuple[float, float]]) -> None:
        """A line was drawn: it parts the cell it crosses most, or joins all that it crosses."""

        def make(masks, cells) -> Edit:
            met = edits.cells_under(masks.labels, points)
            if not met:
                raise EditError("There is no cell under the line.")
            if self.tool == "merge":
                return edits.merge(masks, cells, list(met))
            return edits.split(masks, cells, max(met, key=met.get), points)

        self._change(make)

    def _on_paint(self, event) -> None:
        """A stroke of napari's brush on our cells has ended."""
        if self.key is None or self.layers.cells.data is not self._analysis.masks.labels:
            return
        atoms = list(event.value)
        region, _, after = stroke_of(self.layers.cells.data, atoms)
        if np.array_equal(self.layers.cells.data[box_of(region)], after):
            self._on_stroke(atoms)
        else:  # napari tells of a polygon before it paints it
            QTimer.singleShot(0, lambda: self._on_stroke(atoms))

    def _on_stroke(self, atoms: list[object]) -> None:
        labels = self._analysis.masks.labels
        region, before, painted = stroke_of(labels, atoms)
        # Made again from the edit: labels that must not be used are put right there.
        write_box(self.layers.cells, labels, region, before)
        ground = self._kept.ground
        nucleus_of = ground.nucleus_of if ground is not None else None

        def make(masks, cells) -> Edit:
            refuse_too_large(cells, before, painted, self._analysis.pixel_size.um_per_px)
            return edits.repaint(masks, cells, region, painted, nucleus_of)

        self._change(make)

    def _change(self, make: Callable[[object, pd.DataFrame], Edit]) -> None:
        """Make an edit and its consequences; if it cannot be made, say why."""
        analysis = self._analysis
        try:
            edit = make(analysis.masks, analysis.cells)
        except EditError as error:
            self.panel.say(f"⚠ {error}")
            return
        step = self._step(edit)
        self._write(edit)
        after = corrections.with_cells(analysis, corrections.remeasured(analysis, edit))
        history = self.session.field.history
        if not self.record.keeps(self.session.selected):
            history = history.added(step)
        elif not self._recorded(edit, analysis.cells, after.cells):
            self._write(edit.reversed())
            return
        self._show(edit, after, history)
        self._ask(edit.remaining)
        self.panel.say(done_text(edit))

    def _recorded(self, edit: Edit, before: pd.DataFrame, after: pd.DataFrame) -> bool:
        """Whether `edit` is in the project; if it cannot be, say why."""
        touched = sorted(edit.touched)
        rows = (table.rows_of(cells, touched) for cells in (before, after))
        try:
            self.record.edited(self.session.selected, edit, *rows)
        except AllSubtypeError as error:
            self.panel.say(f"⚠ {error}")
            return False
        return True

    def undo(self) -> None:
        """Take the last edit of this field back; it stays in the log, with its reverse.

        Where a project keeps the field, the last step of the smear, which may be a word.
        """
        if self.record.keeps(self.session.selected):
            self._reverse(self.record.undo)
            return
        history = self.session.field.history
        if history.done:
            step = history.done[-1]
            edit = step.edit.reversed()
            self._restore(edit, step, history.after_undo(self._step(edit)))

    def redo(self) -> None:
        """Make the edit, or the step, that was taken back last again."""
        if self.record.keeps(self.session.selected):
            self._reverse(self.record.redo)
            return
        history = self.session.field.history
        if history.undone:
            step = history.undone[-1]
            self._restore(step.edit, step, history.after_redo(self._step(step.edit)))

    def _reverse(self, how: Callable[[int], Reversal]) -> None:
        try:
            made = how(self.session.selected)
        except AllSubtypeError as error:
            self.panel.say(f"⚠ {error}")
            return
        self.panel.say(reversal_text(made))
        self.update()

    def _on_taken_back(self, n: int, made: MaskEdit) -> None:
        """The project has an edit taken back, or made again."""
        result, edit = self.session.fields[n].result, made.edit
        rows = rows_from_json(made.rows_after, result.analysis.cells)
        cells = table.with_rows(result.analysis.cells, rows)
        if n != self.session.selected or self.key is not result.labels:
            after = corrections.with_cells(result.analysis, cells)
            self.session.put(n, result=result.edited((edit,), after))
            return
        self._write(edit)
        after = corrections.with_cells(self._analysis, cells)
        self._show(edit, after, self.session.field.history)
        self._ask(edit.remaining)

    def _restore(self, edit: Edit, step: EditStep, history: EditHistory) -> None:
        """Make `edit` with the rows of `step`, which are those on its other side."""
        self._write(edit)
        cells = table.with_rows(self._analysis.cells, step.rows)
        self._show(edit, corrections.with_cells(self._analysis, cells), history)
        self._ask([one for one in edit.remaining if one in step.pending])
        self.panel.say(done_text(edit))

    def _step(self, edit: Edit) -> EditStep:
        """What undoing `edit` brings back."""
        rows = table.rows_of(self._analysis.cells, sorted(edit.touched))
        return EditStep(edit, rows, self.asker.pending(self.key, edit.touched))

    def _write(self, edit: Edit) -> None:
        masks = self._analysis.masks
        labels, nuclei = edit.after.unpack()
        masks.nuclei[box_of(edit.region)] = nuclei
        write_box(self.layers.cells, masks.labels, edit.region, labels)

    def _show(self, edit: Edit, after: Analysis, history: EditHistory) -> None:
        """Have layers, table and counts follow an edit."""
        before, masks = self._analysis.cells, after.masks
        boxes = [edits.region_of(before, one, masks) for one in (*edit.changed, *edit.deleted)]
        boxes += [edits.region_of(after.cells, one, masks) for one in edit.remaining]
        self.asker.forget(self.key, edit.touched)
        if self.layers.picked in edit.deleted:
            self.layers.picked = 0
        self.layers.show_edit(after, joined(edit.region, *boxes), edit.remaining)
        self._keep((edit,), after, history)

    def _keep(self, made: tuple[Edit, ...], after: Analysis, history: EditHistory) -> None:
        session, n = self.session, self.session.selected
        session.edit(n, session.fields[n].result.edited(made, after), history)
        self.dock.controller.show_counts(n)
        self.dock.controller.picker.refresh()
        self.update()

    # The model

    def _ask(self, labels: Sequence[int]) -> None:
        """Have the model look at `labels` again; their pixels are read first where they are not."""
        if labels:
            self._with_ground(lambda: self._cut_out(labels))

    def _cut_out(self, labels: Sequence[int]) -> None:
        analysis = self._analysis
        # One that was deleted while the pixels were read is asked for no longer.
        labels = [one for one in labels if analysis.cells["area_px"].iat[one] > 0]
        if not labels:
            return
        spec = self.session.crop_spec_of(analysis)
        crops = corrections.crops_of(analysis, labels, self._kept.ground.source, spec)
        self.asker.ask(self.key, analysis.parameters, labels, crops)

    def _on_told(self, key: object, said: pd.DataFrame) -> None:
        def word(analysis: Analysis) -> Analysis:
            after = corrections.classified(analysis, said)
            if self.key is not key or not self._kept.has(key):
                return after  # without pixels: measured with the next cell of its field
            return corrections.with_evidence(after, self._kept.ground.source, list(said.index))

        self._say_of(key, word, said.index)

    def _on_failed(self, key: object, labels: list[int], why: str) -> None:
        self._say_of(key, lambda analysis: corrections.unclassified(analysis, labels), labels)
        self.panel.say(f"⚠ Not classified: {why}")

    def _say_of(self, key: object, word: Callable[[Analysis], Analysis], labels) -> None:
        """Have cells of the field `key`, shown or not, other words."""
        if self.key is not key:
            for n in self.session.reword(key, word):
                self.dock.controller.show_counts(n)
                self._record_said(n, labels)
            return
        after = word(self._analysis)
        boxes = [edits.region_of(after.cells, one, after.masks) for one in labels]
        self.layers.show_edit(after, joined(*boxes), ())
        self._keep((), after, self.session.field.history)
        self._record_said(self.session.selected, labels)

    def _record_said(self, n: int, labels: Sequence[int]) -> None:
        """Have the project keep what the model says of changed outlines."""
        if not self.record.keeps(n):
            return
        rows = table.rows_of(self.session.result(n).analysis.cells, list(labels))
        try:
            self.record.reclassified(n, rows)
        except AllSubtypeError as error:
            self.panel.say(f"⚠ {error}")
