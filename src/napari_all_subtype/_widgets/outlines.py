"""Changes of outlines: each becomes one edit, and only the cells it touches are done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_all_subtype._widgets.boxes import write_box
from napari_all_subtype._widgets.edit_history import EditHistory, EditStep
from napari_all_subtype._widgets.edit_words import done_text, reversal_text
from napari_all_subtype._widgets.ground import GroundKeeper, pixels_in_view
from napari_all_subtype._widgets.reclassifier import Reclassifier
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.edit import Edit, box_of, joined
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.errors import AllSubtypeError, EditError
from napari_all_subtype.project.mask_edits import MaskEdit
from napari_all_subtype.project.tables import rows_from_json
from napari_all_subtype.project.undo import Reversal
from napari_all_subtype.workflow import corrections

if TYPE_CHECKING:
    import pandas as pd


class Outlines:
    """Changes the masks of the field that is shown, and has all that follows from it follow.

    Where a project keeps the field, a change is recorded before it is drawn, and undo is that
    of the record; else undo is that of the field, for as long as the window is open.

    Parameters
    ----------
    dock : AnalyseSmear
        The widgets; its controller shows the counts.
    session : Session
        The state.

    Signals
    -------
    changed
        Something was changed, or taken back.
    unreadable : str
        The pixels of the field cannot be read, and why.
    """

    changed = Signal()
    unreadable = Signal(str)

    def __init__(self, dock, session: Session):
        self.dock, self.panel = dock, dock.edits
        self.session, self.layers, self.record = session, session.layers, session.record
        self.ground = GroundKeeper()
        self.asker = Reclassifier(session, self._on_told, self._on_failed)
        self.record.taken_back.connect(self._on_taken_back)

    def close(self) -> None:
        """Hear of nothing more; what was changed stays."""
        self.record.taken_back.disconnect(self._on_taken_back, missing_ok=True)
        self.asker.close()

    @property
    def key(self) -> object:
        """What the result that is shown is known by; None without one, and while it is loaded."""
        result, view = self.session.result(), self.layers.view
        shown = result is not None and view is not None and view.key is result.labels
        return view.key if shown else None

    @property
    def analysis(self) -> Analysis:
        """Of the field that is shown, masks included."""
        return self.layers.view.analysis

    def with_ground(self, then: Callable[[], None]) -> None:
        """Call `then` once the pixels and the stain of the field are known."""
        if self.ground.has(self.key):
            then()
            return

        def refuse(error: AllSubtypeError) -> None:
            self.unreadable.emit(str(error))

        self.panel.say("Reading the colours of the image…")
        step = self.session.viewer.dims.current_step
        pixels = pixels_in_view(self.session.field, self.layers.view, step)
        self.ground.read(lambda: self.key, pixels, self.analysis, then, refuse)

    # Edits

    def change(self, make: Callable[[object, pd.DataFrame], Edit]) -> None:
        """Make an edit and its consequences; if it cannot be made, say why."""
        analysis = self.analysis
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
        self.panel.say(reversal_text(made, self.session.classes.now))
        self.changed.emit()

    def _on_taken_back(self, n: int, made: MaskEdit) -> None:
        """The project has an edit taken back, or made again."""
        result, edit = self.session.fields[n].result, made.edit
        rows = rows_from_json(made.rows_after, result.analysis.cells)
        cells = table.with_rows(result.analysis.cells, rows)
        if n != self.session.selected or self.key is not result.labels:
            after = corrections.with_cells(result.analysis, cells)
            history = self.session.fields[n].history
            self.session.edit(n, result.edited((edit,), after), history)
            return
        self._write(edit)
        after = corrections.with_cells(self.analysis, cells)
        self._show(edit, after, self.session.field.history)
        self._ask(edit.remaining)

    def _restore(self, edit: Edit, step: EditStep, history: EditHistory) -> None:
        """Make `edit` with the rows of `step`, which are those on its other side."""
        self._write(edit)
        cells = table.with_rows(self.analysis.cells, step.rows)
        self._show(edit, corrections.with_cells(self.analysis, cells), history)
        self._ask([one for one in edit.remaining if one in step.pending])
        self.panel.say(done_text(edit))

    def _step(self, edit: Edit) -> EditStep:
        """What undoing `edit` brings back."""
        rows = table.rows_of(self.analysis.cells, sorted(edit.touched))
        return EditStep(edit, rows, self.asker.pending(self.key, edit.touched))

    def _write(self, edit: Edit) -> None:
        masks = self.analysis.masks
        labels, nuclei = edit.after.unpack()
        masks.nuclei[box_of(edit.region)] = nuclei
        write_box(self.layers.cells, masks.labels, edit.region, labels)

    def _show(self, edit: Edit, after: Analysis, history: EditHistory) -> None:
        """Have layers, table and counts follow an edit."""
        before, masks = self.analysis.cells, after.masks
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
        self.changed.emit()

    # The model

    def _ask(self, labels: Sequence[int]) -> None:
        """Have the model look at `labels` again; their pixels are read first where they are not."""
        if labels and self.analysis.model != FOUND_ONLY:
            self.with_ground(lambda: self._cut_out(labels))

    def _cut_out(self, labels: Sequence[int]) -> None:
        analysis = self.analysis
        # One that was deleted while the pixels were read is asked for no longer.
        labels = [one for one in labels if analysis.cells["area_px"].iat[one] > 0]
        if not labels:
            return
        spec = self.session.crop_spec_of(analysis)
        crops = corrections.crops_of(analysis, labels, self.ground.ground.source, spec)
        self.asker.ask(self.key, analysis.parameters, labels, crops)

    def _on_told(self, key: object, said: pd.DataFrame) -> None:
        def word(analysis: Analysis) -> Analysis:
            after = corrections.classified(analysis, said)
            if self.key is not key or not self.ground.has(key):
                return after  # without pixels: measured with the next cell of its field
            return corrections.with_evidence(after, self.ground.ground.source, list(said.index))

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
        after = word(self.analysis)
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
