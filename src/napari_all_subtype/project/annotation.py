"""A person's word on one cell, what the model said of it, and which cell was meant."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from napari_all_subtype.errors import RecordError
from napari_all_subtype.taxonomy import EXCLUSIONS, Taxonomy


@dataclass(frozen=True)
class Word:
    """A class of a taxonomy, or an exclusion, which belongs to none.

    Parameters
    ----------
    taxonomy : str
        Name of the taxonomy; empty for an exclusion.
    name : str
        Name of the class or of the exclusion.

    Examples
    --------
    >>> Word.excluded("smudge")
    Word(taxonomy='', name='smudge')
    """

    taxonomy: str
    name: str

    @classmethod
    def of(cls, taxonomy: Taxonomy, name: str) -> Word:
        """The class `name` of `taxonomy`, or the exclusion of that name.

        Raises
        ------
        RecordError
            If there is neither.
        """
        if name in taxonomy.names:
            return cls(taxonomy.name, name)
        if name in _EXCLUDED:
            return cls("", name)
        raise RecordError(
            f"{name!r} is neither a class of {taxonomy.name} ({', '.join(taxonomy.names)}) nor an "
            f"exclusion ({', '.join(_EXCLUDED)}). Use one of these."
        )

    @classmethod
    def excluded(cls, name: str) -> Word:
        """The exclusion `name`.

        Raises
        ------
        RecordError
            If there is none of that name.
        """
        if name not in _EXCLUDED:
            raise RecordError(
                f"{name!r} is no exclusion. Use one of these: {', '.join(_EXCLUDED)}."
            )
        return cls("", name)


_EXCLUDED = tuple(exclusion.name for exclusion in EXCLUSIONS)


@dataclass(frozen=True)
class Predicted:
    """What a model had said of a cell when a person spoke of it.

    Parameters
    ----------
    word : Word
    model_id : str
        Empty where the reader was not shown what a model said: nothing of it is recorded then.
    confidence : float or None
        Calibrated probability of the side taken, 0–1; None of a cell that it did not know.
    """

    word: Word
    model_id: str
    confidence: float | None


@dataclass(frozen=True)
class SeenCell:
    """One cell as the reader saw it.

    Parameters
    ----------
    field_id : int
    label : int
        Its integer in the masks.
    centroid_yx_px : tuple of float
    crop : str, optional
        Name of its frozen crop.
    predicted : Predicted, optional
    """

    field_id: int
    label: int
    centroid_yx_px: tuple[float, float]
    crop: str | None = None
    predicted: Predicted | None = None


@dataclass(frozen=True)
class Annotation:
    """One line of the record: who said when what of which cell, and what stood there before.

    Parameters
    ----------
    annotation_id, step_id : int
        A step is what one undo takes back: a bulk has one for all its annotations.
    at_utc : str
        ISO 8601 with milliseconds.
    reader_id : int
    reading_id : int or None
        A reading of its own, apart from what others say; None for the common one.
    marked_id : int
        The cell, whatever label later segmentations give it.
    seen : SeenCell
        The cell as it was then; in an undo or redo as it was when the person spoke.
    before, word : Word or None
        What stood there, and what stands there now; None where nobody has said anything.
    undo_of_id : int or None
        The annotation that this one takes back.
    """

    annotation_id: int
    step_id: int
    at_utc: str
    reader_id: int
    reading_id: int | None
    marked_id: int
    seen: SeenCell
    before: Word | None
    word: Word | None
    undo_of_id: int | None = None

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> Annotation:
        """The annotation in a row of the table."""
        predicted = None
        # Once, no model was written down as one without a name.
        if row["model_id"]:
            word = _word(row["predicted_taxonomy"], row["predicted_word"])
            predicted = Predicted(word, row["model_id"], row["confidence"])
        centroid = (row["y_px"], row["x_px"])
        return cls(
            row["id"],
            row["step_id"],
            row["at_utc"],
            row["reader_id"],
            row["reading_id"],
            row["marked_id"],
            SeenCell(row["field_id"], row["label"], centroid, row["crop"], predicted),
            _word(row["from_taxonomy"], row["from_word"]),
            _word(row["to_taxonomy"], row["to_word"]),
            row["undo_of_id"],
        )


class AnnotationRows(Sequence[Annotation]):
    """Annotations that are made of their rows one by one, as they are asked for.

    A thousand at once are ten thousand objects: the garbage collector goes through all of the
    program for as many, and whoever undoes a bulk waits for it.

    Parameters
    ----------
    rows : sequence of sqlite3.Row
        Of the table.
    """

    def __init__(self, rows: Sequence[sqlite3.Row] = ()):
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, n: int) -> Annotation:
        return Annotation.of_row(self._rows[n])


def _word(taxonomy: str | None, name: str | None) -> Word | None:
    return None if name is None else Word(taxonomy or "", name)
