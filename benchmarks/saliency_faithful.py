"""Does the map of what the network looked at follow what covering parts of a cell does.

``make figures-saliency`` writes ``docs/figures/saliency.md`` and ``saliency.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from checkout import commit
from development_images import REPOSITORY, manifest
from scipy.stats import spearmanr

sys.path.insert(0, str(REPOSITORY / "scripts"))

from bundled_pictures import TEACHES, pictures_of

from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.model.backend import gradient, load_keras
from napari_all_subtype.model.calibration import blast_logit
from napari_all_subtype.model.classifier import Classifier, load_classifier
from napari_all_subtype.model.network import PICTURE, opinions_of
from napari_all_subtype.model.saliency import feature_split, inside_of, log_odds_of_places
from napari_all_subtype.simulate import simulate_cells

COVER_UM, STEP_UM = 1.6, 2.1  # standard deviation of a cover, and between two of them
PAGE = """# Does the map of one cell follow what the network does

Made by `make figures-saliency` at commit `{commit}`, of {model}. Rank correlation, over the places
of a cell, of a map with how far covering each place by a soft disc of the cell's median colour
lowers the log odds of blast; covers are no truth either, and real cells were in the training. All
maps on the same features. *Turned*: correlation of the map shown with that of the crop turned by 90
degrees. *Gap*: log odds by which its places miss what they should sum to. Median cell, quarters.

| figure, on {cells} | value |
|---|---|
{table}
"""


def main() -> None:
    """Measure, write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=15, help="of each kind")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "figures")
    arguments = parser.parse_args()
    classifier = load_classifier()
    kinds, crops = zip(*crops_of(classifier, arguments.cells), strict=True)
    found = pd.DataFrame([judged(classifier, crop) for crop in crops])
    figures = {name: found[name].quantile([0.25, 0.5, 0.75]).round(3).tolist() for name in found}
    report = {"commit": commit(), "model": classifier.card.identity, "cells": Counter(kinds)}
    cells = ", ".join(f"{count} {kind}" for kind, count in report["cells"].items())
    rows = [f"| {name} | {m:.2f} ({a:.2f} to {b:.2f}) |" for name, (a, m, b) in figures.items()]
    page = PAGE.format(**report | {"cells": cells, "table": "\n".join(rows)})
    (arguments.out / "saliency.json").write_text(json.dumps(report | figures, indent=1) + "\n")
    (arguments.out / "saliency.md").write_text(page)


def crops_of(classifier: Classifier, count: int) -> Iterator[tuple[str, np.ndarray]]:
    """Kind and crop of some cells: real ones of two laboratories, and simulated ones."""
    rows = manifest().assign(word=lambda table: table["label"].map(TEACHES))
    rows = rows[rows["dataset"].isin(("all_idb2", "mll"))].groupby(["dataset", "word"])
    shown = [
        (f"`{name}` {one.word}", one)
        for name, images in rows.sample(count, random_state=0).groupby("dataset")
        for one in pictures_of(images)
    ]
    drawn = (
        (f"simulated {k}", c) for k in ("lymphocyte", "blast") for c in simulate_cells(count, k)
    )
    for kind, one in (*shown, *drawn):
        cell = crop_single_cell(one.pixels, one.um_per_px, classifier.crop_spec)
        if cell.found:
            yield kind, cell.crop


def judged(classifier: Classifier, crop: np.ndarray) -> dict[str, float]:
    """How each sort of map agrees with covers, and two checks of the one that is shown."""
    opinion = opinions_of(classifier.network).get(PICTURE, classifier.network)
    spec, taxonomy = classifier.crop_spec, classifier.taxonomy
    inside, size = inside_of(crop, spec), crop.shape[1::-1]
    both = (crop, np.ascontiguousarray(np.rot90(crop)))
    shown, turned = (log_odds_of_places(opinion, one, spec, taxonomy) for one in both)
    maps = {"as shown": shown} | _at_the_crop(opinion, crop)
    fine = {name: cv2.resize(places, size) for name, places in maps.items()}
    covers = _covers(inside, spec.um_per_px)[..., None]
    empty = np.full_like(crop, spec.ground) * np.array([1, 1, 1, 0][: crop.shape[2]], np.uint8)
    covered = np.repeat(crop[None], len(covers), axis=0)
    colour = np.median(crop[inside][:, :3], axis=0)
    covered[..., :3] = crop[..., :3] + covers * (colour - crop[..., :3])
    odds = blast_logit(opinion(np.stack([crop, empty, *covered]), training=False))
    weighed = {name: (covers[..., 0] * m).sum(axis=(1, 2)) for name, m in fine.items()}
    found = {name: float(spearmanr(w, odds[0] - odds[2:])[0]) for name, w in weighed.items()}
    back = np.rot90(cv2.resize(turned, size), -1)
    found["turned"] = float(np.corrcoef(fine["as shown"][inside], back[inside])[0, 1])
    return found | {"gap": abs(float(shown.sum()) - (odds[0] - odds[1]))}


def _at_the_crop(opinion, crop: np.ndarray) -> dict[str, np.ndarray]:
    """What is usual instead: gradients at the crop itself, by place or averaged over the map."""
    before, after = feature_split(opinion)
    features, ops = before(crop[None], training=False), load_keras().ops

    def log_odds(at):
        logits = after(at, training=False)
        return ops.logsumexp(logits[:, 1:], axis=1) - logits[:, 0]

    slope = gradient(log_odds, features)
    found = {"HiResCAM": slope, "Grad-CAM": ops.mean(slope, axis=(1, 2), keepdims=True)}
    return {k: ops.convert_to_numpy(ops.sum(features * s, axis=-1))[0] for k, s in found.items()}


def _covers(inside: np.ndarray, um_per_px: float) -> np.ndarray:
    """How far each cover hides each pixel of the cell: ndarray, shape (N, S, S), 0–1."""
    sigma, step = COVER_UM / um_per_px, round(STEP_UM / um_per_px)
    y, x = np.mgrid[: len(inside), : len(inside)]
    at = np.arange(step // 2, len(inside), step)
    discs = [np.exp(-((y - b) ** 2 + (x - a) ** 2) / (2 * sigma**2)) for b in at for a in at]
    covers = np.stack(discs) * inside
    return covers[covers.sum(axis=(1, 2)) > 0.3 * 2 * np.pi * sigma**2]


if __name__ == "__main__":
    main()
