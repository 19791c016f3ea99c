"""What a network makes of cells in another laboratory's stain, and what its features tell of it."""

from __future__ import annotations

import numpy as np
from bundled_data import SPEC, Cells
from bundled_folds import counted

from napari_all_subtype.model.augmentation import stain_statistics, swap_stain
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.classifier import predict_logits

# The layers that the opinions of the network are read from.
FEATURES = ("embedding", "shape")


def features_of(network, crops: np.ndarray) -> dict[str, np.ndarray]:
    """Penultimate features by layer, ``features …``: ndarray, shape (N, F), float16."""
    keras = load_keras()
    found = {}
    for name in FEATURES:
        inner = keras.Model(network.input, network.get_layer(name).output)
        found[f"features {name}"] = predict_logits(inner, crops, batch_size=256).astype(np.float16)
    return found


def recoloured_like(
    laboratory: str, network, cells: Cells, test: np.ndarray
) -> dict[str, np.ndarray]:
    """Logits of blasts kept apart, each in the stain of a chance cell of `laboratory`.

    Nothing where that laboratory has blasts of its own.

    Returns
    -------
    dict
        ``recoloured <laboratory>``: ndarray, shape (M, K); ``recoloured rows``: (M,).
    """
    own = cells.laboratory == laboratory
    if (own & cells.teaching & (cells.word == "blast")).any():
        return {}
    rows = np.flatnonzero(test & cells.teaching & counted(cells) & (cells.word == "blast"))
    pool = cells.crops[own & cells.teaching & cells.found]
    rng = np.random.default_rng(0)
    crops = cells.crops[rows].copy()
    for crop in crops:
        target = stain_statistics(pool[rng.integers(len(pool))][..., :3], SPEC.ground)
        crop[..., :3] = swap_stain(np.ascontiguousarray(crop[..., :3]), target, 1.0, SPEC.ground)
    logits = predict_logits(network, crops, batch_size=256)
    return {f"recoloured {laboratory}": logits, "recoloured rows": rows}
