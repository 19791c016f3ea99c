"""Model folders: found by id or path, checked file by file before anything is loaded."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype.errors import ModelIntegrityError, ModelNotFoundError
from napari_all_subtype.model.backbones import build_backbone
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.card import CARD_NAME, COMPACT, ModelCard, read_card
from napari_all_subtype.model.network import build_network
from napari_all_subtype.model.weight_files import check_weights

if TYPE_CHECKING:
    import keras

BUNDLED = "bundled"
BUNDLED_ID = "compact-3"
WEIGHTS_NAME = "model.weights.h5"


def bundled_folder() -> Path:
    """Folder of the models that come with the package."""
    return Path(str(files("napari_all_subtype"))) / "bundled"


def model_folders() -> tuple[Path, ...]:
    """Folders of the models that come with the package, by name."""
    return model_folders_in(bundled_folder())


def model_folders_in(place: Path) -> tuple[Path, ...]:
    """Folders of the models in `place`, by name; none where there is no such folder."""
    return tuple(sorted(path.parent for path in place.glob(f"[!.]*/{CARD_NAME}")))


def find_model(model: str | Path = BUNDLED, places: Sequence[Path] = ()) -> Path:
    """Folder of the model named by an id, by ``bundled`` or by its own path.

    Parameters
    ----------
    places : sequence of Path
        Folders with further models, each in a folder called by its id. What comes with
        the package is found first.

    Raises
    ------
    ModelNotFoundError
        If there is no such model; the message lists those there are.
    """
    known: dict[str, Path] = {}
    for place in (bundled_folder(), *places):
        for folder in model_folders_in(place):
            known.setdefault(folder.name, folder)
    name = BUNDLED_ID if str(model) == BUNDLED else str(model)
    if name in known:
        return known[name]
    folder = Path(model)
    if (folder / CARD_NAME).is_file():
        return folder
    raise ModelNotFoundError(
        f"No model {Path(name).name!r}: it is neither a known id nor a folder with {CARD_NAME}. "
        f"Known ids: {', '.join([BUNDLED, *known]) if known else 'none'}. A model of a project is "
        "named by its folder, PROJECT/models/ID."
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_files(folder: Path, card: ModelCard) -> None:
    """Compare each file of a model with the hash its card records.

    Raises
    ------
    ModelIntegrityError
        If a file is missing, is not recorded as weights, or differs.
    """
    if card.weights not in card.files:
        raise ModelIntegrityError(
            f"The card of {card.id} records no SHA-256 of its weights {card.weights!r}. "
            "Get the model again."
        )
    for name, expected in card.files.items():
        if not (folder / name).is_file():
            raise ModelIntegrityError(
                f"{name} of model {card.id} is missing from {folder.name}. Get the model again."
            )
        found = sha256_of(folder / name)
        if found != expected:
            raise ModelIntegrityError(
                f"{name} of model {card.id} has SHA-256 {found[:12]}…, its card says "
                f"{expected[:12]}…: the file is damaged or was changed. Get the model again."
            )


def build_of(card: ModelCard) -> keras.Model:
    """The network that `card` describes, untrained."""
    if card.architecture == COMPACT:
        return build_network(card.crop_spec, len(card.classes), card.network)
    return build_backbone(card.architecture, card.crop_spec, len(card.classes), card.head)


def load_network(
    model: str | Path = BUNDLED, places: Sequence[Path] = ()
) -> tuple[keras.Model, ModelCard]:
    """Network with its weights, and its card; nothing is loaded before all hashes match.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If the model is not there, or is not what its card says.
    """
    folder = find_model(model, places)
    card = read_card(folder)
    check_files(folder, card)
    try:
        check_weights(folder / card.weights)
        network = build_of(card)
        with warnings.catch_warnings():
            # Keras only warns of layers it found no weights for, and leaves them random.
            warnings.simplefilter("error", UserWarning)
            network.load_weights(folder / card.weights)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        raise ModelIntegrityError(
            f"{card.weights} of model {card.id} does not fit the network its card describes. "
            "Get the model again."
        ) from error
    return network, card


def save_weights(network: keras.Model, folder: Path, name: str = WEIGHTS_NAME) -> Path:
    """Write the weights alone; a compiled network is copied first, to leave its optimizer out."""
    if network.compiled:
        # The configuration leaves out what it was compiled with; clone_model does not.
        copy = load_keras().Model.from_config(network.get_config())
        copy.set_weights(network.get_weights())
        network = copy
    path = folder / name
    try:
        network.save_weights(path)
    except (OSError, RuntimeError) as error:
        # HDF5 tells what the system said in the middle of a long text, if at all.
        found = re.search(r"errno = (\d+)", str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1]))) from error
    return path
