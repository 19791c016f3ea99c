"""What the crops teach, how often each is drawn and in which sizes it is shown."""

from __future__ import annotations

import numpy as np
from bundled_data import PATTERNS, SPEC, SUBTYPES, Cells

from napari_all_subtype.model.fitting import TrainingCrops, sets_of
from napari_all_subtype.model.novelty import outlines_of
from napari_all_subtype.model.parameters import AugmentationParameters

# Blasts are 11 to 20 um wide (FAB: "large" is twice a small lymphocyte of 8-10 um; myeloblasts
# 15-20), those of a laboratory all of one sort: they are shown in the sizes of all. No cell is
# resized by more than this.
BLAST_UM = (11.0, 20.0)
MOST_RESIZED = (0.75, 1.4)
OTHERS_RESIZED = (0.89, 1.12)  # about the error of a pixel size
# Shares of the draws.
NORMAL_ONLY = 0.2
SIMULATED = 0.1
BY_RULE = 0.1

SHARES = {
    "BLAST_UM": BLAST_UM,
    "MOST_RESIZED": MOST_RESIZED,
    "OTHERS_RESIZED": OTHERS_RESIZED,
    "NORMAL_ONLY": NORMAL_ONLY,
    "SIMULATED": SIMULATED,
    "BY_RULE": BY_RULE,
}


def training_crops(cells: Cells) -> TrainingCrops:
    """What `cells` teach, drawn so that no laboratory and no side drowns the others.

    A laboratory with blasts and normal cells shows both equally often; its share
    grows with the square root of its cells. Those with normal cells only
    share NORMAL_ONLY of the draws. Simulated cells take SIMULATED of them, blasts named
    by the FAB rules BY_RULE.
    """
    cells = cells.at((cells.teaching | cells.by_rule | cells.simulated) & cells.found)
    words = np.where(cells.word == "undetermined", "blast", cells.word)
    allowed, considered = sets_of(words, cells.simulated | cells.by_rule)
    chances, zooms, swaps = _chances(cells), _zooms(cells), _stain_swaps(cells)
    return TrainingCrops(cells.crops, allowed, considered, chances, cells.laboratory, zooms, swaps)


def diameters_um(crops: np.ndarray) -> np.ndarray:
    """Diameter of the disc of a cell's area, by the plane of outlines: ndarray, shape (N,)."""
    area_px = outlines_of(crops)[0].sum(axis=(1, 2))
    return 2 * np.sqrt(area_px / np.pi) * SPEC.um_per_px


def _zooms(cells: Cells) -> np.ndarray:
    """Factors of size in which each cell is shown: ndarray, shape (N, 2).

    The FAB rules name a blast by its size too: such a one keeps it. Where no outline says how
    large a blast is, it is shown as all others are: else size would tell the class.
    """
    zooms = np.tile(OTHERS_RESIZED, (len(cells.word), 1))
    sizes = diameters_um(cells.crops)
    blasts = (cells.word == "blast") & ~cells.simulated & (sizes > 0)
    to_range = np.array(BLAST_UM) / sizes[blasts, None]
    zooms[blasts] = np.clip(to_range, *MOST_RESIZED)
    zooms[cells.by_rule] = 1.0
    return zooms


def _stain_swaps(cells: Cells) -> np.ndarray:
    """How often each cell is recoloured like another laboratory's: ndarray, shape (N,).

    A simulated cell has no stain worth keeping; what the FAB rules named by its colours keeps
    them.
    """
    swaps = np.full(len(cells.word), AugmentationParameters().stain_swap_fraction)
    swaps[cells.simulated] = 1.0
    swaps[cells.by_rule] = 0.0
    return swaps


def _chances(cells: Cells) -> np.ndarray:
    chance = np.zeros(len(cells.word))
    both, single = {}, {}
    for name in np.unique(cells.laboratory[cells.teaching]):
        rows = cells.teaching & (cells.laboratory == name)
        kind = both if (rows & (cells.word == "blast")).any() else single
        kind[name] = np.sqrt(rows.sum())
    share = NORMAL_ONLY if single else 0.0
    for kinds, total in ((both, 1 - SIMULATED - BY_RULE - share), (single, share)):
        for name, weight in kinds.items():
            of_it = cells.teaching & (cells.laboratory == name)
            words = np.unique(cells.word[of_it])
            for word in words:
                rows = of_it & (cells.word == word)
                chance[rows] = total * weight / sum(kinds.values()) / len(words) / rows.sum()
    named = (cells.simulated, SUBTYPES, SIMULATED), (cells.by_rule, PATTERNS, BY_RULE)
    for those, words, total in named:
        there = np.intersect1d(words, cells.word[those])
        for word in there:
            rows = those & (cells.word == word)
            chance[rows] = total / len(there) / rows.sum()
    return chance / chance.sum()
