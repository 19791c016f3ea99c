"""What readers say and change in a viewer: it is on the disk before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from napari_all_subtype._widgets.classes_in_use import Classes
from napari_all_subtype._widgets.open_project import OpenProject
from napari_all_subtype.cells import table
from napari_all_subtype.cells.edit import Edit
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.annotation import Predicted, SeenCell, Word
from napari_all_subtype.project.annotations import record_words
from napari_all_subtype.project.crops import CropFile, keep_crop_files
from napari_all_subtype.project.history import words_of_step
from napari_all_subtype.project.mask_edits import MaskEdit, record_edit
from napari_all_subtype.project.readers import finish_reading, open_apart
from napari_all_subtype.project.reclassifications import record_reclassified
from napari_all_subtype.project.records import Reading
from napari_all_subtype.project.steps import Thread, Tops
from napari_all_subtype.project.undo import Reversal, redo, undo, undoable
from napari_all_subtype.taxonomy import EXCLUSIONS

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.workflow.project_keeping import KeptField

NOT_KEPT = "This field is not in the project yet. Wait a moment, and say it again."
NOT_COMMON = (
    "Outlines belong to the common record. End the reading of your own to correct them, and begin "
    "it again after."
)
# Columns of what a reader sees of a cell.
SEEN = ("centroid_y_px", "centroid_x_px", "subtype", "confidence")


class Record(OpenProject):
    """What readers say and change in one viewer, kept in one project.

    Every change goes to the disk, then into the table, then to whoever draws.

    Parameters
    ----------
    session : Session
        Whose fields these are.

    Signals
    -------
    speaking
        Something is about to be said or taken back.
    worded : int, tuple of int
        People call these cells of a field something else now.
    taken_back : int, MaskEdit
        An edit is to be made in the masks of a field.
    """

    speaking = Signal()
    worded = Signal(int, object)
    taken_back = Signal(int, object)

    # Readings

    def read_as(self, name: str) -> None:
        """Have `name` stand in the record from now on; raises as of any project.

        A reading apart ends with its reader: who reads next gets one of their own.
        """
        before = self.reading
        super().read_as(name)
        if before is not None and before.reader_id != self.reader.reader_id:
            finish_reading(self.database, before.reading_id)
            own = open_apart(self.database, self.reader.reader_id, before.slide_id)
            self.read_apart(own)

    def read_apart(self, reading: Reading | None) -> None:
        """Show and keep words of one reading alone; None for the common record."""
        self.reading = reading
        for n, field in enumerate(self.session.fields):
            if field.kept is not None and field.result is not None:
                self.reword(n)

    def reword(self, n: int) -> None:
        """Have field `n` show what stands in the record, and nothing else."""
        field = self.session.fields[n]
        said = table.annotations(field.result.analysis.cells).to_numpy(object)
        stands = dict.fromkeys(np.flatnonzero(said != "").tolist(), "") | self._words(field.kept)
        # Mostly none: a result comes from the project with its words.
        there = {label: word for label, word in stands.items() if label < len(said)}
        self._put_words(n, {label: word for label, word in there.items() if said[label] != word})

    # Words

    def say(
        self,
        places: Mapping[int, Sequence[int]],
        word: str,
        crops: Mapping[int, Mapping[int, CropFile]] | None = None,
    ) -> None:
        """Have the reader call cells `word`; an empty one takes their words back. One undo step.

        Parameters
        ----------
        places : mapping of int to sequence of int
            Labels, by number of the field.
        crops : mapping, optional
            Pictures of the cells as the model sees them, by field and label.

        Raises
        ------
        RecordError
            If no project is open, nobody reads, a field is not in the project yet, or the word is
            of other classes than the project, or the model of a field, has.
        LockedError
            If the result of the smear is locked.
        ProjectReadOnlyError, ProjectWriteError
            If it could not be recorded; nothing is shown then.
        """
        database, reader = self.opened_database(), self._reader()
        seen, words = [], []
        for n, labels in places.items():
            pictures = (crops or {}).get(n, {})
            names = dict(zip(pictures, keep_crop_files(database, pictures.values()), strict=True))
            found = self._seen(n, labels, names)
            seen += found
            words += [self._word(n, word) if word else None] * len(found)
        record_words(database, reader.reader_id, seen, words, self._reading_id)
        for n, labels in places.items():
            self._put_words(n, dict.fromkeys(labels, word))

    def _seen(self, n: int, labels: Sequence[int], crops: Mapping[int, str]):
        """The cells `labels` as the reader sees them now."""
        field = self.session.fields[n]
        if field.kept is None or field.result is None:
            raise RecordError(NOT_KEPT)
        analysis = field.result.analysis
        rows = table.few_rows(analysis.cells, labels, SEEN)
        # Whoever is blind to the model has not read that it knows nothing; nor did one that
        # was never asked say so.
        told = not self.session.model_hidden and analysis.model != FOUND_ONLY
        model = analysis.model if told else ""
        words: dict[str, Word] = {}
        return [
            SeenCell(
                field.kept.field_id,
                int(label),
                (row.centroid_y_px, row.centroid_x_px),
                crops.get(label),
                Predicted(
                    words.setdefault(row.subtype, Word(analysis.taxonomy.name, row.subtype)),
                    model,
                    row.confidence,
                ),
            )
            for label, row in zip(labels, rows, strict=True)
        ]

    def _word(self, n: int, word: str) -> Word:
        """`word` in the taxonomy of the project, whose classes those of field `n` have to be."""
        if word in {one.name for one in EXCLUSIONS}:
            return Word.excluded(word)
        analysis = self.session.fields[n].result.analysis
        classes = Classes(self.taxonomy, analysis.taxonomy, analysis.model)
        if classes.differ:
            raise RecordError(classes.conflict)
        return Word.of(self.taxonomy, word)

    def _put_words(self, n: int, words: Mapping[int, str]) -> None:
        """Have the table of field `n` say `words`, and tell of it."""
        if not words:
            return
        self.session.put(n, result=self.session.fields[n].result.called(words))
        self.worded.emit(n, tuple(words))

    def _words(self, kept: KeptField) -> dict[int, str]:
        from napari_all_subtype.workflow.project_analyses import words_on

        return words_on(self.opened_database(), kept.field_id, self._reading_id)

    # Outlines

    def keeps(self, n: int) -> bool:
        """Whether what is changed in field `n` goes to the project."""
        inside = 0 <= n < len(self.session.fields)
        return self.database is not None and inside and self.session.fields[n].kept is not None

    def edited(self, n: int, edit: Edit, before: pd.DataFrame, after: pd.DataFrame) -> None:
        """Record a change of outlines; before it is shown.

        Parameters
        ----------
        before, after : pandas.DataFrame
            Rows of the cells it touched.

        Raises
        ------
        RecordError
            If nobody reads, a reading of its own goes on, or the field was segmented again.
        LockedError
            If the result of the smear is locked.
        ProjectReadOnlyError, ProjectWriteError
            If it could not be recorded.
        """
        kept, reader = self.session.fields[n].kept, self._reader()
        if self.reading is not None:
            raise RecordError(NOT_COMMON)
        record_edit(
            self.opened_database(),
            reader.reader_id,
            kept.field_id,
            edit,
            _of_model(before),
            _of_model(after),
            segmentation_id=kept.segmentation_id,
        )

    def reclassified(self, n: int, rows: pd.DataFrame) -> None:
        """Record what the model says of changed outlines.

        Raises
        ------
        LockedError, RecordError, ProjectReadOnlyError, ProjectWriteError
            If it could not be recorded.
        """
        kept = self.session.fields[n].kept
        record_reclassified(
            self.opened_database(),
            kept.field_id,
            _of_model(rows),
            segmentation_id=kept.segmentation_id,
        )

    # Undo

    def undo(self, n: int) -> Reversal:
        """Take the last step in the smear of field `n` back; empty if there is none.

        Raises
        ------
        LockedError, RecordError, ProjectReadOnlyError, ProjectWriteError
            If it could not be recorded.
        """
        return self._reverse(n, undo)

    def redo(self, n: int) -> Reversal:
        """Make the step again that was undone last; raises as `undo` does."""
        return self._reverse(n, redo)

    def undoable(self, n: int) -> Tops:
        """What undo and redo would take in the smear of field `n`."""
        if not self.keeps(n):
            return Tops()
        return undoable(self.database, self._thread(n))

    def _reverse(self, n: int, how: Callable[..., Reversal]) -> Reversal:
        database, reader = self.opened_database(), self._reader()
        if not self.keeps(n):
            raise RecordError(NOT_KEPT)
        made = how(database, reader.reader_id, self._thread(n))
        numbers = {
            field.kept.field_id: k
            for k, field in enumerate(self.session.fields)
            if field.kept is not None and field.result is not None
        }
        for edit in made.edits:
            if edit.field_id in numbers:
                self._edit_back(numbers[edit.field_id], edit)
        self._words_back(made, numbers)
        return made

    def _edit_back(self, n: int, made: MaskEdit) -> None:
        kept = self.session.fields[n].kept
        if made.segmentation_id == kept.segmentation_id:
            self.taken_back.emit(n, made)
            words = self._words(kept)
            self._put_words(n, {label: words.get(label, "") for label in made.edit.touched})

    def _words_back(self, made: Reversal, numbers: Mapping[int, int]) -> None:
        if not made.annotations:
            return
        for field_id, said in words_of_step(self.database, made.annotations[0].step_id).items():
            if field_id in numbers:
                self._put_words(numbers[field_id], said)

    def _thread(self, n: int) -> Thread:
        return Thread(self.session.fields[n].kept.slide_id, self._reading_id)

    @property
    def _reading_id(self) -> int | None:
        return None if self.reading is None else self.reading.reading_id


def _of_model(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without what people say: that stands in the record by itself."""
    return rows.drop(columns=table.ANNOTATION, errors="ignore")
