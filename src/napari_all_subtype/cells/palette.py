"""Which colours of an image are cytoplasm: a table learned from the image itself.

What surrounds nuclei closely holds cytoplasm, with some glass and red cells; what
lies far from every nucleus holds glass and red cells only. The difference of the
two colour histograms is the cytoplasm's.
"""

from __future__ import annotations

import cv2
import numpy as np

BINS = 32
# Bins are narrow near glass, where pale cytoplasm lies, and wide in the dark.
_LINEAR_DENSITY = 0.12
_LOW, _HIGH = -0.7, 2.7
_RING_UM = (0.4, 2.0)
_FAR_UM = 5.0
_MIN_SAMPLE_PX = 60
_MIN_FREE_FRACTION = 0.2
_SMOOTHING_BINS = 1.0
# Share of cytoplasm around nuclei below which a doubtful colour is rather not cytoplasm.
_COMMON_SHARE = 0.4


def colour_index(density: np.ndarray) -> np.ndarray:
    """Bin of each colour: ndarray, shape (Y, X), int32, 0 … BINS³ − 1."""
    step = (BINS - 1) / (_HIGH - _LOW)
    even = np.arcsinh(density * (1 / _LINEAR_DENSITY))
    bins = np.clip((even - _LOW) * step + 0.5, 0, BINS - 1).astype(np.int32)
    return (bins[..., 0] * BINS + bins[..., 1]) * BINS + bins[..., 2]


def cytoplasm_table(
    density: np.ndarray, nuclei: np.ndarray, glass: np.ndarray, um_per_px: float
) -> np.ndarray:
    """Log-likelihood ratio of cytoplasm against glass and red cells for every colour.

    Parameters
    ----------
    density : ndarray, shape (Y, X, 3), float32
        Optical density of the overview.
    nuclei, glass : ndarray, shape (Y, X), bool
        What is nucleus, and what has no stain.
    um_per_px : float
        Scale of the overview.

    Returns
    -------
    ndarray, shape (BINS³,), float32
        Above 0 where cytoplasm is the likelier.
    """
    away = cv2.distanceTransform((~nuclei).astype(np.uint8), cv2.DIST_L2, 5) * um_per_px
    index = colour_index(density)
    ring = _histogram(index[(away > _RING_UM[0]) & (away <= _RING_UM[1])])
    far = (away > _FAR_UM) & ~nuclei
    ground = _histogram(index[glass & (away > _RING_UM[1])])
    red = _histogram(index[_red_cells(nuclei, far & ~glass, ~glass)])
    cytoplasm, not_ground = _without(ring, ground)
    cytoplasm, not_red = _without(cytoplasm, red)
    prior = min(0.0, float(np.log(max(not_ground * not_red, 0.05) / _COMMON_SHARE)))
    other = np.maximum(ground, red)
    floor = 0.02 / max(np.count_nonzero(other > 1e-6), 1)
    ratio = np.log((cytoplasm + floor) / (other + floor))
    return (ratio + prior).astype(np.float32).ravel()


def _red_cells(nuclei: np.ndarray, far: np.ndarray, stained: np.ndarray) -> np.ndarray:
    """Stained pixels far from nuclei; those not connected to one, if they are enough.

    Wide cytoplasm reaches far as well, but is connected to its nucleus.
    """
    count, pieces = cv2.connectedComponents(stained.astype(np.uint8), connectivity=4)
    nucleated = np.zeros(count, bool)
    nucleated[pieces[nuclei]] = True
    free = far & ~nucleated[pieces]
    return free if np.count_nonzero(free) >= _MIN_FREE_FRACTION * np.count_nonzero(far) else far


def _histogram(index: np.ndarray) -> np.ndarray:
    """Smoothed colour histogram that sums to 1, or zeros for too small a sample."""
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(index, minlength=BINS**3).astype(np.float32).reshape((BINS,) * 3)
    if len(index) < _MIN_SAMPLE_PX:
        return np.zeros_like(counts)
    return gaussian_filter(counts, _SMOOTHING_BINS, mode="nearest") / len(index)


def _without(mixture: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, float]:
    """`mixture` less as much of `part` as it can hold, and what share of it is left.

    The share is the ratio of the two where `part` is densest (the lower fifth of
    the ratios there, since the rest of the mixture may have those colours too).
    """
    if not part.any() or not mixture.any():
        return mixture, 1.0
    order = np.sort(part.ravel())[::-1]
    dense = part >= order[np.searchsorted(np.cumsum(order), 0.5 * order.sum())]
    share = np.quantile(mixture[dense] / part[dense], 0.2)
    rest = np.maximum(mixture - min(share, 0.98) * part, 0)
    left = float(rest.sum())
    return rest / max(left, 1e-6), left
