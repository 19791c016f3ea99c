"""The real pictures that the bundled model is trained on, each around one cell, with its scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.red_cells import pooled_red_cell_diameter_px

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

# Micrometres per pixel where neither a block nor a field shows enough red cells, and whence.
PIXEL_SIZE_UM = {
    "all_idb2": 0.09,  # only if a block of ten shows too few: they run from 0.08 to 0.11
    "mll": 0.088,  # 7.2 um / 82 px: cells/red_cells on 160 images of each cell type
    "segmentation_wbc_d1": 0.19,  # neutrophils (82 px in the masks) as large as in d2
    "segmentation_wbc_d2": 0.10,  # cells/red_cells: blocks of ten run from 0.096 to 0.103
    "txl_pbc": 0.102,  # 7.2 um / 70.5 px, median of 7412 red cell boxes
    "txl_raabin": 0.0585,  # 7.2 um / 123.1 px, median of 5682 red cell boxes
    "bccd": 0.0706,  # 7.2 um / 102.0 px, median of 3350 red cell boxes
    "draaslan": 0.147,  # 7.2 um / 48.9 px, median of 816 red cell boxes
}
RED_CELL_UM = 7.2
# Sets of several magnifications, each block of files from one: measured block by block.
SCALED_BY_BLOCK = ("all_idb2", "segmentation_wbc_d2")
FEWEST_RED_CELLS = 9  # in a block; five boxes in a field
# What a word of the manifest teaches; other words (immature, unknown) teach nothing.
TEACHES = {"blast": "blast", "other": "normal", "normal": "normal"}
MOST_FIELD_CELLS = 400  # of each dataset of fields
FIELD_RIM_UM = 6.0  # shown around a box when its cell is segmented


@dataclass(frozen=True)
class Picture:
    """One cell in the middle of some pixels.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    um_per_px : float
        Micrometres per pixel.
    word : str
        What it teaches, or the manifest's word.
    laboratory, group : str
        Its dataset, and what no split separates.
    file : str
        The image, by its path in the manifest.
    """

    pixels: np.ndarray
    um_per_px: float
    word: str
    laboratory: str
    group: str
    file: str


def pictures_of(images: pd.DataFrame) -> Iterator[Picture]:
    """The pictures of one dataset, from its rows of the manifest."""
    return _of_fields(images) if images.boxes.notna().any() else _of_crops(images)


def _of_crops(images: pd.DataFrame) -> Iterator[Picture]:
    sizes = _sizes_of_blocks(images)
    for image in images.itertuples():
        um_per_px = sizes.get(image.group, PIXEL_SIZE_UM[image.dataset])
        pixels = open_image(DATA / image.file).read()
        word = TEACHES.get(image.label, image.label)
        yield Picture(pixels, um_per_px, word, image.dataset, image.group, image.file)


def _sizes_of_blocks(images: pd.DataFrame) -> dict[str, float]:
    """Micrometres per pixel of each block of files that shows enough red cells."""
    sizes = {}
    for group, block in images[images.dataset.isin(SCALED_BY_BLOCK)].groupby("group"):
        sources = [open_image(DATA / name) for name in block.file]
        found = pooled_red_cell_diameter_px(sources, FEWEST_RED_CELLS)
        if found:
            sizes[group] = RED_CELL_UM / found.diameter_px
    return sizes


def _of_fields(images: pd.DataFrame) -> Iterator[Picture]:
    """Windows around the boxes of white cells, of at most MOST_FIELD_CELLS."""
    count = 0
    for image in images.sample(frac=1, random_state=0).itertuples():
        pixels = open_image(DATA / image.file).read()
        boxes = pd.read_csv(DATA / image.boxes)
        um_per_px = _size_by_boxes(boxes, pixels.shape) or PIXEL_SIZE_UM[image.dataset]
        for box in boxes[boxes["name"] == "wbc"].itertuples():
            if count == MOST_FIELD_CELLS:
                return
            count += 1
            rim = FIELD_RIM_UM / um_per_px
            y0, x0 = (max(int(v - rim), 0) for v in (box.ymin, box.xmin))
            window = pixels[y0 : int(box.ymax + rim), x0 : int(box.xmax + rim)]
            window = np.ascontiguousarray(window)
            yield Picture(window, um_per_px, "normal", image.dataset, image.group, image.file)


def _size_by_boxes(boxes: pd.DataFrame, shape: tuple[int, ...]) -> float | None:
    """Micrometres per pixel by the boxes of red cells that lie whole in a field; None if few."""
    height, width = shape[:2]
    whole = boxes[
        (boxes["name"] == "rbc")
        & (boxes.xmin > 2)
        & (boxes.ymin > 2)
        & (boxes.xmax < width - 3)
        & (boxes.ymax < height - 3)
    ]
    sides = np.sqrt((whole.xmax - whole.xmin) * (whole.ymax - whole.ymin))
    return RED_CELL_UM / float(sides.median()) if len(sides) >= 5 else None
