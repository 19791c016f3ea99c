"""Train the network that draws outlines, one laboratory left out at a time.

python scripts/train_outlines.py   every fold not yet in build/outline-folds

It is measured by benchmarks/figures_segmentation.py. It is not in the product as long as it draws
the cells of laboratories it has not seen no better, all in all, than the classical method does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time

import numpy as np
from outline_data import MASKED, ROOT, SPEC, OutlineData, load_outline_data

from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.outline_fitting import fit_outlines
from napari_all_subtype.model.outline_network import NetworkOutliner, build_outline_network
from napari_all_subtype.model.parameters import OutlineFittingParameters
from napari_all_subtype.model.weights import save_weights

CACHE = ROOT / "build" / "outline-views.npz"
FOLDS = ROOT / "build" / "outline-folds"
SEEDS = (0,)
WIDTH = 16
FITTING = OutlineFittingParameters()


def train(data: OutlineData, rows: np.ndarray, seed: int) -> NetworkOutliner:
    """Outliner trained on the views `rows` of `data`."""
    load_keras().utils.set_random_seed(seed)
    network = build_outline_network(SPEC, WIDTH)
    losses = fit_outlines(network, data.views.at(rows), seed, FITTING)
    print("loss", " ".join(f"{loss:.3f}" for loss in losses), flush=True)
    return NetworkOutliner(network, SPEC)


def fold_key(data: OutlineData) -> str:
    """Short hash of the data and of all settings: folds of another are not reused."""
    setting = [FITTING.model_dump(), WIDTH, SPEC.size_px, SPEC.um_per_px, data.fingerprint]
    return hashlib.sha256(json.dumps(setting).encode()).hexdigest()[:12]


def outliner_without(data: OutlineData, laboratory: str, seed: int) -> NetworkOutliner:
    """Outliner that has never seen `laboratory`; trained once, then read from the disk."""
    folder = FOLDS / fold_key(data)
    name = f"{laboratory}-{seed}.weights.h5"
    if (folder / name).is_file():
        network = build_outline_network(SPEC, WIDTH)
        network.load_weights(folder / name)
        return NetworkOutliner(network, SPEC)
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    outliner = train(data, data.views.laboratory != laboratory, seed)
    save_weights(outliner.network, folder, name)
    print(f"without {laboratory}, seed {seed}: {time.perf_counter() - start:.0f} s", flush=True)
    return outliner


def main() -> None:
    """Train what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    data = load_outline_data(CACHE)
    for seed in parser.parse_args().seeds:
        for laboratory in MASKED:
            outliner_without(data, laboratory, seed)


if __name__ == "__main__":
    main()
