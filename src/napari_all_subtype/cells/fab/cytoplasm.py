"""What the cytoplasm shows: how basophilic it is, and vacuoles, over the nucleus as well."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.fab.blobs import Spots, pale_spots
from napari_all_subtype.cells.fab.window import CellWindow, box_of, inner_nucleus
from napari_all_subtype.config import FabParameters

# Left out along the edge of the cell and around the nucleus, where colours are blurred.
_RIM_UM, _GAP_UM = 0.5, 0.4
_GREEN_SHARE = 0.5
# The same for vacuoles, which are small.
_VACUOLE_RIM_UM = 0.25
_MIN_REGION_UM2 = 2.0
# What is paler than this part of the cytoplasm, over squares of twice this reach, is glass.
_GLASS_FRACTION, _GLASS_UM = 0.5, 0.6
# In spreads of the texture, beyond what chance gives: less than nothing, for where there are
# vacuoles there are many, and they spread the texture themselves.
_MARGIN = -0.5
_RED, _RED_AND_GREEN = (1.0, 0.0, 0.0), (0.5, 0.5, 0.0)


def cytoplasm_of(
    window: CellWindow, rim_um: float = _RIM_UM, gap_um: float = _GAP_UM
) -> np.ndarray:
    """Cytoplasm without its blurred edges: ndarray, shape (Y, X), bool.

    Glass within an outline that reaches too far is none; a vacuole still is.
    """
    where = (window.cell_depth_um > rim_um) & (window.nucleus_distance_um > gap_um)
    if not where.any():
        return where
    stain = cv2.transform(window.density, np.array([_RED_AND_GREEN], np.float32))
    stain = cv2.blur(stain, (2 * round(_GLASS_UM / window.um_per_px) + 1,) * 2)
    return where & (stain > _GLASS_FRACTION * np.median(stain[where]))


def basophilia(window: CellWindow, p: FabParameters) -> float:
    """Red optical density of the cytoplasm less half of the green; NaN where there is too little.

    Blue cytoplasm absorbs red; granules of eosinophils absorb green far more than red.
    """
    where = cytoplasm_of(window)
    if np.count_nonzero(where) * window.um_per_px**2 < p.min_cytoplasm_um2:
        return float("nan")
    red, green, _ = np.median(window.density[where], axis=0)
    return float(red - _GREEN_SHARE * green)


def vacuoles_of(window: CellWindow, p: FabParameters = FabParameters()) -> list[Spots]:
    """Vacuoles over the nucleus, and those over the cytoplasm, each told from its own texture.

    Over the nucleus red alone is looked at: it is less saturated there, and nucleoli, which
    are blue, take less from it.
    """
    nucleus = inner_nucleus(window, _VACUOLE_RIM_UM), _RED
    cytoplasm = cytoplasm_of(window, _VACUOLE_RIM_UM, _VACUOLE_RIM_UM), _RED_AND_GREEN
    radii = tuple(0.5 * um / window.um_per_px for um in (p.min_vacuole_um, p.max_vacuole_um))
    found = []
    for region, mixture in (nucleus, cytoplasm):
        if np.count_nonzero(region) * window.um_per_px**2 < _MIN_REGION_UM2:
            continue
        here = box_of(region)
        where = region[here]
        density = cv2.transform(window.density[here], np.array([mixture], np.float32))
        min_depth = p.vacuole_depth_fraction * float(np.median(density[where]))
        found.append(_apart(pale_spots(density, where, radii, min_depth, _MARGIN)))
    return found


def vacuoles(window: CellWindow, p: FabParameters) -> dict[str, float]:
    """Number of vacuoles over cytoplasm and nucleus, and their share of the cell's area."""
    found = vacuoles_of(window, p)
    area = sum(float(np.sum(np.pi * spots.radius_px**2)) for spots in found)
    return {
        "fab_vacuoles": float(sum(len(spots.y) for spots in found)),
        "fab_vacuole_fraction": min(area / max(np.count_nonzero(window.cell), 1), 1.0),
    }


def _apart(spots: Spots) -> Spots:
    """Spots without those whose middle lies in a clearer one."""
    kept: list[int] = []
    for i in range(len(spots.y)):
        away = np.hypot(spots.y[kept] - spots.y[i], spots.x[kept] - spots.x[i])
        if (away > np.maximum(spots.radius_px[kept], spots.radius_px[i])).all():
            kept.append(i)
    return Spots(*(values[kept] for values in vars(spots).values()))
