"""The FAB criteria of blasts: measured, scored, and said in words."""

from __future__ import annotations

from napari_all_subtype.cells.fab.measure import measure_fab, measure_fab_alone
from napari_all_subtype.cells.fab.reasons import Reason, fab_reasons, in_words, reasons_in_words
from napari_all_subtype.cells.fab.ruler import (
    Ruler,
    lymphocyte_ruler,
    ruler_by_scale,
    ruler_of,
    with_ruler,
)
from napari_all_subtype.cells.fab.scores import SCORES, fab_scores, memberships

__all__ = [
    "SCORES",
    "Reason",
    "Ruler",
    "fab_reasons",
    "fab_scores",
    "in_words",
    "lymphocyte_ruler",
    "measure_fab",
    "measure_fab_alone",
    "memberships",
    "reasons_in_words",
    "ruler_by_scale",
    "ruler_of",
    "with_ruler",
]
