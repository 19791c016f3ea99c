"""What is stained like a nucleus and too small to be a white cell: specks and giant platelets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from napari_all_subtype.cells.components import foreground, renumber
from napari_all_subtype.cells.cytoplasm import Contours

# The smallest boxed white cell of the development images has 27 µm², a giant platelet 24.
_CELL_UM2 = 25.0
# Two of them side by side look like lobes; no cell with a lobed nucleus is as small.
_LOBED_CELL_UM2 = 50.0


def drop_specks(labels: np.ndarray, min_diameter_px: float) -> np.ndarray:
    """Labels without those of smaller equivalent diameter, numbered anew from 1.

    Of a nucleus that the border cuts, only a rest is seen: it stays if its cut is as
    long as the diameter of the smallest nucleus.
    """
    areas = foreground(labels).areas()
    keep = areas >= np.pi / 4 * min_diameter_px**2
    for edge in _edges(labels):
        keep |= np.bincount(edge, minlength=len(areas)) >= min_diameter_px
    keep[0] = False
    return renumber(labels, keep)


def drop_platelets(
    nuclei: np.ndarray, contours: Contours, parts: np.ndarray, um_per_px: float
) -> tuple[np.ndarray, Contours]:
    """Nuclei and contours without cells smaller than any white one.

    A giant platelet may be as large as a small nucleus, but has no cytoplasm around it.
    What the border cuts is not judged.

    Parameters
    ----------
    nuclei : ndarray, shape (Y, X), int32
        1…n.
    contours : Contours
        Of the cells, in the same order.
    parts : ndarray, shape (Y, X), int32
        What the nuclei were joined from.
    um_per_px : float
    """
    pixels = foreground(parts)
    owners = np.zeros(pixels.count + 1, np.int64)
    owners[pixels.names] = nuclei.ravel()[pixels.index]
    lobed = np.bincount(owners, minlength=len(contours.radii_px) + 1)[1:] > 1
    x, y = np.moveaxis(contours.polygons(), -1, 0)
    twice_px = x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)
    areas_um2 = 0.5 * np.abs(twice_px.sum(axis=1)) * um_per_px**2
    keep = areas_um2 >= np.where(lobed, _LOBED_CELL_UM2, _CELL_UM2)
    for edge in _edges(nuclei):
        keep[edge[edge > 0] - 1] = True
    if keep.all():
        return nuclei, contours
    kept = replace(contours, centres_xy=contours.centres_xy[keep], radii_px=contours.radii_px[keep])
    return renumber(nuclei, np.concatenate([[False], keep])), kept


def _edges(labels: np.ndarray) -> Iterator[np.ndarray]:
    yield from (labels[0], labels[-1], labels[:, 0], labels[:, -1])
