"""Networks that never saw a laboratory: trained on the others, kept in build/learning."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import train_bundled
from bundled_data import ALL, SMALL, Cells, load_cells
from learning_data import REPOSITORY, SIDES, SPEC
from learning_heads import Backbone, HeadLearner

from napari_all_subtype.learning.training_set import TrainingSet
from napari_all_subtype.model.network import OUTLINE, PICTURE, build_network

FOLDER = REPOSITORY / "build" / "learning" / "networks"
SEED = 0


@lru_cache(maxsize=4)
def without(dataset: str, steps: tuple[int, int] | None = None) -> Backbone:
    """The bundled network's kind, trained on every other laboratory; minutes the first time.

    Trained as the bundled model is, simulated cells and FAB rules and all; then its head learns
    the two sides anew. With `steps` of both opinions, fewer than its own, on few cells.
    """
    plan, extent = train_bundled.FULL, ALL
    if steps:
        extent = SMALL
        plan = replace(plan, steps=dict(zip((PICTURE, OUTLINE), steps, strict=True)))
    name = " ".join(map(str, (f"without {dataset}", *plan.steps.values(), SEED)))
    path = FOLDER / f"{name}.weights.h5"
    sides = path.with_name(f"{name} sides.weights.h5")
    network = build_network(SPEC, len(SIDES))
    if not sides.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = load_cells(extent=extent)
        cells = cells.at(cells.laboratory != dataset)
        if not path.is_file():
            trained, losses = train_bundled.train(cells, np.ones(len(cells.word), bool), SEED, plan)
            print(f"{name}: {len(cells.word)} cells, losses {np.round(losses, 3)}", flush=True)
            trained.save_weights(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the head has other classes, and learns anew
            network.load_weights(path, skip_mismatch=True)
        _taught(Backbone.of(dataset, network), cells)
        network.save_weights(sides)
    network.load_weights(sides)
    return Backbone.of(f"compact, trained without {dataset}", network, knows=True)


def _taught(backbone: Backbone, cells: Cells) -> None:
    """Teach the head of `backbone` the two sides."""
    cells = cells.at(cells.teaching & cells.found)
    split = ["train"] * len(cells.word)
    told = TrainingSet.of(cells.crops, cells.word.tolist(), cells.group.tolist(), split, SIDES)
    with tempfile.TemporaryDirectory() as folder:
        HeadLearner(backbone, SIDES).learn(told, "head", Path(folder) / "head", SEED)
