"""Analyses that travel between processes and wait in memory with their masks compressed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.edit import Edit
from napari_all_subtype.cells.masks import CellMasks

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.cells.fab import Ruler
    from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.word_counts import WordCounts


@dataclass(frozen=True, eq=False)
class PackedMask:
    """An integer mask, zstd-compressed: cell masks shrink about a hundredfold.

    Each is itself alone: results are known by theirs, and two fields without cells have the same.

    Parameters
    ----------
    shape : tuple of int
        (Y, X).
    content : bytes
        Compressed int32 pixels in C order.
    """

    shape: tuple[int, int]
    content: bytes

    @classmethod
    def of(cls, mask: np.ndarray) -> PackedMask:
        """`mask`, shape (Y, X), as int32, compressed."""
        pixels = np.ascontiguousarray(mask, np.int32)
        return cls(pixels.shape, imagecodecs.zstd_encode(pixels, level=1))

    def unpack(self) -> np.ndarray:
        """The mask again: ndarray, shape (Y, X), int32."""
        out = np.empty(self.shape, np.int32)
        # The decoder writes into bytes of one dimension; the copy through bytes is saved.
        imagecodecs.zstd_decode(self.content, out=out.reshape(-1).view(np.uint8))
        return out


@dataclass(frozen=True)
class PackedAnalysis:
    """An Analysis whose masks are compressed; its table and words are as they were.

    Parameters
    ----------
    analysis : Analysis
        Without masks; its table is that after all edits.
    labels, nuclei : PackedMask
        As they were found.
    edits : tuple of Edit
        What a person changed in them since, in order; undoing added its reverse.
    """

    analysis: Analysis
    labels: PackedMask
    nuclei: PackedMask
    edits: tuple[Edit, ...] = ()

    @classmethod
    def of(cls, analysis: Analysis) -> PackedAnalysis:
        """`analysis`, packed."""
        masks, none = analysis.masks, np.zeros((0, 0), np.int32)
        return cls(
            replace(analysis, masks=CellMasks(none, none)),
            PackedMask.of(masks.labels),
            PackedMask.of(masks.nuclei),
        )

    def flagged(self, flags: tuple[str, ...]) -> PackedAnalysis:
        """The same with `flags` after its own."""
        more = replace(self.analysis, flags=(*self.analysis.flags, *flags))
        return replace(self, analysis=more)

    def compared(self, ruler: Ruler, rows: pd.DataFrame) -> PackedAnalysis:
        """The same with its blasts compared with the ruler of the smear.

        Parameters
        ----------
        rows : pandas.DataFrame
            Their FAB evidence then, as it is without any edit; the labels are its index.
        """
        from napari_all_subtype.cells import table
        from napari_all_subtype.workflow.fab_evidence import compared_with

        cells = table.with_rows(self.analysis.cells, rows)
        if self.analysis.edits:
            # A person was faster: cells are others by now.
            cells = compared_with(self.analysis.cells, ruler, self.analysis.parameters.fab)
        return replace(self, analysis=replace(self.analysis, cells=cells, ruler=ruler))

    def in_classes(self, taxonomy: Taxonomy) -> PackedAnalysis:
        """The same cells, of which nothing is said in `taxonomy`, which is none of the model's."""
        from napari_all_subtype.workflow.found_only import found_only

        return replace(self, analysis=found_only(self.analysis, taxonomy))

    def there(self, labels: Iterable[int]) -> set[int]:
        """Those of `labels` that are cells."""
        area_px = self.analysis.cells["area_px"].to_numpy()
        return {one for one in labels if 0 < one < len(area_px) and area_px[one] > 0}

    def unpack(self) -> Analysis:
        """The analysis with its masks, edits included."""
        masks = CellMasks(self.labels.unpack(), self.nuclei.unpack())
        for edit in self.edits:
            edit.apply_to(masks)
        return replace(self.analysis, masks=masks)

    @cached_property
    def counts(self) -> WordCounts:
        """How often each word counts among its cells."""
        return WordCounts.of(self.analysis.cells)

    def called(self, words: Mapping[int, str]) -> PackedAnalysis:
        """The same in which a person says `words` of some labels; an empty one takes a word back.

        Its counts follow from those of this one: they are not counted anew for every key.
        """
        before = self.analysis.cells
        cells = table.annotated(before, words)
        result = self.edited((), replace(self.analysis, cells=cells))
        vars(result)["counts"] = self.counts.after(before, cells, words)
        return result

    def edited(self, edits: tuple[Edit, ...], analysis: Analysis) -> PackedAnalysis:
        """The same after some more `edits`, with the table and the flags of `analysis`."""
        none = np.zeros((0, 0), np.int32)
        # Those that were made before it was packed are not among `self.edits`.
        count = self.analysis.edits + len(edits)
        without_masks = replace(analysis, masks=CellMasks(none, none), edits=count)
        return replace(self, analysis=without_masks, edits=(*self.edits, *edits))
