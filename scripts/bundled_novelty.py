"""What the training cells look like, and whether what is no such cell is told from them.

python scripts/bundled_novelty.py     -> docs/figures/novelty.md and .json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import cv2
import numpy as np
import pandas as pd
import skimage.data
from bundled_commit import commit
from bundled_data import DATA, PIXEL_SIZE_UM, ROOT, SPEC, Cells, hash_of, load_cells
from sklearn.mixture import GaussianMixture

from napari_all_subtype.cells.crops import cut
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.model.augmentation import augment, stain_statistics
from napari_all_subtype.model.novelty import Familiarity, looks, outlines_of
from napari_all_subtype.model.parameters import AugmentationParameters
from napari_all_subtype.workflow.intervals import wilson

KINDS = 3  # distributions in the mixture: more take another laboratory's cells for strangers
MOST_PER_LABORATORY, COPIES = 250, 4
RARE = 0.99
SEED = 0
VARIED = AugmentationParameters(gray_chance=0.0, blind_chance=0.0)
OUTLIERS = 150


def familiarity_of(cells: Cells, seed: int = SEED) -> Familiarity:
    """The looks of the teaching cells, each shown as other laboratories could have shown it."""
    values = looks(_varied(cells.at(cells.teaching & cells.found), np.random.default_rng(seed)))
    centre, spread = values.mean(axis=0), values.std(axis=0)
    mixture = GaussianMixture(KINDS, reg_covar=0.05, random_state=seed)
    surprise = -mixture.fit((values - centre) / spread).score_samples((values - centre) / spread)
    return Familiarity(
        centre=centre.tolist(),
        spread=spread.tolist(),
        shares=mixture.weights_.tolist(),
        means=mixture.means_.tolist(),
        whitening=mixture.precisions_cholesky_.tolist(),
        typical=float(np.median(surprise)),
        rare=float(np.quantile(surprise, RARE)),
    )


def _varied(cells: Cells, rng: np.random.Generator) -> np.ndarray:
    """Crops of equally many cells of each laboratory, in other stains."""
    stains = np.stack([stain_statistics(crop[..., :3], SPEC.ground) for crop in cells.crops])
    names = np.unique(cells.laboratory)
    crops = []
    for name in names:
        rows = np.flatnonzero(cells.laboratory == name)
        others = [stains[cells.laboratory == other] for other in names if other != name]
        for row in rng.choice(rows, min(len(rows), MOST_PER_LABORATORY), replace=False):
            for _ in range(COPIES):
                pool = others[rng.integers(len(others))]
                crops.append(augment(cells.crops[row], pool, rng, VARIED, SPEC.ground))
    return np.stack(crops)


def strangers(cells: Cells, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Crops of what is no cell of the training, by its kind."""
    known = np.flatnonzero(cells.teaching & cells.found)
    crops = cells.crops[rng.choice(known, OUTLIERS, replace=False)]

    def blurred(sigma_um: float) -> Callable:
        sigma_px = sigma_um / SPEC.um_per_px
        return lambda crop: cv2.GaussianBlur(crop, (0, 0), sigma_px)

    def noise(crop: np.ndarray) -> np.ndarray:
        return rng.integers(0, 256, crop.shape).astype(np.uint8)

    return {
        "red cell, outlined as a cell": _boxed("rbc", rng),
        "platelet, outlined as a cell": _boxed("platelet", rng),
        "cell out of focus by 0.5 um (sigma)": _inside(crops, blurred(0.5)),
        "cell out of focus by 1.0 um": _inside(crops, blurred(1.0)),
        "cell out of focus by 1.5 um": _inside(crops, blurred(1.5)),
        "smudge: the nucleus's colour all over": _smudges(crops, rng),
        "photograph of a cat, a cup, a person": _inside(crops, _photographs(rng)),
        "noise": _inside(crops, noise),
    }


def _inside(crops: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`crops` with `change` made to what is shown of each cell."""
    changed = crops.copy()
    for crop in changed:
        shown = (crop[..., :3] != SPEC.ground).any(axis=-1)
        crop[..., :3][shown] = change(np.ascontiguousarray(crop[..., :3]))[shown]
    return changed


def _smudges(crops: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    changed = crops.copy()
    for crop in changed:
        shown = (crop[..., :3] != SPEC.ground).any(axis=-1)
        _, nucleus = outlines_of(crop)
        colour = crop[..., :3][nucleus if nucleus.any() else shown].mean(axis=0)
        flat = colour * 1.1 + rng.normal(0, 3, (np.count_nonzero(shown), 3))
        crop[..., :3][shown] = np.clip(flat, 0, 255).astype(np.uint8)
    return changed


def _photographs(rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    pictures = [skimage.data.chelsea(), skimage.data.coffee(), skimage.data.astronaut()]

    def part(crop: np.ndarray) -> np.ndarray:
        picture = pictures[rng.integers(len(pictures))]
        y, x = (rng.integers(0, n - 200) for n in picture.shape[:2])
        return cv2.resize(picture[y : y + 200, x : x + 200], crop.shape[:2])

    return part


def _boxed(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Crops of annotated red cells or platelets, each with an ellipse for a cell and a nucleus."""
    manifest = pd.read_csv(DATA / "manifest.csv")
    fields = manifest[manifest.dataset.isin(("txl_raabin", "txl_pbc", "bccd"))]
    crops = []
    for field in fields.sample(frac=1, random_state=int(rng.integers(1000))).itertuples():
        boxes = pd.read_csv(DATA / field.boxes)
        pixels = open_image(DATA / field.file).read()
        for box in boxes[boxes["name"] == kind].head(3).itertuples():
            crops.append(_ellipse_crop(pixels, box, PIXEL_SIZE_UM[field.dataset]))
            if len(crops) == OUTLIERS:
                return np.stack(crops)
    return np.stack(crops)


def _ellipse_crop(pixels: np.ndarray, box, um_per_px: float) -> np.ndarray:
    middle = ((box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2)
    masks = []
    for part in (1.0, 0.66):
        axes = (round((box.xmax - box.xmin) / 2 * part), round((box.ymax - box.ymin) / 2 * part))
        mask = np.zeros(pixels.shape[:2], np.uint8)
        cv2.ellipse(mask, (round(middle[0]), round(middle[1])), axes, 0, 0, 360, 1, -1)
        masks.append(mask > 0)
    return cut(pixels, tuple(masks), middle[::-1], um_per_px, SPEC)


def write_figures(cells: Cells) -> None:
    """Write docs/figures/novelty.md and .json."""
    whole = familiarity_of(cells)
    rows = []
    for kind, crops in strangers(cells, np.random.default_rng(1)).items():
        rows.append({"what": kind, "unknown": _share(whole, crops)})
    for name in sorted(np.unique(cells.laboratory[cells.teaching])):
        own = cells.teaching & cells.found & (cells.laboratory == name)
        without = familiarity_of(cells.at(cells.laboratory != name))
        rows.append(
            {
                "what": f"real cells of `{name}`",
                "unknown": _share(whole, cells.crops[own]),
                "unknown, laboratory left out": _share(without, cells.crops[own]),
            }
        )
    content = {
        "date": date.today().isoformat(),
        "commit": commit(),
        "data_hash": hash_of(cells),
        "seed": SEED,
        "rows": rows,
    }
    out = ROOT / "docs" / "figures"
    (out / "novelty.json").write_text(json.dumps(content, indent=1) + "\n")
    (out / "novelty.md").write_text(_page(content))


def _share(familiarity: Familiarity, crops: np.ndarray) -> dict[str, float]:
    """Share of `crops` above the threshold, with its 95 % Wilson interval."""
    count = int((familiarity.novelty(crops) > 1).sum())
    interval = wilson(count, len(crops))
    return {
        "n": len(crops),
        "value": round(count / len(crops), 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
    }


def _page(content: dict) -> str:
    lines = [
        "# What is called unknown",
        "",
        f"{content['date']}, commit `{content['commit']}`, crops {content['data_hash']}. Made by",
        "`make figures-novelty`. Share of crops whose novelty is above 1, the threshold of the",
        "product. Novelty is measured on size, shape and sharpness, not on colour, against the",
        "cells of the training; that other laboratories' cells are not taken for strangers is",
        "measured by leaving each laboratory out. The measures were chosen while looking at these",
        "strangers: the figures lean to the hopeful side. Red cells and platelets are cut at their",
        "annotated boxes as if the segmentation had taken them for a white cell. One seed;",
        "intervals are 95 %, of sampling single cells: those of one smear are more alike.",
        "",
        "| shown | n | called unknown | … with that laboratory left out |",
        "|---|---|---|---|",
    ]
    for row in content["rows"]:
        whole, apart = row["unknown"], row.get("unknown, laboratory left out")
        shown = f"{_words(whole)} | {_words(apart) if apart else ''}"
        lines.append(f"| {row['what']} | {whole['n']} | {shown} |")
    return "\n".join(lines) + "\n"


def _words(share: dict[str, float]) -> str:
    return f"{share['value']:.3f} ({share['low']:.3f}–{share['high']:.3f})"


if __name__ == "__main__":
    write_figures(load_cells())
