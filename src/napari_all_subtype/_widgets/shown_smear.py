"""The smear that is worked on: its fields, which of them is shown, and what was found in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_all_subtype._widgets.edit_history import EditHistory
from napari_all_subtype._widgets.fields import SmearField, reworded
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.selection import Selection
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.progress import SILENT, Monitor

if TYPE_CHECKING:
    from napari_all_subtype.workflow.summarise import Counts, Summary


class ShownSmear:
    """Fields and results of one smear; smears that were open before stay as they were left.

    Signals
    -------
    fields_changed
        These are other fields, or fields without their results.
    field_updated : int
        A field is to be shown anew.
    result_changed : int
        Cells of a field are others, or are called otherwise.
    edited : int
        Outlines of a field, or what the model says of changed ones, are others.
    field_selected : int
        Another field is to be seen.
    sighted
        The field that was to be seen is in sight, or never will be.
    project_left
        What was shown of a project, or could be chosen of it, is gone.
    """

    fields_changed = Signal()
    field_updated = Signal(int)
    result_changed = Signal(int)
    edited = Signal(int)
    field_selected = Signal(int)
    sighted = Signal()
    project_left = Signal()

    def __init__(self) -> None:
        self.smear = ""
        self.folder: Path | None = None
        self.source: object | None = None
        self._put_away: dict[object, tuple[tuple[SmearField, ...], str, int]] = {}
        self.fields: tuple[SmearField, ...] = ()
        self.selected = -1
        self.failure = ""
        self.selection = Selection()

    def open(self, source: object, fields: Sequence[SmearField], smear: str) -> None:
        """Make `source` the smear that is worked on: as it was left, else with `fields`.

        Parameters
        ----------
        source : napari.layers.Image or Path
            A layer, or a folder of fields.
        """
        if self.source is not None:
            self._put_away[self.source] = (self.fields, self.smear, self.selected)
        self.source, self.failure = source, ""
        self.fields, self.smear, selected = self._put_away.pop(source, (tuple(fields), smear, 0))
        self.selected = -1
        self.selection.clear()
        self.fields_changed.emit()
        self.select(max(selected, 0) if self.fields else -1)

    def forget_all_but(self, sources: Collection[object]) -> None:
        """Let go of the results of what can be chosen no longer."""
        for source in self._put_away.keys() - set(sources):
            del self._put_away[source]

    def set_fields(self, fields: Sequence[SmearField], smear: str) -> None:
        """Make `fields` the smear, without any result."""
        self.fields, self.smear = tuple(fields), smear
        self.selected = -1
        self.selection.clear()
        self.fields_changed.emit()

    def select(self, index: int) -> None:
        """Make field number `index` the one that is shown.

        Nobody can mean cells of which none is in sight: they are selected no longer.
        """
        if index != self.selected and not self.selection.labels(index):
            self.selection.clear()
        self.selected = index
        self.field_selected.emit(index)

    def edit(self, n: int, result: PackedAnalysis, history: EditHistory) -> None:
        """Put the edited result of field number `n` in the place of the one before."""
        self.put(n, result=result, history=history)
        self.edited.emit(n)

    def put(self, n: int, **changes: object) -> None:
        """Have field number `n` other values; whoever asks for it tells of it."""
        fields = list(self.fields)
        fields[n] = replace(fields[n], **changes)
        self.fields = tuple(fields)
        if "result" in changes and (labels := self.selection.labels(n)):
            there = set() if self.result(n) is None else self.result(n).there(labels)
            self.selection.keep(lambda place: place[0] != n or place[1] in there)
        if "result" in changes:
            self.result_changed.emit(n)

    def update(self, n: int, **changes: object) -> None:
        """Have field number `n` other values, and be shown anew."""
        self.put(n, **changes)
        self.field_updated.emit(n)

    def forget_places(self) -> None:
        """No field is in a project any more."""
        self.fields = tuple(field.of_no_project for field in self.fields)
        self._put_away = {
            source: (tuple(field.of_no_project for field in fields), *rest)
            for source, (fields, *rest) in self._put_away.items()
        }

    def leave(self, foreign: Callable[[object, Sequence[SmearField]], bool]) -> bool:
        """Let go of results that are no business of the project that is opened now.

        Parameters
        ----------
        foreign : callable
            Says of a smear, by its source and its fields, whether it belongs to another project.

        Returns
        -------
        bool
            Whether one of them was shown.
        """
        self._put_away = {
            source: (tuple(field.bare for field in fields), *rest)
            if foreign(source, fields)
            else (fields, *rest)
            for source, (fields, *rest) in self._put_away.items()
            if not foreign(source, ())
        }
        # First of all: while the layers are emptied, what is chosen must not be opened again.
        dropped = self.folder is not None and foreign(self.folder, ())
        self.folder = None if dropped else self.folder
        shown = foreign(self.source, self.fields)
        if shown:
            selected = max(self.selected, 0)
            if foreign(self.source, ()):
                self.source, selected = None, -1
                self.set_fields((), "")
            else:
                self.set_fields([field.bare for field in self.fields], self.smear)
            self.select(selected)
        if dropped:
            self.project_left.emit()
        return shown

    def reword(self, key: object, word: Callable[[Analysis], Analysis]) -> list[int]:
        """Have a result other words, also one of a smear that was put away.

        Parameters
        ----------
        key : PackedMask
            What the result is known by.
        word : callable
            The analysis, without masks, to what it is now.

        Returns
        -------
        list of int
            Numbers of the fields of this smear that are others now.
        """
        before, self.fields = self.fields, reworded(self.fields, key, word)
        self._put_away = {
            source: (reworded(fields, key, word), *rest)
            for source, (fields, *rest) in self._put_away.items()
        }
        pairs = zip(before, self.fields, strict=True)
        changed = [n for n, (old, new) in enumerate(pairs) if old is not new]
        for n in changed:
            self.result_changed.emit(n)
        return changed

    @property
    def field(self) -> SmearField | None:
        """The field that is shown, None without one."""
        return self.fields[self.selected] if 0 <= self.selected < len(self.fields) else None

    def result(self, index: int | None = None) -> PackedAnalysis | None:
        """Result of a field, by default of the selected one."""
        index = self.selected if index is None else index
        return self.fields[index].result if 0 <= index < len(self.fields) else None

    def counts(self, index: int | None = None) -> Counts | None:
        """Classes and exclusions of one field, or of the whole smear; None without a result."""
        from napari_all_subtype.workflow.summarise import counts_of

        shown = self.fields if index is None else [self.fields[index]]
        done = [one.result for one in shown if one.result and not one.same_as]
        if len({one.analysis.taxonomy for one in done}) != 1:
            return None
        return counts_of([one.counts for one in done], done[0].analysis.taxonomy)

    def cell_count(self, index: int | None = None) -> int:
        """Rows of the tables of one field, or of the whole smear."""
        shown = self.fields if index is None else [self.fields[index]]
        return sum(len(one.result.analysis.cells) for one in shown if one.result)

    def summary(self, index: int | None = None, monitor: Monitor = SILENT) -> Summary | None:
        """Summary of one field, or of all analysed fields together; None without a result.

        Raises
        ------
        Stopped
            If the monitor asks for it.
        """
        from napari_all_subtype.workflow.summarise import FieldCells, summarise

        if index is not None:
            result = self.result(index)
            if result is None:
                return None
            field = FieldCells.of(result.analysis)
            return summarise([field], result.analysis.name, monitor=monitor)
        # Also called in a thread: the fields may be others before the end.
        done = [field for field in self.fields if field.result]
        counted = [FieldCells.of(field.result.analysis) for field in done if not field.same_as]
        repeated = [FieldCells.of(field.result.analysis) for field in done if field.same_as]
        if not counted or any(field.taxonomy != counted[0].taxonomy for field in counted):
            return None
        return summarise(counted, self.smear, repeated=repeated, monitor=monitor)
