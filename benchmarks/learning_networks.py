"""Networks that never saw a laboratory: trained once on the others, kept in build/."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import train_bundled
from bundled_data import ALL, Cells
from learning_data import REPOSITORY, SPEC, crops_of
from learning_heads import Backbone

from napari_all_subtype.model.network import OUTLINE, PICTURE, build_network
from napari_all_subtype.taxonomy import FAB5

FOLDER = REPOSITORY / "build" / "learning" / "networks"
# Real cells alone: what the simulator and the FAB rules add concerns the subtypes.
DATASETS = ("mll", "all_idb2", "segmentation_wbc_d1", "segmentation_wbc_d2")
STEPS = {PICTURE: 150, OUTLINE: 200}
SEED = 0


@lru_cache(maxsize=4)
def without(dataset: str, steps: tuple[int, int] | None = None) -> Backbone:
    """The bundled network's kind, trained on every other laboratory; minutes the first time."""
    picture, outline = steps or tuple(STEPS.values())
    path = FOLDER / f"without {dataset} {picture} {outline} {SEED}.weights.h5"
    network = build_network(SPEC, len(FAB5))
    if not path.is_file():
        network = _trained(dataset, {PICTURE: picture, OUTLINE: outline})
        path.parent.mkdir(parents=True, exist_ok=True)
        network.save_weights(path)
    network.load_weights(path)
    return Backbone.of(f"compact, trained without {dataset}", network, knows=True)


def _trained(dataset: str, steps: dict[str, int]):
    columns = [crops_of(name) for name in DATASETS if name != dataset]
    cells = Cells(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
    plan = train_bundled.Plan(ALL, steps, FOLDER, FOLDER)
    every = np.ones(len(cells.word), bool)
    network, losses = train_bundled.train(cells, every, SEED, plan)
    print(f"network without {dataset}: losses {np.round(losses, 3)}", flush=True)
    return network
