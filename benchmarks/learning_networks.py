"""Networks that never saw a laboratory: trained once on the others, kept in build/."""

from __future__ import annotations

import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np
import train_bundled
from bundled_data import ALL, Cells
from learning_data import REPOSITORY, SIDES, SPEC, crops_of
from learning_heads import Backbone, HeadLearner

from napari_all_subtype.learning.training_set import TrainingSet
from napari_all_subtype.model.network import OUTLINE, PICTURE, build_network

FOLDER = REPOSITORY / "build" / "learning" / "networks"
# Real cells alone: what the simulator and the FAB rules add concerns the subtypes.
DATASETS = ("mll", "all_idb2", "segmentation_wbc_d1", "segmentation_wbc_d2")
STEPS = {PICTURE: 150, OUTLINE: 200}
SEED = 0


@lru_cache(maxsize=4)
def without(dataset: str, steps: tuple[int, int] | None = None) -> Backbone:
    """The bundled network's kind, trained on every other laboratory; minutes the first time.

    Its body is trained as the bundled model's; then its head learns the two sides anew.
    """
    picture, outline = steps or tuple(STEPS.values())
    path = FOLDER / f"without {dataset} {picture} {outline} {SEED}.weights.h5"
    sides = path.with_name(path.name.replace(".weights", " sides.weights"))
    network = build_network(SPEC, len(SIDES))
    name = f"compact, trained without {dataset}"
    if not sides.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = _others(dataset)
        if not path.is_file():
            _trained(cells, {PICTURE: picture, OUTLINE: outline}).save_weights(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the head has other classes, and learns anew
            network.load_weights(path, skip_mismatch=True)
        _taught(Backbone.of(name, network), cells)
        network.save_weights(sides)
    network.load_weights(sides)
    return Backbone.of(name, network, knows=True)


def _others(dataset: str) -> Cells:
    """The cells of every other laboratory."""
    columns = [crops_of(name) for name in DATASETS if name != dataset]
    return Cells(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))


def _trained(cells: Cells, steps: dict[str, int]):
    plan = train_bundled.Plan(ALL, steps, FOLDER, FOLDER)
    network, losses = train_bundled.train(cells, np.ones(len(cells.word), bool), SEED, plan)
    print(f"a network of {len(cells.word)} cells: losses {np.round(losses, 3)}", flush=True)
    return network


def _taught(backbone: Backbone, cells: Cells) -> None:
    """Teach the head of `backbone` the two sides."""
    cells = cells.at(cells.teaching & cells.found)
    split = ["train"] * len(cells.word)
    told = TrainingSet.of(cells.crops, cells.word.tolist(), cells.group.tolist(), split, SIDES)
    with tempfile.TemporaryDirectory() as folder:
        HeadLearner(backbone, SIDES).learn(told, "head", Path(folder) / "head", SEED)
