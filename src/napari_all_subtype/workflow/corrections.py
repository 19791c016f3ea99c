"""Masks changed by a person: only the cells they touch are measured and classified again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.crops import crop_cells
from napari_all_subtype.cells.edit import Edit, joined
from napari_all_subtype.cells.edits import region_of
from napari_all_subtype.cells.morphology import measure_some
from napari_all_subtype.cells.plausible import CELL_FLAGS, cell_flags, without_nucleus
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.taxonomy import UNKNOWN
from napari_all_subtype.workflow.fab_evidence import with_fab, without_fab
from napari_all_subtype.workflow.said import said_of, undecided

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.model.classifier import Classifier

SAID = ("subtype", "best_guess")
# Columns that a crop is cut by.
_CUT = ("label", "area_px", *table.BOX)


def corrected(
    analysis: Analysis, edit: Edit, source: ImageSource, classifier: Classifier
) -> Analysis:
    """`analysis` after `edit`: its masks, in place, and the rows of the cells it touched.

    Parameters
    ----------
    source : ImageSource
        The field.
    classifier : Classifier
        The model of the analysis.

    Raises
    ------
    EditError
        If the edit was not made on these masks.

    Examples
    --------
    >>> from napari_all_subtype.cells.edits import delete
    >>> edit = delete(analysis.masks, analysis.cells, 3)  # doctest: +SKIP
    >>> analysis = corrected(analysis, edit, source, classifier)  # doctest: +SKIP
    """
    edit.apply_to(analysis.masks)
    analysis = with_cells(analysis, remeasured(analysis, edit))
    analysis = replace(analysis, edits=analysis.edits + 1)
    labels = list(edit.remaining)
    crops = crops_of(analysis, labels, source, classifier.crop_spec)
    doubt = analysis.pixel_size.relative_uncertainty
    said = said_of(crops, classifier, analysis.parameters, um_uncertainty=doubt)
    analysis = classified(analysis, said.set_axis(labels, axis=0))
    return with_evidence(analysis, source, labels)


def remeasured(analysis: Analysis, edit: Edit) -> pd.DataFrame:
    """Cell table after `edit`: touched rows anew, all others as they are.

    A cell that exists since the edit is *unknown* until it is classified; one that
    has only another outline keeps its words until then. Columns that are not
    measured stay: what a person said of a cell outlives its outline.

    Parameters
    ----------
    analysis : Analysis
        Its masks as they are after the edit, its table as it was before.
    """
    import pandas as pd

    masks, cells = analysis.masks, analysis.cells
    boxes = [region_of(cells, label, masks) for label in edit.changed]
    region = joined(edit.region, *boxes)
    rows = measure_some(masks, edit.remaining, region, analysis.pixel_size.um_per_px)
    cells = without_fab(
        table.without(cells, edit.deleted),
        [label for label in edit.remaining if label < len(cells)],
    )
    cells = table.with_rows(cells, rows)
    nothing = pd.DataFrame(dict.fromkeys(SAID, UNKNOWN.name), index=list(edit.added))
    return table.with_rows(cells, nothing) if edit.added else cells


def classified(analysis: Analysis, said: pd.DataFrame) -> Analysis:
    """`analysis` with what the model says of some cells; without a nucleus, one is *unknown*.

    Parameters
    ----------
    said : pandas.DataFrame
        See :func:`napari_all_subtype.workflow.analyse.predictions`; the labels are its index.
    """
    cells = table.with_rows(analysis.cells, said)
    bare = [label for label in without_nucleus(cells) if label in said.index]
    return with_cells(analysis, undecided(cells, bare, analysis.taxonomy))


def with_evidence(analysis: Analysis, source: ImageSource, labels: Sequence[int]) -> Analysis:
    """`analysis` with the FAB evidence of those of `labels` that are blasts, measured anew.

    Parameters
    ----------
    source : ImageSource
        The field.
    """
    cells = with_fab(
        analysis.cells,
        source,
        analysis.masks,
        analysis.pixel_size,
        analysis.parameters.fab,
        analysis.taxonomy,
        labels,
        ruler=analysis.ruler,
    )
    return with_cells(analysis, cells)


def unclassified(analysis: Analysis, labels: Sequence[int]) -> Analysis:
    """`analysis` with the cells `labels` *unknown*: the model could not be asked."""
    return with_cells(analysis, undecided(analysis.cells, labels, analysis.taxonomy))


def crops_of(
    analysis: Analysis, labels: Sequence[int], source: ImageSource, spec: CropSpec
) -> np.ndarray:
    """Crops of the cells `labels`, in this order: ndarray, shape (N, S, S, 3), uint8."""
    rows = table.rows_with(analysis.cells, labels, _CUT)
    return crop_cells(source, analysis.masks, rows, analysis.pixel_size.um_per_px, spec)


def with_cells(analysis: Analysis, cells: pd.DataFrame) -> Analysis:
    """`analysis` with another cell table; the flags that are of cells follow."""
    flags = tuple(flag for flag in analysis.flags if flag not in CELL_FLAGS)
    return replace(analysis, cells=cells, flags=(*flags, *cell_flags(cells)))
