"""What a network in training is worth on its validation cells, and its temperature on them."""

from __future__ import annotations

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.model.calibration import fit_plain_temperature, fit_temperature
from napari_all_subtype.model.draws import TrainingCrops
from napari_all_subtype.model.phase import VAL_LOSS
from napari_all_subtype.taxonomy import Taxonomy

SPREAD = 0.3  # of the logarithm of the temperature, before any validation cell is seen
NOT_CALIBRATED = "not calibrated: too few validation cells"


def mean_of(opinions: object) -> np.ndarray:
    """Logits of one or several opinions as one."""
    some = opinions if isinstance(opinions, (list, tuple)) else [opinions]
    return np.mean([np.asarray(one, np.float32) for one in some], axis=0)


def figures_of(logits: np.ndarray, part: TrainingCrops, taxonomy: Taxonomy) -> dict[str, float]:
    """Loss on the words of cells, and how often the side is right: the class that has no parent."""
    z = logits.astype(np.float64)
    top = z.max(axis=1, keepdims=True)
    p = np.exp(z - top)
    right = np.maximum((p * part.allowed).sum(axis=1) / p.sum(axis=1), 1e-12)
    side = _side_of_class(taxonomy)
    sums = np.stack([p[:, side == one].sum(axis=1) for one in np.unique(side)], axis=1)
    truth = side[part.allowed.argmax(axis=1)]
    hit = np.unique(side)[sums.argmax(axis=1)] == truth
    per_kind = [hit[truth == one].mean() for one in np.unique(truth)]
    return {
        VAL_LOSS: float(np.average(-np.log(right), weights=part.chance)),
        "val_accuracy": float(hit.mean()),
        "val_balanced_accuracy": float(np.mean(per_kind)),
    }


def temperature_of(
    logits: np.ndarray | None, validation: TrainingCrops | None, taxonomy: Taxonomy
) -> tuple[float, str]:
    """Temperature on the validation cells, and how many these are."""
    if logits is None or validation is None:
        return 1.0, NOT_CALIBRATED
    groups = len(np.unique(validation.laboratory))
    told = f"{amount(len(logits), 'validation cell')} of {amount(groups, 'group')}"
    if not taxonomy.has_sides:
        return fit_plain_temperature(logits, validation.allowed, validation.chance, SPREAD), told
    blast = validation.allowed[:, [taxonomy.index(name) for name in taxonomy.blasts]].any(axis=1)
    normal = validation.allowed[:, taxonomy.index("normal")]
    known = blast != normal
    if not (blast & known).any() or not (normal & known).any():
        return 1.0, NOT_CALIBRATED
    weights = validation.chance[known]
    return fit_temperature(logits[known], blast[known], weights, taxonomy, SPREAD), told


def _side_of_class(taxonomy: Taxonomy) -> np.ndarray:
    """Column of the class at the top that each class is, or is a kind of: (K,), int."""
    parents = (one.parent if one.parent in taxonomy.names else one.name for one in taxonomy.classes)
    return np.array([taxonomy.index(name) for name in parents])
