"""The development images: where they are, which they are, what is known of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY.parent / "shared" / "data"

# Micrometres per pixel: all_idb2 and mll as their README states; the others from their boxes
# of red cells at 7.2 µm, d1 and d2 from red cells seen beside the leukocytes.
NOMINAL_UM_PER_PX = {
    "all_idb2": 0.13,
    "segmentation_wbc_d1": 0.16,
    "segmentation_wbc_d2": 0.075,
    "txl_pbc": 0.089,
    "txl_raabin": 0.050,
    "bccd": 0.066,
    "draaslan": 0.131,
    "mll": 0.10,
}
# No lobe of a nucleus is as small.
SPECK_UM2 = 3.0


@dataclass(frozen=True)
class Truth:
    """What is known of one image.

    Parameters
    ----------
    nucleus, cell : ndarray, shape (Y, X), bool, or None
        The experts' masks of the central cell: all lobes of its nucleus.
    boxes : ndarray, shape (N, 4), float, or None
        White cells as y0, x0, y1, x1 in pixels.
    """

    nucleus: np.ndarray | None
    cell: np.ndarray | None
    boxes: np.ndarray | None


def manifest() -> pd.DataFrame:
    """The table of all images; rows of all_idb2 without a mask are left out."""
    path = FOLDER / "manifest.csv"
    if not path.is_file():
        raise SystemExit("The development images (../shared/data) are not on this machine.")
    rows = pd.read_csv(path)
    return rows[~((rows["dataset"] == "all_idb2") & rows["mask"].isna())]


def truth_of(row: pd.Series) -> Truth:
    """Masks and boxes of one row of the manifest."""
    nucleus = cell = boxes = None
    if isinstance(row["mask"], str):
        grey = cv2.imread(str(FOLDER / row["mask"]), cv2.IMREAD_GRAYSCALE)
        nucleus = grey > 200
        if row["mask_kind"] == "cell_nucleus":
            cell = grey > 64
        else:
            nucleus = central_nucleus(nucleus, NOMINAL_UM_PER_PX[row["dataset"]])
    if isinstance(row["boxes"], str):
        table = pd.read_csv(FOLDER / row["boxes"])
        table = table[table["name"] == "wbc"]
        boxes = table[["ymin", "xmin", "ymax", "xmax"]].to_numpy(float)
    return Truth(nucleus, cell, boxes)


def central_nucleus(nuclei: np.ndarray, um_per_px: float) -> np.ndarray:
    """The piece nearest the middle, with all others that may be lobes of the same nucleus.

    The masks of all_idb2 show specks and the nuclei of neighbours as well; its
    images are cut so closely that every neighbour reaches the border.

    Parameters
    ----------
    nuclei : ndarray, shape (Y, X), bool
        At least one pixel set.
    um_per_px : float

    Returns
    -------
    ndarray, shape (Y, X), bool
    """
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(nuclei.astype(np.uint8))
    x, y, width, height, area = stats.T
    inside = (x > 0) & (y > 0) & (x + width < nuclei.shape[1]) & (y + height < nuclei.shape[0])
    keep = inside & (area * um_per_px**2 >= SPECK_UM2)
    ys, xs = np.nonzero(nuclei)
    middle = np.array(nuclei.shape) / 2
    nearest = np.hypot(ys + 0.5 - middle[0], xs + 0.5 - middle[1]).argmin()
    keep[pieces[ys[nearest], xs[nearest]]] = True
    keep[0] = False
    return keep[pieces]


def fingerprint(rows: pd.DataFrame) -> str:
    """Hash of the files and groups that were measured: the first 12 hex digits of SHA-256."""
    text = rows[["file", "group"]].sort_values("file").to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
