"""What becomes of each image of a batch: a result, or an error in one line."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from napari_all_subtype.errors import describe_error
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.summarise import FieldCells, Summary

log = logging.getLogger(__name__)

IMAGES = "images"


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Parameters
    ----------
    field : Field
        The image.
    cells : FieldCells or None
        Its cells; None if it failed.
    error : str
        Why it failed, in one line without any folder; empty if it did not.
    same_as : str
        Name of an earlier field of the smear with the same pixels: the smear
        counts those once.
    cell_found : bool
        Whether the image of one cell shows one; always so for a field.
    """

    field: Field
    cells: FieldCells | None = None
    error: str = ""
    same_as: str = ""
    cell_found: bool = True


@dataclass(frozen=True)
class BatchResult:
    """What became of a run.

    Parameters
    ----------
    outcomes : tuple of Outcome
        One per image, in the order of the inputs.
    smears : tuple of Summary
        One per smear of which anything worked.
    left_over : tuple of str
        Result folders of an earlier run that stand beside those of this one.
    notes : tuple of str
        What is to be said of the run as a whole: whence scales came, an unseen stain.
    warnings : tuple of str
        What makes the results doubtful and a person can mend: an assumed scale.
    subtype_note : str
        What scores of subtypes are; empty where the model gives none, or no classes were said.
    """

    outcomes: tuple[Outcome, ...]
    smears: tuple[Summary, ...]
    left_over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    subtype_note: str = ""

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Outcomes without a result."""
        return tuple(outcome for outcome in self.outcomes if outcome.error)


def failure_of(field: Field, error: Exception) -> Outcome:
    """The error in one line that names the image as outputs do, and no folder."""
    text = describe_error(error)
    path = field.path
    told = [os.path.realpath(path), str(path.absolute()), str(path), path.name, path.stem]
    if path.name == field.name:
        told = told[:3]
    for name in told:
        # The message has had its blanks, quotes and line ends put in order.
        for form in (name, " ".join(name.split()), repr(name)[1:-1]):
            text = text.replace(form, field.name) if form else text
    log.warning("%s", text)
    if path.name == field.name:
        # A traceback holds the name; under a pseudonym the sentence must do.
        log.debug("where it happened", exc_info=error)
    return Outcome(field, error=text)
