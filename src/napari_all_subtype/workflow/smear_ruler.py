"""One ruler for the blasts of a smear: its tables are compared with it once all are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from napari_all_subtype.cells.fab import Ruler, lymphocyte_ruler, ruler_by_scale
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.fab_evidence import compared_with
from napari_all_subtype.workflow.field_cells import FieldCells


def compared_in_smear(
    fields: Sequence[FieldCells], repeated: Sequence[FieldCells] = ()
) -> list[FieldCells]:
    """`fields`, then `repeated`, their blasts compared with the one ruler of their smear.

    Single fields rarely show ten small lymphocytes, and a smear of which one field is compared
    with its own cells and the next with micrometres has two sizes for the same blast. A field
    alone stays as it is. Nothing but tables is needed.

    Parameters
    ----------
    fields : sequence of FieldCells
        Of one smear.
    repeated : sequence of FieldCells
        Those that show again what others show: their cells are no second lymphocytes.
    """
    import pandas as pd

    every = [*fields, *repeated]
    if len(fields) < 2 or any(field.taxonomy != FAB5 for field in every):
        return every
    p = fields[0].fab
    cells = pd.concat([field.leukocytes for field in fields], ignore_index=True)
    shared = lymphocyte_ruler(cells, p)
    return [_compared(field, shared) for field in every]


def _compared(field: FieldCells, shared: Ruler | None) -> FieldCells:
    if shared is None and field.pixel_size is None:
        return field
    ruler = shared or ruler_by_scale(field.pixel_size, field.fab)
    return replace(field, cells=compared_with(field.cells, ruler, field.fab), ruler=ruler)


def rulers_in_words(rulers: Sequence[Ruler]) -> str:
    """What the blasts of the fields of a smear are compared with.

    Examples
    --------
    >>> by_cells = Ruler("red cells", 10.0, 0.61, 0, 0.15)
    >>> rulers_in_words([by_cells, by_cells])
    'sizes beside a usual small lymphocyte (10.0 µm by the red cells, N:C 0.61)'
    >>> own = [Ruler("small lymphocytes", size, 0.6, 12, 0.02) for size in (9.0, 9.5)]
    >>> rulers_in_words([by_cells, *own])
    'sizes beside another ruler in each field (small lymphocytes 2, red cells 1)'
    """
    texts = Counter(ruler.text for ruler in rulers)
    if not texts:
        return ""
    if len(texts) == 1:
        return f"sizes beside {next(iter(texts))}"
    kinds = Counter(ruler.kind for ruler in rulers)
    if len(texts) == len(kinds) == 2:
        told = [f"{text} in {n} field{'s' * (n > 1)}" for text, n in texts.most_common()]
        return f"sizes beside {', and '.join(told)}"
    told = ", ".join(f"{kind} {n}" for kind, n in kinds.most_common())
    return f"sizes beside another ruler in each field ({told})"
