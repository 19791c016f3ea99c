"""What the cytoplasm shows: how basophilic it is, and vacuoles, over the nucleus as well."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.fab.blobs import pale_spots
from napari_all_subtype.cells.fab.window import CellWindow
from napari_all_subtype.config import FabParameters

# Left out along the edge of the cell and around the nucleus, where colours are blurred.
_RIM_UM, _GAP_UM = 0.5, 0.4
_GREEN_SHARE = 0.5


def cytoplasm_of(
    window: CellWindow, rim_um: float = _RIM_UM, gap_um: float = _GAP_UM
) -> np.ndarray:
    """Cytoplasm without its blurred edges: ndarray, shape (Y, X), bool."""
    inside = cv2.distanceTransform(np.pad(window.cell.astype(np.uint8), 1), cv2.DIST_L2, 5)
    away = cv2.distanceTransform((~window.nucleus).astype(np.uint8), cv2.DIST_L2, 5)
    scale = window.um_per_px
    return (inside[1:-1, 1:-1] * scale > rim_um) & (away * scale > gap_um)


def basophilia(window: CellWindow, p: FabParameters) -> float:
    """Red optical density of the cytoplasm less half of the green; NaN where there is too little.

    Blue cytoplasm absorbs red; granules of eosinophils absorb green far more than red.
    """
    where = cytoplasm_of(window)
    if np.count_nonzero(where) * window.um_per_px**2 < p.min_cytoplasm_um2:
        return float("nan")
    red, green, _ = np.median(window.density[where], axis=0)
    return float(red - _GREEN_SHARE * green)


def vacuoles(window: CellWindow, p: FabParameters) -> dict[str, float]:
    """Number of vacuoles over cytoplasm and nucleus, and their share of the cell's area."""
    scale = window.um_per_px
    density = cv2.transform(window.density, np.array([[0.5, 0.5, 0.0]], np.float32))
    inside = cv2.distanceTransform(np.pad(window.cell.astype(np.uint8), 1), cv2.DIST_L2, 5)
    where = inside[1:-1, 1:-1] * scale > 0.25
    radii = (0.5 * p.min_vacuole_um / scale, 0.5 * p.max_vacuole_um / scale)
    spots = pale_spots(density, where, radii, 0.02)
    around = density[spots.y, spots.x] + spots.depth
    deep = spots.depth >= p.vacuole_depth_fraction * np.maximum(around, 1e-3)
    area = float(np.sum(np.pi * spots.radius_px[deep] ** 2))
    return {
        "fab_vacuoles": float(np.count_nonzero(deep)),
        "fab_vacuole_fraction": min(area / max(np.count_nonzero(window.cell), 1), 1.0),
    }
