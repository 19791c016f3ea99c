"""What counting needs of the analysis of one field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.fab import Ruler, lymphocyte_ruler
from napari_all_subtype.cells.model_facts import FOUND_ONLY, NO_FACTS, ModelFacts
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import FabParameters, SmearScoreParameters
from napari_all_subtype.taxonomy import EXCLUSIONS, Taxonomy
from napari_all_subtype.workflow.blank_rate import MEASURED_THRESHOLD
from napari_all_subtype.workflow.scale_check import scale_warning

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FieldCells:
    """What a summary needs of a field; the masks can be let go.

    Parameters
    ----------
    name : str
        Of the field.
    cells : pandas.DataFrame
        Its present cells.
    flags : tuple of str
        Its quality flags.
    um_relative_uncertainty : float
        Of its pixel size, 0–1.
    taxonomy : Taxonomy
        Of the model that spoke.
    scale_assumed : bool
        Whether nothing gave its pixel size.
    segmenter : str
        What found them.
    fab, smear_score : FabParameters, SmearScoreParameters
        Cuts of the smear score.
    facts : ModelFacts
        What the model states of itself.
    blast_threshold : float
        At which the cells were decided, 0–1.
    scale_warning : str
        What is amiss with its scale; empty where nothing is.
    pixel_size : PixelSize or None
        That scale; None where it is not known.
    ruler : Ruler or None
        Of its smear; None where the field was compared with its own cells, or its scale.
    asked : bool
        Whether a model was to judge its cells: not where they were found only, or where what a
        model said was left out.
    """

    name: str
    cells: pd.DataFrame
    flags: tuple[str, ...]
    um_relative_uncertainty: float
    taxonomy: Taxonomy
    scale_assumed: bool = False
    segmenter: str = ""
    fab: FabParameters = FabParameters()
    smear_score: SmearScoreParameters = SmearScoreParameters()
    facts: ModelFacts = NO_FACTS
    blast_threshold: float = MEASURED_THRESHOLD
    scale_warning: str = ""
    pixel_size: PixelSize | None = None
    ruler: Ruler | None = None
    asked: bool = True

    @cached_property
    def leukocytes(self) -> pd.DataFrame:
        """Its present cells without those that a person says are no leukocytes."""
        excluded = table.annotations(self.cells).isin([one.name for one in EXCLUSIONS])
        return self.cells[~excluded]

    @cached_property
    def excluded(self) -> dict[str, int]:
        """How many a person says are something else, by exclusion; those there are."""
        said = table.annotations(self.cells)
        counts = {one.name: int((said == one.name).sum()) for one in EXCLUSIONS}
        return {name: count for name, count in counts.items() if count}

    @cached_property
    def n_reviewed(self) -> int:
        """Cells of which a person has said anything."""
        return int((table.annotations(self.cells) != "").sum())

    @cached_property
    def used_ruler(self) -> Ruler | None:
        """What its table compares blasts with, as the table itself tells; None without any."""
        rows = self.leukocytes
        if "fab_ruler" not in rows:
            return None
        rows = rows[rows["fab_ruler"].fillna("") != ""]
        if rows.empty:
            return None
        kind = rows["fab_ruler"].mode().iloc[0]
        known = self.ruler or lymphocyte_ruler(self.cells, self.fab)
        if known is not None and known.kind == kind:
            return known
        diameter = (rows["diameter_um"] / rows["fab_relative_diameter"]).median()
        nc = (rows["nc_ratio"] / rows["fab_relative_nc"]).median()
        if kind != "small lymphocytes":
            # Blasts that the border cuts were compared with nothing: the usual ones stand there.
            diameter = self.fab.small_lymphocyte_um if np.isnan(diameter) else diameter
            nc = self.fab.small_lymphocyte_nc if np.isnan(nc) else nc
        return Ruler(kind, float(diameter), float(nc), 0, self.um_relative_uncertainty)

    @classmethod
    def of(cls, analysis: Analysis) -> FieldCells:
        """The part of `analysis` that is counted."""
        return cls(
            analysis.name,
            table.present(analysis.cells),
            analysis.flags,
            analysis.pixel_size.relative_uncertainty,
            analysis.taxonomy,
            analysis.pixel_size.origin == "assumed",
            analysis.segmenter,
            analysis.parameters.fab,
            analysis.parameters.smear_score,
            analysis.facts,
            analysis.parameters.decision.blast_threshold,
            scale_warning(analysis.pixel_size, analysis.facts.um_per_px),
            analysis.pixel_size,
            analysis.ruler,
            analysis.model not in ("", FOUND_ONLY),
        )
