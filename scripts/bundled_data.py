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
from napari_all_subtype.model.fitting import TrainingCrops, sets_of
from napari_all_subtype.simulate import simulate_cells

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
CACHE = ROOT / "build" / "bundled-crops"
SPEC = CropSpec()

# Micrometres per pixel of each dataset, and where the number comes from.
PIXEL_SIZE_UM = {
    "all_idb2": 0.13,  # by its red cells, as its notes state
    "mll": 0.10,  # its publication: 40x oil, notes state about 0.1
    "segmentation_wbc_d1": 0.19,  # neutrophils (82 px in the masks) as large as in d2
    "segmentation_wbc_d2": 0.106,  # cells/scale: median of 6 of 30 crops with enough red cells
    "txl_pbc": 0.102,  # 7.2 um / 70.5 px, median of 7412 red cell boxes
    "txl_raabin": 0.0585,  # 7.2 um / 123.1 px, median of 5682 red cell boxes
    "bccd": 0.0706,  # 7.2 um / 102.0 px, median of 3350 red cell boxes
    "draaslan": 0.147,  # 7.2 um / 48.9 px, median of 816 red cell boxes
}
# What a word of the manifest teaches; other words (immature, unknown) teach nothing.
TEACHES = {"blast": "blast", "other": "normal", "normal": "normal"}
MOST_FIELD_CELLS = 400  # of each dataset of fields
SIMULATED_PER_SUBTYPE = 400
SUBTYPES = ("blast", "l1", "l2", "l3")  # "blast": between the subtypes, undetermined
# Simulated cells are cut larger by a factor drawn from this range: crops of real lymphocytes and
# neutrophils (mll, d1, d2) are 1.07-1.35 times as wide as those of the simulated ones, and the
# size of a pixel is known to 15 % only. Else every real blast is large, hence L2.
SIMULATED_SIZE = (1.0, 1.35)
FIELD_RIM_UM = 6.0  # shown around a box when its cell is segmented


@dataclass(frozen=True)
class Cells:
    """Every crop, with its origin; `word` is the class it teaches, or the manifest's word."""

    crops: np.ndarray
    word: np.ndarray
    laboratory: np.ndarray
    group: np.ndarray
    found: np.ndarray

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
    for image in images.itertuples():
        pixels = open_image(DATA / image.file).read()
        cell = crop_single_cell(pixels, PIXEL_SIZE_UM[image.dataset], SPEC)
        word = TEACHES.get(image.label, image.label)
        rows.append((cell.crop, word, image.dataset, image.group, cell.found))
    return rows


def _cells_of_fields(images: pd.DataFrame) -> list[tuple]:
    rows = []
    for image in images.sample(frac=1, random_state=0).itertuples():
        um_per_px = PIXEL_SIZE_UM[image.dataset]
        pixels = open_image(DATA / image.file).read()
        boxes = pd.read_csv(DATA / image.boxes)
        for box in boxes[boxes["name"] == "wbc"].itertuples():
            if len(rows) == MOST_FIELD_CELLS:
                return rows
            rim = FIELD_RIM_UM / um_per_px
            y0, x0 = (max(int(v - rim), 0) for v in (box.ymin, box.xmin))
            window = pixels[y0 : int(box.ymax + rim), x0 : int(box.xmax + rim)]
            cell = crop_single_cell(np.ascontiguousarray(window), um_per_px, SPEC)
            rows.append((cell.crop, "normal", image.dataset, image.group, cell.found))
    return rows


def cut_simulated(subtype: str, seed: int, count: int = SIMULATED_PER_SUBTYPE) -> list[tuple]:
    """Rows of up to `count` simulated cells, cut larger by a chance factor."""
    rows = []
    factors = np.random.default_rng(seed).uniform(*SIMULATED_SIZE, count)
    for smear, factor in zip(simulate_cells(count, subtype, seed), factors, strict=True):
        cell = crop_single_cell(smear.pixels, smear.um_per_px * factor, SPEC)
        if cell.found:
            rows.append((cell.crop, subtype, "simulated", f"simulated-{subtype}", True))
    return rows


def training_crops(cells: Cells) -> TrainingCrops:
    """What `cells` teach, drawn so that no laboratory and no side drowns the others.

    A laboratory with blasts and normal cells shows both equally often; its share
    grows with the square root of its cells. Those with normal cells only
    share NORMAL_ONLY of the draws. Simulated cells take SIMULATED of them.
    """
    cells = cells.at((cells.teaching | cells.simulated) & cells.found)
    allowed, considered = sets_of(cells.word, cells.simulated)
    return TrainingCrops(cells.crops, allowed, considered, _chances(cells), cells.laboratory)


NORMAL_ONLY = 0.35
SIMULATED = 0.15


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
