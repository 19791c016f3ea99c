"""The crops the bundled model is trained and measured on, cut once and kept in build/."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.crops import CropSpec, crop_single_cell
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.red_cells import pooled_red_cell_diameter_px
from napari_all_subtype.model.fitting import TrainingCrops, sets_of
from napari_all_subtype.simulate import simulate_cells

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
CACHE = ROOT / "build" / "bundled-crops"
SPEC = CropSpec(size_px=96, um_per_px=0.26, outlined=True)

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
# Blasts are 11 to 20 um wide (FAB: "large" is twice a small lymphocyte of 8-10 um; myeloblasts
# 15-20), those of a laboratory all of one sort: they are shown in the sizes of all. No cell is
# resized by more than this.
BLAST_UM = (11.0, 20.0)
MOST_RESIZED = (0.75, 1.4)
OTHERS_RESIZED = (0.89, 1.12)  # about the error of a pixel size
# What a word of the manifest teaches; other words (immature, unknown) teach nothing.
TEACHES = {"blast": "blast", "other": "normal", "normal": "normal"}
MOST_FIELD_CELLS = 400  # of each dataset of fields
SIMULATED_PER_SUBTYPE = 400
SUBTYPES = ("blast", "l1", "l2", "l3")  # "blast": between the subtypes, undetermined
# Simulated cells are cut larger by a factor drawn from this range: crops of real lymphocytes and
# neutrophils (mll, d1, d2) are 0.95-1.25 times as wide as those of the simulated ones, and the
# size of a pixel is known to 15 % only. Else every real blast is large, hence L2.
SIMULATED_SIZE = (0.95, 1.25)
FIELD_RIM_UM = 6.0  # shown around a box when its cell is segmented


@dataclass(frozen=True)
class Cells:
    """Every crop, with its origin; `word` is the class it teaches, or the manifest's word.

    `um_per_px` is the size of a pixel of the image that it was cut from.
    """

    crops: np.ndarray
    word: np.ndarray
    laboratory: np.ndarray
    group: np.ndarray
    found: np.ndarray
    um_per_px: np.ndarray

    def at(self, rows: np.ndarray) -> Cells:
        """The same for some rows (bool mask or indices)."""
        return replace(self, **{name: values[rows] for name, values in vars(self).items()})

    @property
    def simulated(self) -> np.ndarray:
        """Which cells were never on a slide."""
        return self.laboratory == "simulated"

    @property
    def teaching(self) -> np.ndarray:
        """Which real cells are blast or normal."""
        return ~self.simulated & np.isin(self.word, ("blast", "normal"))


def load_cells(recut: bool = False) -> Cells:
    """Crops of every dataset from build/, cut where they are not there yet.

    A change of the segmentation is not noticed: ask for `recut` after one. The
    figures carry :func:`hash_of` the crops they were measured on.
    """
    manifest = pd.read_csv(DATA / "manifest.csv")
    parts = []
    for dataset, images in manifest.groupby("dataset", sort=True):
        by_field = images.boxes.notna().any()
        cutter = _cells_of_fields if by_field else _cells_of_crops
        settings = (PIXEL_SIZE_UM[dataset], MOST_FIELD_CELLS if by_field else None)
        parts.append(_kept(dataset, settings, partial(cutter, images), recut))
    for seed, subtype in enumerate(SUBTYPES):
        cutter = partial(cut_simulated, subtype, seed)
        parts.append(
            _kept(f"simulated-{subtype}", (SIMULATED_PER_SUBTYPE, SIMULATED_SIZE), cutter, recut)
        )
    return Cells(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def hash_of(cells: Cells) -> str:
    """Short hash of the crops, words and groups."""
    digest = hashlib.sha256()
    for values in vars(cells).values():
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def _kept(name: str, settings, cutter, recut: bool) -> list[np.ndarray]:
    """Columns of one dataset's cells, in the order of :class:`Cells`."""
    path = CACHE / f"{name}.npz"
    key = json.dumps([SPEC.to_dict(), settings])
    names = list(Cells.__dataclass_fields__)
    if path.is_file() and not recut:
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return [kept[column] for column in names]
    columns = list(zip(*cutter(), strict=True))
    arrays = [np.stack(columns[0]), *(np.array(column) for column in columns[1:])]
    CACHE.mkdir(parents=True, exist_ok=True)
    np.savez(path, key=key, **dict(zip(names, arrays, strict=True)))
    print(f"{name}: {len(arrays[0])} cells cut", flush=True)
    return arrays


def _cells_of_crops(images: pd.DataFrame) -> list[tuple]:
    rows = []
    sizes = _sizes_of_blocks(images)
    for image in images.itertuples():
        um_per_px = sizes.get(image.group, PIXEL_SIZE_UM[image.dataset])
        pixels = open_image(DATA / image.file).read()
        cell = crop_single_cell(pixels, um_per_px, SPEC)
        word = TEACHES.get(image.label, image.label)
        rows.append((cell.crop, word, image.dataset, image.group, cell.found, um_per_px))
    return rows


def _sizes_of_blocks(images: pd.DataFrame) -> dict[str, float]:
    """Micrometres per pixel of each block of files that shows enough red cells."""
    sizes = {}
    for group, block in images[images.dataset.isin(SCALED_BY_BLOCK)].groupby("group"):
        sources = [open_image(DATA / name) for name in block.file]
        found = pooled_red_cell_diameter_px(sources, FEWEST_RED_CELLS)
        if found:
            sizes[group] = RED_CELL_UM / found.diameter_px
    return sizes


def _cells_of_fields(images: pd.DataFrame) -> list[tuple]:
    rows = []
    for image in images.sample(frac=1, random_state=0).itertuples():
        pixels = open_image(DATA / image.file).read()
        boxes = pd.read_csv(DATA / image.boxes)
        um_per_px = _size_by_boxes(boxes, pixels.shape) or PIXEL_SIZE_UM[image.dataset]
        for box in boxes[boxes["name"] == "wbc"].itertuples():
            if len(rows) == MOST_FIELD_CELLS:
                return rows
            rim = FIELD_RIM_UM / um_per_px
            y0, x0 = (max(int(v - rim), 0) for v in (box.ymin, box.xmin))
            window = pixels[y0 : int(box.ymax + rim), x0 : int(box.xmax + rim)]
            cell = crop_single_cell(np.ascontiguousarray(window), um_per_px, SPEC)
            rows.append((cell.crop, "normal", image.dataset, image.group, cell.found, um_per_px))
    return rows


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


def cut_simulated(subtype: str, seed: int, count: int = SIMULATED_PER_SUBTYPE) -> list[tuple]:
    """Rows of up to `count` simulated cells, cut larger by a chance factor."""
    rows = []
    factors = np.random.default_rng(seed).uniform(*SIMULATED_SIZE, count)
    for smear, factor in zip(simulate_cells(count, subtype, seed), factors, strict=True):
        cell = crop_single_cell(smear.pixels, smear.um_per_px * factor, SPEC)
        if cell.found:
            size = smear.um_per_px * factor
            rows.append((cell.crop, subtype, "simulated", f"simulated-{subtype}", True, size))
    return rows


def training_crops(cells: Cells) -> TrainingCrops:
    """What `cells` teach, drawn so that no laboratory and no side drowns the others.

    A laboratory with blasts and normal cells shows both equally often; its share
    grows with the square root of its cells. Those with normal cells only
    share NORMAL_ONLY of the draws. Simulated cells take SIMULATED of them.
    """
    cells = cells.at((cells.teaching | cells.simulated) & cells.found)
    allowed, considered = sets_of(cells.word, cells.simulated)
    return TrainingCrops(
        cells.crops, allowed, considered, _chances(cells), cells.laboratory, _zooms(cells)
    )


def diameters_um(crops: np.ndarray) -> np.ndarray:
    """Diameter of the disc of a cell's area, by the plane of outlines: ndarray, shape (N,)."""
    area_px = (crops[..., 3] >= 64).sum(axis=(1, 2))
    return 2 * np.sqrt(area_px / np.pi) * SPEC.um_per_px


def _zooms(cells: Cells) -> np.ndarray:
    """Factors of size in which each cell is shown: ndarray, shape (N, 2)."""
    zooms = np.tile(OTHERS_RESIZED, (len(cells.word), 1))
    blasts = (cells.word == "blast") & ~cells.simulated
    to_range = np.array(BLAST_UM) / np.maximum(diameters_um(cells.crops[blasts]), 1.0)[:, None]
    zooms[blasts] = np.clip(to_range, *MOST_RESIZED)
    return zooms


NORMAL_ONLY = 0.2
SIMULATED = 0.1


def _chances(cells: Cells) -> np.ndarray:
    chance = np.zeros(len(cells.word))
    both, single = {}, {}
    for name in np.unique(cells.laboratory[~cells.simulated]):
        rows = cells.laboratory == name
        kind = both if (rows & (cells.word == "blast")).any() else single
        kind[name] = np.sqrt(rows.sum())
    share = NORMAL_ONLY if single else 0.0
    for kinds, total in ((both, 1 - SIMULATED - share), (single, share)):
        for name, weight in kinds.items():
            words = np.unique(cells.word[cells.laboratory == name])
            for word in words:
                rows = (cells.laboratory == name) & (cells.word == word)
                chance[rows] = total * weight / sum(kinds.values()) / len(words) / rows.sum()
    for word in SUBTYPES:
        rows = cells.simulated & (cells.word == word)
        chance[rows] = SIMULATED / len(SUBTYPES) / max(rows.sum(), 1)
    return chance


if __name__ == "__main__":
    loaded = load_cells()
    table = pd.DataFrame({k: v for k, v in vars(loaded).items() if k != "crops"})
    print(table.groupby(["laboratory", "word"]).agg(n=("found", "size"), found=("found", "mean")))
