"""StarDist (Schmidt et al., MICCAI 2018) with weights of its own, as a network that outlines."""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import numpy as np

from napari_all_subtype.errors import ModelNotFoundError
from napari_all_subtype.model.backend import load_keras

DEFAULT_MODEL = "2D_versatile_he"
_CONFIG_FILE = "config.json"


@dataclass(frozen=True)
class StarDistNetwork:
    """A loaded StarDist model of colour images.

    Parameters
    ----------
    model : stardist.models.StarDist2D
    model_name : str
        Of its folder, or under which StarDist knows it.
    """

    model: object
    model_name: str

    @property
    def name(self) -> str:
        """``StarDist 0.9.2, my-model``."""
        return f"StarDist {version('stardist')}, {self.model_name}"

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Labels, shape (Y, X), of `pixels`, shape (Y, X, 3), float32, about 0 to 1."""
        labels, _ = self.model.predict_instances(pixels, axes="YXC", show_tile_progress=False)
        return labels


def load_stardist(model: str | None = None) -> StarDistNetwork:
    """The model in the folder `model`, or the one StarDist has on this machine by that name.

    Raises
    ------
    ModelNotFoundError
        If there is none, it is damaged, or it is not for colour images. Nothing is downloaded.
    """
    load_keras()  # quietly; StarDist's own import would let TensorFlow chatter
    from stardist.models import StarDist2D

    chosen = model or DEFAULT_MODEL
    folder = Path(chosen) if (Path(chosen) / _CONFIG_FILE).is_file() else _kept(chosen)
    try:
        with redirect_stdout(StringIO()):  # it prints its thresholds
            loaded = StarDist2D(
                None, name=folder.resolve().name, basedir=str(folder.resolve().parent)
            )
    except Exception as error:  # configuration and weights fail in ways of their own
        raise ModelNotFoundError(
            f"{folder.name} cannot be loaded as a StarDist model ({type(error).__name__}). "
            "Expected the folder that StarDist wrote: config.json and weights."
        ) from error
    channels = loaded.config.n_channel_in
    if channels != 3:
        raise ModelNotFoundError(
            f"{folder.name} is a StarDist model for {channels} channel(s). Expected one for "
            "colour images, with 3; choose another."
        )
    return StarDistNetwork(loaded, folder.name.removesuffix("_extracted"))


def _kept(name: str) -> Path:
    """Folder in which StarDist keeps a model that it has downloaded before."""
    from csbdeep.models.pretrained import get_model_details
    from stardist.models import StarDist2D

    try:
        key, _, details = get_model_details(StarDist2D, name)
    except ValueError:
        raise ModelNotFoundError(
            f"There is no StarDist model {Path(name).name}. Expected the folder of a model, with "
            f"its config.json, or a name that StarDist knows, as {DEFAULT_MODEL}."
        ) from None
    keras_home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    kept = keras_home / "models" / StarDist2D.__name__ / key
    for config in sorted(kept.rglob(_CONFIG_FILE)):
        return config.parent
    raise ModelNotFoundError(
        f"StarDist has no weights called {key} on this machine, and nothing is downloaded "
        f"unasked. They are at {details['url']}: unpack that file, and name its folder as "
        "the segmenter's model."
    )
