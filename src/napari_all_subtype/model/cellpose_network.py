"""Cellpose (Pachitariu et al., 2025) with weights of its own, as a network that outlines."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from napari_all_subtype.errors import ModelNotFoundError

DEFAULT_MODEL = "cpsam_v2"


@dataclass(frozen=True)
class CellposeNetwork:
    """A loaded Cellpose model.

    Parameters
    ----------
    model : cellpose.models.CellposeModel
    model_name : str
        Of its file.
    """

    model: object
    model_name: str

    @property
    def name(self) -> str:
        """``Cellpose 4.2.1, my-model``."""
        return f"Cellpose {version('cellpose')}, {self.model_name}"

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Labels, shape (Y, X), of `pixels`, shape (Y, X, 3), float32, about 0 to 1."""
        labels, _, _ = self.model.eval(pixels, channel_axis=-1, normalize=False)
        return np.reshape(labels, pixels.shape[:2])


def load_cellpose(model: str | None = None) -> CellposeNetwork:
    """The model in the file `model`, or the one Cellpose has on this machine by that name.

    Raises
    ------
    ModelNotFoundError
        If there is none, or it is no model of this version. Nothing is downloaded.
    """
    from cellpose import models

    chosen = model or DEFAULT_MODEL
    kept = Path(models.MODEL_DIR)
    path = next((one for one in (Path(chosen), kept / chosen) if one.is_file()), None)
    if path is None:
        raise ModelNotFoundError(
            f"Cellpose has no weights called {Path(chosen).name} on this machine, and nothing is "
            f"downloaded unasked. Those of {', '.join(models.MODEL_NAMES)} are at "
            "https://huggingface.co/mouseland/cellpose-sam: name the file as the segmenter's "
            "model, or put it where Cellpose looks."
        )
    try:
        # By its whole path: a name that Cellpose does not find it would download.
        loaded = models.CellposeModel(gpu=True, pretrained_model=str(path.resolve()))
    except Exception as error:  # torch and Cellpose fail in ways of their own
        raise ModelNotFoundError(
            f"{path.name} cannot be loaded as a Cellpose model ({type(error).__name__}). Expected "
            f"a file that Cellpose {version('cellpose')} wrote."
        ) from error
    return CellposeNetwork(loaded, path.name)
