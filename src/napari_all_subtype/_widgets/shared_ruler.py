"""The blasts of a folder of fields beside one ruler: what the child tells once all are done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_all_subtype._widgets.messages import FieldCompared, FieldDone

if TYPE_CHECKING:
    from napari_all_subtype.workflow.field_cells import FieldCells


def without_masks(done: FieldDone) -> tuple[FieldDone, FieldCells]:
    """Its message without the result, and the cells of that: light enough to wait for the rest."""
    from napari_all_subtype.workflow.field_cells import FieldCells

    return replace(done, result=None), FieldCells.of(done.result.analysis)


def compared(found: Sequence[tuple[FieldDone, FieldCells]]) -> Iterator[FieldCompared]:
    """What each field is to be told, with the numbers that a batch writes; nothing of one alone.

    Parameters
    ----------
    found : sequence of (FieldDone, FieldCells)
        Every field that has a result.
    """
    from napari_all_subtype.workflow.fab_evidence import FAB_COLUMNS
    from napari_all_subtype.workflow.smear_ruler import compared_in_smear

    # Those that repeat a picture last.
    found = sorted(found, key=lambda one: bool(one[0].same_as))
    counted = [cells for done, cells in found if not done.same_as]
    repeated = [cells for done, cells in found if done.same_as]
    fields = compared_in_smear(counted, repeated)
    for (done, _), field in zip(found, fields, strict=True):
        if field.ruler is not None:
            rows = field.cells[field.cells["fab_ruler"] != ""]
            yield FieldCompared(done.field, field.ruler, rows[list(FAB_COLUMNS)])
