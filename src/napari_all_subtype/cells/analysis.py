"""An Analysis: the cells of one field, their measurements and what was said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.model_facts import NO_FACTS, ModelFacts
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.taxonomy import FAB5, Taxonomy

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.cells.fab.ruler import Ruler


@dataclass(frozen=True)
class Analysis:
    """The result for one field.

    Parameters
    ----------
    name : str
        Name of the input, without its folder.
    masks : CellMasks
        Cells and nuclei, shape (Y, X).
    cells : pandas.DataFrame
        Row k is label k; row 0 is the background and deleted cells are rows
        without values. See :data:`napari_all_subtype.cells.table.COLUMNS`.
    pixel_size : PixelSize
        Micrometres per pixel with origin and uncertainty.
    flags : tuple of str
        Quality flags: ``blur``, ``scale uncertain``, ``no white cell found``,
        ``cells of implausible size``, ``cells without a nucleus``, ``nuclei outside
        their cells``, ``cells renumbered``, ``overlaps <field>``.
    model : str
        Id and version of the model.
    device : str
        Where the model ran, ``CPU`` or ``GPU`` with its name.
    parameters : AnalysisParameters
        All that was set.
    history : tuple of str
        What was done to the pixels on reading, and to masks that were given.
    seconds : dict of str to float
        Time per stage in seconds.
    segmenter : str
        What found the cells, with its version.
    edits : int
        How often a person changed the masks since; undoing counts as well.
    facts : ModelFacts
        What the model states of itself.
    ruler : Ruler or None
        Of the smear, with which its blasts are compared; None where the field alone is known:
        then it is the best that its own cells allow.
    """

    name: str
    masks: CellMasks
    cells: pd.DataFrame
    pixel_size: PixelSize
    flags: tuple[str, ...]
    model: str
    device: str
    parameters: AnalysisParameters
    taxonomy: Taxonomy = FAB5
    history: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    segmenter: str = ""
    edits: int = 0
    facts: ModelFacts = NO_FACTS
    ruler: Ruler | None = None

    @property
    def count(self) -> int:
        """Number of cells; the largest label may be greater, as numbers may have gaps."""
        return len(table.present(self.cells))
