"""Views of cells with known masks, cut from ../shared/data and from simulated smears."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.outlines import Sketch, ViewSpec, sample, views_of
from napari_all_subtype.cells.segmentation import FoundCells, find_everywhere
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.model.outline_fitting import TrueViews
from napari_all_subtype.simulate import SmearRecipe, simulate_smear

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from development_images import (  # noqa: E402 - known only from here on
    FOLDER,
    NOMINAL_UM_PER_PX,
    manifest,
    truth_of,
)

SPEC = ViewSpec()
MASKED = ("all_idb2", "segmentation_wbc_d1", "segmentation_wbc_d2")
SIMULATED = "simulated"
SIMULATED_FIELDS = 40
SCALES_UM_PER_PX = (0.09, 0.13, 0.16)
CLUSTERS = ((2, 2, 8), (2, 3, 4, 5, 6))


@dataclass(frozen=True)
class OutlineData:
    """Views with their truth and where they come from.

    Parameters
    ----------
    views : TrueViews
    group : ndarray, shape (N,), str
        Never split.
    missed : dict of str to int
        Cells of each laboratory that were not found, and so cannot be drawn.
    """

    views: TrueViews
    group: np.ndarray
    missed: dict[str, int]

    @property
    def fingerprint(self) -> str:
        """Hash of the views and their truth: the first 12 hex digits of SHA-256."""
        digest = hashlib.sha256()
        for part in (self.views.views, self.views.truth, self.views.knows_cell):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()[:12]


def load_outline_data(cache: Path) -> OutlineData:
    """All views; cut once, then read from `cache`."""
    if not cache.is_file():
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, **_cut())
    content = np.load(cache)
    missed = dict(zip(content["missed_in"].tolist(), content["missed"].tolist(), strict=True))
    views = TrueViews(
        content["views"], content["truth"], content["knows_cell"], content["laboratory"]
    )
    return OutlineData(views, content["group"], missed)


def _cut() -> dict[str, np.ndarray]:
    views, truths, knows, laboratories, groups = [], [], [], [], []
    missed = dict.fromkeys((*MASKED, SIMULATED), 0)
    for laboratory, group, found, zoom, truth in (*_real(), *_simulated()):
        rows, masks = _matched(found, zoom, truth)
        missed[laboratory] += truth.count - len(rows)
        views.append(views_of(found.sketch(), SPEC)[rows].astype(np.float16))
        truths.append(masks)
        known = not np.array_equal(truth.labels > 0, truth.nuclei > 0)
        knows += [known] * len(rows)
        laboratories += [laboratory] * len(rows)
        groups += [group] * len(rows)
    return {
        "views": np.concatenate(views),
        "truth": np.concatenate(truths).astype(np.float16),
        "knows_cell": np.array(knows, bool),
        "laboratory": np.array(laboratories),
        "group": np.array(groups),
        "missed_in": np.array(list(missed)),
        "missed": np.array(list(missed.values())),
    }


def _real():
    """Laboratory, group, what is found, zoom and true masks of each image with masks."""
    table = manifest()
    for _, row in table[table["mask"].notna()].iterrows():
        rgb = cv2.cvtColor(cv2.imread(str(FOLDER / row["file"])), cv2.COLOR_BGR2RGB)
        truth = truth_of(row)
        nucleus = truth.nucleus.astype(np.int32)
        cell = nucleus if truth.cell is None else (truth.cell | truth.nucleus).astype(np.int32)
        found = find_everywhere(ArraySource(rgb), NOMINAL_UM_PER_PX[row["dataset"]])
        if found is not None:
            yield row["dataset"], row["group"], *found, CellMasks(cell, nucleus)


def _simulated():
    for seed in range(SIMULATED_FIELDS):
        um_per_px = SCALES_UM_PER_PX[seed % len(SCALES_UM_PER_PX)]
        recipe = SmearRecipe(
            width_px=round(180 / um_per_px),
            height_px=round(140 / um_per_px),
            um_per_px=um_per_px,
            neutrophil=8,
            clusters=CLUSTERS[seed % len(CLUSTERS)],
            touching_fraction=0.3,
        )
        smear = simulate_smear(recipe, seed=10_000 + seed)
        found = find_everywhere(ArraySource(smear.pixels), um_per_px)
        if found is not None:
            yield SIMULATED, f"{SIMULATED}-{seed}", *found, smear.masks


def _matched(found: FoundCells, zoom: float, truth: CellMasks) -> tuple[list[int], np.ndarray]:
    """Numbers (from 0) of the found cells that are true ones, and their true masks as views."""
    sketch = found.sketch()
    masks = sample_truth(sketch, zoom, truth)
    rows, chosen = [], []
    guess = views_of(sketch, SPEC)[..., 3] > 0.5
    taken = set()
    for k in range(len(masks)):
        inside = masks[k, ..., 0][guess[k]]
        votes = np.bincount(inside[inside > 0].astype(int), minlength=1)
        if votes.sum() == 0 or (name := int(votes.argmax())) in taken:
            continue
        taken.add(name)
        rows.append(k)
        chosen.append(masks[k] == name)
    return rows, np.array(chosen, np.float16).reshape(-1, SPEC.size_px, SPEC.size_px, 2)


def sample_truth(sketch: Sketch, zoom: float, truth: CellMasks) -> np.ndarray:
    """True nuclei and cells as the views show them: ndarray, shape (N, S, S, 2), float32."""
    place = sketch.frames(SPEC).zoomed(zoom), SPEC.size_px
    masks = (truth.nuclei.astype(np.float32), truth.labels.astype(np.float32))
    return np.stack([sample(mask, *place, cv2.INTER_NEAREST) for mask in masks], axis=-1)
