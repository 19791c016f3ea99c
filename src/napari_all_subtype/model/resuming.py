"""A training that was killed goes on: known by all that its weights depend on."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np

from napari_all_subtype.model.checkpoints import State, read_checkpoint
from napari_all_subtype.model.draws import TrainingCrops
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.model.phase import Keeping
from napari_all_subtype.model.starting import Start

# Another one wherever the same cells and parameters come to give other weights.
SCHEME = 2


def resumed(folder: Path | None, told: str) -> tuple[Keeping, State]:
    """Where checkpoints are kept, and the state to go on from: a new one where there is none.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.
    told : str
        The fingerprint of the training.
    """
    found = read_checkpoint(folder, told) if folder is not None else None
    return Keeping(folder, told), found.state if found is not None else State()


def fingerprint(
    start: Start,
    training: TrainingCrops,
    validation: TrainingCrops | None,
    parameters: TrainingParameters,
    augmentation: AugmentationParameters,
    seed: int,
) -> str:
    """Hash of all that the weights depend on."""
    digest = hashlib.sha256()
    names = (SCHEME, start.architecture, start.weights, start.parent, start.first, seed)
    told = (names, asdict(start.spec), parameters.model_dump(), augmentation.model_dump())
    digest.update(repr(told).encode())
    for part in (training, validation):
        arrays = () if part is None else (part.crops, part.allowed, part.considered, part.chance)
        for array in arrays:
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        if part is not None:
            digest.update("\n".join(map(str, part.laboratory)).encode())
    return digest.hexdigest()
