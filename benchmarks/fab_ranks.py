"""How well FAB measures rank simulated cells, and how blur and noise take it from them.

make figures-fab      -> docs/figures/fab.md and fab.json, about three minutes

The same cells in every picture, with masks as drawn and as the segmentation finds them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from development_images import REPOSITORY
from scipy.stats import rankdata

from napari_all_subtype.cells.fab import Ruler, measure_fab
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.simulate import OpticsParameters, SimulatedSmear, simulate_cells
from napari_all_subtype.simulate.traits import Traits

RULER = Ruler("micrometres", 10.0, 0.61, 0, 0.0)
ASKED = 0.9
SEED, EACH, RESAMPLES = 31, 24, 500
SAME_CELL_IOU = 0.5
DRAWN, FOUND = "masks as drawn", "masks as the segmentation finds them"
SHARP = OpticsParameters(blur_um=0.06, defocus_um=0.0, aberration_px=0.0, noise=1.0)


def _blurred(um: float) -> OpticsParameters:
    return SHARP.model_copy(update={"blur_um": um})


def _noisy(levels: float) -> OpticsParameters:
    return SHARP.model_copy(update={"noise": levels})


PICTURES = {
    "sharp: blur 0.06 µm, noise 1": SHARP,
    "as a smear is drawn: blur 0.11 to 0.13 µm, noise 1.6": OpticsParameters(),
    "blur 0.2 µm": _blurred(0.2),
    "blur 0.3 µm": _blurred(0.3),
    "blur 0.5 µm": _blurred(0.5),
    "noise 4 of 255": _noisy(4.0),
    "noise 8 of 255": _noisy(8.0),
    "blur 0.3 µm and noise 4": _blurred(0.3).model_copy(update={"noise": 4.0}),
}


@dataclass(frozen=True)
class Spread:
    """One measure, and the cells over whose range it is judged.

    Parameters
    ----------
    kinds : tuple of str
        Of the simulator.
    change : callable
        Spreads the trait over its range.
    measure, truth : str
        Column measured, and that of what was drawn.
    """

    kinds: tuple[str, ...]
    change: Callable[[Traits, np.random.Generator], Traits]
    measure: str
    truth: str


def with_nc(traits: Traits, rng: np.random.Generator) -> Traits:
    """N:C ratios of all blasts."""
    return replace(traits, nc_ratio=rng.uniform(0.45, 0.91))


def with_outline(traits: Traits, rng: np.random.Generator) -> Traits:
    """Nuclei from round to cleft."""
    return replace(traits, clefts=int(rng.integers(3)), nucleus_irregularity=rng.uniform(0.0, 0.18))


def with_nucleoli(traits: Traits, rng: np.random.Generator) -> Traits:
    """None to three nucleoli, in fine chromatin."""
    spread = {"nucleoli": int(rng.integers(4)), "nucleolus_um": rng.uniform(0.9, 3.0)}
    return replace(traits, chromatin=0.06, vacuoles=0, **spread)


def with_nucleoli_in_coarse_chromatin(traits: Traits, rng: np.random.Generator) -> Traits:
    """The same in chromatin as the kind has it, to which they are harder to see."""
    return replace(with_nucleoli(traits, rng), chromatin=traits.chromatin)


def with_vacuoles(traits: Traits, rng: np.random.Generator) -> Traits:
    """None to twenty vacuoles."""
    return replace(traits, vacuoles=int(rng.integers(21)), chromatin=0.1, nucleoli=0)


_LYMPHOID = ("l1", "blast", "l2")
_NUCLEOLI = ("fab_nucleoli_fraction", "nucleolus_area_fraction")
SPREADS = {
    "N:C ratio": Spread(("l1", "l2", "l3"), with_nc, "nc_ratio", "nc_ratio"),
    "solidity": Spread(_LYMPHOID, with_outline, "nucleus_solidity", "solidity"),
    "nucleolus area": Spread(_LYMPHOID, with_nucleoli, *_NUCLEOLI),
    "nucleolus area, chromatin not smoothed": Spread(
        _LYMPHOID, with_nucleoli_in_coarse_chromatin, *_NUCLEOLI
    ),
    "vacuole count": Spread(("l3", "blast"), with_vacuoles, "fab_vacuoles", "vacuole_count"),
}


def drawn_cells(spread: Spread, optics: OpticsParameters, each: int) -> list[SimulatedSmear]:
    """`each` cells of every kind, the same whatever the optics."""
    return [
        one
        for kind in spread.kinds
        for one in simulate_cells(each, kind, SEED, optics=optics, change=spread.change)
    ]


def measured(
    cells: list[SimulatedSmear], spread: Spread, masks_of: Callable = lambda one: one.masks
) -> pd.DataFrame:
    """Measure and truth of each cell: columns `measure`, NaN where it has no masks, and `truth`.

    Parameters
    ----------
    masks_of : callable
        A simulated cell to its masks, the cell with label 1, or None where it was not found; by
        default those that were drawn.
    """
    masks = [masks_of(one) for one in cells]
    values = [
        np.nan if found is None else _value(one, found, spread.measure)
        for one, found in zip(cells, masks, strict=True)
    ]
    return pd.DataFrame(
        {"measure": values, "truth": [one.truth.iloc[0][spread.truth] for one in cells]}
    )


def _value(one: SimulatedSmear, masks: CellMasks, column: str) -> float:
    cells = measure(masks, one.um_per_px)
    if column in cells:
        return float(cells.loc[1, column])
    source = ArraySource(one.pixels)
    found = measure_fab(source, masks, cells, [1], one.um_per_px, RULER)
    return float(found.loc[1, column])


def found_masks(one: SimulatedSmear) -> CellMasks | None:
    """Masks of the drawn cell as it is found, alone and with label 1; None if it is not."""
    masks = segment(ArraySource(one.pixels), one.um_per_px, workers=1)
    drawn = one.masks.labels == 1
    inside = masks.labels[drawn]
    if not inside.any():
        return None
    label = np.bincount(inside[inside > 0]).argmax()
    cell = masks.labels == label
    if (cell & drawn).sum() < SAME_CELL_IOU * (cell | drawn).sum():
        return None
    return CellMasks(cell.astype(np.int32), (masks.nuclei == label).astype(np.int32))


MASKS = {DRAWN: lambda one: one.masks, FOUND: found_masks}


def rank_correlation(table: pd.DataFrame) -> dict[str, float]:
    """Spearman's of measure and truth with its 95 % interval by bootstrap, and how many cells."""
    told = table.dropna().to_numpy(float)
    rng = np.random.default_rng(0)
    draws = [_spearman(told[rng.integers(len(told), size=len(told))]) for _ in range(RESAMPLES)]
    low, high = np.percentile(draws, [2.5, 97.5])
    found = {"value": _spearman(told), "low": low, "high": high}
    rounded = {name: round(float(number), 3) for name, number in found.items()}
    return rounded | {"cells": len(told), "drawn": len(table)}


def _spearman(pairs: np.ndarray) -> float:
    """Rank correlation of two columns; 0 where one is the same for all, and ranks nothing."""
    if (pairs == pairs[0]).all(axis=0).any():
        return 0.0
    return float(np.corrcoef(rankdata(pairs, axis=0), rowvar=False)[0, 1])


def ranks(each: int) -> list[dict]:
    """One row for each picture and kind of masks: the correlation of each measure."""
    rows = {}
    for picture, optics in PICTURES.items():
        for name, spread in SPREADS.items():
            cells = drawn_cells(spread, optics, each)
            for masks, masks_of in MASKS.items():
                row = rows.setdefault((masks, picture), {"masks": masks, "picture": picture})
                row[name] = rank_correlation(measured(cells, spread, masks_of))
        print(picture, flush=True)
    return [rows[masks, picture] for masks in MASKS for picture in PICTURES]


def main() -> None:
    """Measure and write both files."""
    from fab_ranks_page import page_of

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=EACH, help="cells of each kind")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "figures")
    arguments = parser.parse_args()
    report = {
        "date": date.today().isoformat(),
        "seed": SEED,
        "each": arguments.each,
        "asked": ASKED,
    }
    report["measures"] = list(SPREADS)
    report["rows"] = ranks(arguments.each)
    (arguments.out / "fab.json").write_text(json.dumps(report, indent=1) + "\n")
    (arguments.out / "fab.md").write_text(page_of(report))
    print(page_of(report))


if __name__ == "__main__":
    main()
