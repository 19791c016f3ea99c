"""Train the bundled model on ../shared/data, and measure it on cells kept apart.

python scripts/train_bundled.py cut        cut the crops anew (build/bundled-crops)
python scripts/train_bundled.py evaluate   every fold not yet in build/ -> docs/figures/model.*
python scripts/train_bundled.py fit        the model itself -> src/.../bundled/<id>
python scripts/train_bundled.py card       new figures and temperature on its card, same weights
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import time
from pathlib import Path

import numpy as np
from bundled_data import ROOT, SPEC, Cells, hash_of, load_cells, training_crops
from bundled_figures import write_figures
from bundled_package import write_model
from imagenet_weights import start_from_imagenet
from sklearn.model_selection import StratifiedGroupKFold

from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.fitting import fit
from napari_all_subtype.model.network import OUTLINE, PICTURE, build_network, opinions_of
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    FittingParameters,
    NetworkParameters,
)
from napari_all_subtype.model.weights import load_network
from napari_all_subtype.taxonomy import FAB5

FOLDS = ROOT / "build" / "bundled-folds"
SEEDS = (0, 1, 2, 3, 4)
CROSS_FOLDS = 5
NETWORK = NetworkParameters()
# Each opinion of the network learns alone; what reads the outlines starts from nothing and
# learns faster, and no colour reaches it.
FITTING = {
    PICTURE: FittingParameters(),
    OUTLINE: FittingParameters(learning_rate=2e-3, crops_per_epoch=12800),
}
AUGMENTATION = AugmentationParameters()
SETTING = [
    NETWORK.model_dump(),
    {name: parameters.model_dump() for name, parameters in FITTING.items()},
    AUGMENTATION.model_dump(),
]

# Laboratories left out together. d2 and txl_pbc come from the same kind of analyser.
LEFT_OUT = {
    "without all_idb2": ("all_idb2",),
    "without mll": ("mll",),
    "without txl_pbc, d2": ("txl_pbc", "segmentation_wbc_d2"),
    "without txl_raabin, d1": ("txl_raabin", "segmentation_wbc_d1"),
    "without bccd, draaslan": ("bccd", "draaslan"),
}
# The folds that every seed measures; the others only the first.
MANY_SEEDS = ("without all_idb2", "without mll")


def folds_of(cells: Cells) -> dict[str, np.ndarray]:
    """Name of each fold to its test cells, (N,) bool; a group is never on both sides."""
    real = np.flatnonzero(cells.teaching)
    folds = {name: np.isin(cells.laboratory, labs) for name, labs in LEFT_OUT.items()}
    splitter = StratifiedGroupKFold(CROSS_FOLDS, shuffle=True, random_state=0)
    strata = np.char.add(cells.laboratory.astype(str), cells.word.astype(str))[real]
    for k, (_, test) in enumerate(splitter.split(real, strata, cells.group[real])):
        groups = np.unique(cells.group[real[test]])
        folds[f"fold {k + 1} of {CROSS_FOLDS}"] = np.isin(cells.group, groups)
    return folds


def split_hash(folds: dict[str, np.ndarray]) -> str:
    """Short hash of which cell is tested in which fold."""
    digest = hashlib.sha256()
    for name in sorted(folds):
        digest.update(name.encode() + np.packbits(folds[name]).tobytes())
    return digest.hexdigest()[:16]


def commit() -> str:
    """Commit the figures were measured at, ``-dirty`` if what they rest on differed from it."""
    package = "src/napari_all_subtype"
    rests_on = [f"{package}/{name}" for name in ("model", "cells", "simulate", "config.py")]

    def git(*words: str) -> str:
        found = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return found.stdout.strip()

    dirty = git("status", "--porcelain", "--", *rests_on, "scripts")
    return git("rev-parse", "--short=12", "HEAD") + ("-dirty" if dirty else "")


def train(cells: Cells, rows: np.ndarray, seed: int):
    """Network trained on the teaching and simulated cells among `rows`, and its last losses."""
    load_keras().utils.set_random_seed(seed)
    network = build_network(SPEC, len(FAB5), NETWORK)
    start_from_imagenet(network)
    training = training_crops(cells.at(rows))
    losses = [
        fit(opinion, training, seed, FITTING[name], AUGMENTATION, SPEC.ground)[-1]
        for name, opinion in opinions_of(network).items()
    ]
    return network, losses


def evaluate(cells: Cells, only: str, seeds: tuple[int, ...]) -> None:
    """Measure every fold and seed whose outputs are not kept yet."""
    folds = folds_of(cells)
    key = hashlib.sha256(json.dumps([SETTING, hash_of(cells)]).encode()).hexdigest()[:12]
    for seed in seeds:
        for name, test in folds.items():
            path = FOLDS / key / f"{name} seed {seed}.npz"
            if only not in name or path.is_file() or (seed and name not in MANY_SEEDS):
                continue
            start = time.perf_counter()
            network, losses = train(cells, ~test, seed)
            rows = np.flatnonzero(test)
            logits = predict_logits(network, cells.crops[rows], batch_size=256)
            path.parent.mkdir(parents=True, exist_ok=True)
            seconds = time.perf_counter() - start
            kept = {"rows": rows, "logits": logits, "losses": losses, "seconds": seconds}
            np.savez(path, **kept, commit=commit())
            print(f"{path.stem}: {seconds:.0f} s, losses {np.round(losses, 3)}", flush=True)
    if only:
        return  # a part of the folds makes no page
    write_figures(cells, FOLDS / key, split_hash(folds), ROOT / "docs" / "figures", SETTING)


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("cut", "evaluate", "fit", "card"))
    parser.add_argument(
        "--only", default="", help="folds whose name holds this text; no page is written"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    arguments = parser.parse_args()
    cells = load_cells(recut=arguments.command == "cut")
    if arguments.command == "evaluate":
        evaluate(cells, arguments.only, tuple(arguments.seeds))
    if arguments.command in ("fit", "card"):
        seed = arguments.seeds[0]
        if arguments.command == "fit":
            network, losses = train(cells, np.ones(len(cells.word), bool), seed)
            print(f"losses {np.round(losses, 3)}", flush=True)
            trained_at = commit()
        else:
            network, old = load_network()
            seed, trained_at = old.seed, old.commit
        figures = ROOT / "docs" / "figures" / "model.json"
        folder = write_model(network, cells, seed, SETTING, figures, trained_at)
        print(Path(folder).relative_to(ROOT))


if __name__ == "__main__":
    main()
