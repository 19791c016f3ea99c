"""FAB criteria of simulated cells rank as the parameters they were drawn with.

On true masks, in sharp pictures; what blur and coarse chromatin cost is no matter of a test
but of figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.fab import Ruler, measure_fab
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.simulate import OpticsParameters, simulate_cells
from napari_all_subtype.simulate.traits import Traits

SHARP = OpticsParameters(blur_um=0.06, defocus_um=0.0, aberration_px=0.0, noise=1.0)
RULER = Ruler("micrometres", 10.0, 0.61, 0, 0.0)
MIN_RANK_CORRELATION = 0.9


def measured(kinds: tuple[str, ...], change: Callable, count=24) -> pd.DataFrame:
    """Measures and truth of `count` cells of each kind, their traits spread by `change`."""
    rows = []
    for kind in kinds:
        for one in simulate_cells(count, kind, 31, optics=SHARP, change=change):
            cells = measure(one.masks, one.um_per_px)
            source = ArraySource(one.pixels)
            row = measure_fab(source, one.masks, cells, [1], one.um_per_px, RULER).loc[1]
            rows.append(row.to_dict() | one.truth.iloc[0].add_prefix("true_").to_dict())
    return pd.DataFrame(rows)


def with_nc(traits: Traits, rng: np.random.Generator) -> Traits:
    return replace(traits, nc_ratio=rng.uniform(0.45, 0.91))


def with_outline(traits: Traits, rng: np.random.Generator) -> Traits:
    return replace(traits, clefts=int(rng.integers(3)), nucleus_irregularity=rng.uniform(0.0, 0.18))


def with_nucleoli(traits: Traits, rng: np.random.Generator) -> Traits:
    spread = {"nucleoli": int(rng.integers(4)), "nucleolus_um": rng.uniform(0.9, 3.0)}
    return replace(traits, chromatin=0.06, vacuoles=0, **spread)


def with_vacuoles(traits: Traits, rng: np.random.Generator) -> Traits:
    return replace(traits, vacuoles=int(rng.integers(21)), chromatin=0.1, nucleoli=0)


@pytest.mark.parametrize(
    ("kinds", "change", "column", "truth"),
    [
        (("l1", "l2", "l3"), with_nc, "nc_ratio", "nc_ratio"),
        (("l1", "blast", "l2"), with_outline, "nucleus_solidity", "solidity"),
        (
            ("l1", "blast", "l2"),
            with_nucleoli,
            "fab_nucleoli_fraction",
            "nucleolus_area_fraction",
        ),
        (("l3", "blast"), with_vacuoles, "fab_vacuoles", "vacuole_count"),
    ],
    ids=["N:C ratio", "solidity", "nucleolus area", "vacuoles"],
)
def test_measure_ranks_cells_as_they_were_drawn(kinds, change, column, truth):
    cells = measured(kinds, change)
    assert cells[column].corr(cells[f"true_{truth}"], "spearman") >= MIN_RANK_CORRELATION
