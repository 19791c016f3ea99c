"""The crops the bundled model is trained and measured on, cut once and kept in build/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import bundled_blasts
import cv2
import numpy as np
import pandas as pd
from bundled_pictures import DATA, MOST_FIELD_CELLS, PIXEL_SIZE_UM, ROOT, pictures_of

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.simulate import simulate_cells

CACHE = ROOT / "build" / "bundled-crops"
SPEC = CropSpec(size_px=96, um_per_px=0.26, outlined=True)
SIMULATED_PER_SUBTYPE = 400
SUBTYPES = ("blast", "l1", "l2", "l3")  # "blast": between the subtypes, undetermined
PATTERNS = ("undetermined", "l1", "l2", "l3")  # what the FAB rules say of a blast
# Simulated cells are cut larger by a factor drawn from this range: crops of real lymphocytes and
# neutrophils (mll, d1, d2) are 0.95-1.25 times as wide as those of the simulated ones, and the
# size of a pixel is known to 15 % only. Else every real blast is large, hence L2.
SIMULATED_SIZE = (0.95, 1.25)


@dataclass(frozen=True)
class Cells:
    """Every crop, with its origin; `word` is the class it teaches, or the manifest's word.

    The word is a person's for cells of a slide, the simulator's for simulated ones, and that of
    the FAB rules (l1, l2, l3, undetermined) for blasts that stand here once more, as they are
    and altered. `um_per_px` is the size of a pixel of the image that it was cut from.
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
        """Which cells a person called blast or normal."""
        return ~self.simulated & np.isin(self.word, ("blast", "normal"))

    @property
    def by_rule(self) -> np.ndarray:
        """Which real blasts carry a word of the FAB rules."""
        return ~self.simulated & np.isin(self.word, PATTERNS)


@dataclass(frozen=True)
class Extent:
    """How much is cut, and where it is kept."""

    folder: Path = CACHE
    per_kind: int | None = None  # pictures of each word and cell type of a dataset; None: all
    simulated: int = SIMULATED_PER_SUBTYPE


ALL = Extent()
# Enough to run every step in a few minutes; its figures say nothing.
SMALL = Extent(ROOT / "build" / "bundled-crops-small", 40, 20)


def load_cells(recut: bool = False, extent: Extent = ALL, raw: bool = False) -> Cells:
    """Crops of every dataset from build/, cut where they are not there yet.

    A change of the code that cuts or measures is not noticed: ask for `recut` after one. The
    figures carry :func:`hash_of` the crops they were measured on.

    Parameters
    ----------
    raw : bool
        Pictures as they are, resized only: what others train on, for comparison. There are
        none named by the FAB rules then.
    """
    manifest = pd.read_csv(DATA / "manifest.csv")
    if extent.per_kind is not None:
        kinds = ["dataset", "label", "cell_type"]
        manifest = manifest.groupby(kinds, dropna=False).head(extent.per_kind)
    jobs: list[tuple[str, object, Callable]] = []
    cut, suffix = (_resized, "-raw") if raw else (_of_one_cell, "")
    for dataset, images in manifest.groupby("dataset", sort=True):
        most = MOST_FIELD_CELLS if images.boxes.notna().any() else None
        jobs.append((f"{dataset}{suffix}", (PIXEL_SIZE_UM[dataset], most), partial(cut, images)))
        blasts = images[images.label == "blast"]
        if len(blasts) and not raw:
            settings = (PIXEL_SIZE_UM[dataset], bundled_blasts.setting())
            jobs.append((f"{dataset}-by-rules", settings, partial(_by_rules, blasts)))
    count = extent.simulated
    for seed, subtype in enumerate(SUBTYPES):
        cutter = partial(cut_simulated, subtype, seed, count, raw)
        jobs.append((f"simulated-{subtype}{suffix}", (count, SIMULATED_SIZE), cutter))
    parts = [_kept(extent.folder / f"{name}.npz", *job, recut) for name, *job in jobs]
    return Cells(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def hash_of(cells: Cells) -> str:
    """Short hash of the crops, words and groups."""
    digest = hashlib.sha256()
    for values in vars(cells).values():
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def _kept(path: Path, settings, cutter: Callable, recut: bool) -> list[np.ndarray]:
    """Columns of one dataset's cells, in the order of :class:`Cells`."""
    key = json.dumps([SPEC.to_dict(), settings])
    names = list(Cells.__dataclass_fields__)
    if path.is_file() and not recut:
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return [kept[column] for column in names]
    columns = list(zip(*cutter(), strict=True))
    arrays = [np.stack(columns[0]), *(np.array(column) for column in columns[1:])]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, key=key, **dict(zip(names, arrays, strict=True)))
    print(f"{path.stem}: {len(arrays[0])} cells cut", flush=True)
    return arrays


def _of_one_cell(images: pd.DataFrame) -> Iterator[tuple]:
    for picture in pictures_of(images):
        cell = crop_single_cell(picture.pixels, picture.um_per_px, SPEC)
        origin = picture.word, picture.laboratory, picture.group
        yield cell.crop, *origin, cell.found, picture.um_per_px


def _resized(images: pd.DataFrame) -> Iterator[tuple]:
    for picture in pictures_of(images):
        origin = picture.word, picture.laboratory, picture.group
        yield _whole(picture.pixels), *origin, True, picture.um_per_px


def _whole(pixels: np.ndarray) -> np.ndarray:
    """The whole picture as a crop, its plane of outlines empty."""
    size = (SPEC.size_px, SPEC.size_px)
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.dstack([resized, np.zeros(size, np.uint8)])


def _by_rules(blasts: pd.DataFrame) -> Iterator[tuple]:
    for number, picture in enumerate(pictures_of(blasts)):
        named = bundled_blasts.taught_by_rules(picture.pixels, picture.um_per_px, SPEC, (0, number))
        for crop, word in named:
            yield crop, word, picture.laboratory, picture.group, True, picture.um_per_px


def cut_simulated(
    subtype: str, seed: int, count: int = SIMULATED_PER_SUBTYPE, raw: bool = False
) -> Iterator[tuple]:
    """Rows of up to `count` simulated cells, cut larger by a chance factor."""
    factors = np.random.default_rng(seed).uniform(*SIMULATED_SIZE, count)
    for smear, factor in zip(simulate_cells(count, subtype, seed), factors, strict=True):
        size = smear.um_per_px * factor
        cell = crop_single_cell(smear.pixels, size, SPEC)
        if cell.found:
            crop = _whole(smear.pixels) if raw else cell.crop
            yield crop, subtype, "simulated", f"simulated-{subtype}", True, size


if __name__ == "__main__":
    loaded = load_cells()
    table = pd.DataFrame({k: v for k, v in vars(loaded).items() if k != "crops"})
    print(table.groupby(["laboratory", "word"]).agg(n=("found", "size"), found=("found", "mean")))
