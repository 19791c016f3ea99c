"""The file beside a model's card that tells which pictures it learned from."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from napari_all_subtype.errors import ModelIntegrityError
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.model.card import CARD_NAME, read_card
from napari_all_subtype.model.weights import bundled_folder

PICTURES_NAME = "pictures.json"
SIMULATED = "simulated"  # pictures that the program draws are nobody's test
MAX_BYTES = 100_000_000


def write_pictures(pictures: Pictures, folder: Path) -> Path:
    """Write what a model saw beside its card: the file."""
    path = folder / PICTURES_NAME
    path.write_bytes((pictures.model_dump_json(indent=1) + "\n").encode())
    return path


def read_pictures(folder: Path) -> Pictures | None:
    """What the model in `folder` saw; None where it does not say.

    Raises
    ------
    ModelIntegrityError
        If the file is not such a one.
    """
    path = folder / PICTURES_NAME
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        return Pictures.model_validate_json(path.read_bytes())
    except ValueError as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise ModelIntegrityError(
            f"{PICTURES_NAME} of {folder.name} is not what it should be ({why}): expected the "
            "digests of the pictures that the model learned from. Get the model again."
        ) from error


def pictures_of_weights(path: Path) -> Pictures:
    """What weights of a user's own saw: the folder of a model, or a file in or out of one.

    Raises
    ------
    ModelIntegrityError
        If the model in the folder is not one, or what it tells of its pictures is damaged.
    """
    folder = path if path.is_dir() else path.parent
    if folder.parent == bundled_folder():
        taught = (one.dataset for one in read_card(folder).trained_on)
        return Pictures(whole=False, datasets=frozenset(taught) - {SIMULATED})
    if not (folder / CARD_NAME).is_file():
        return Pictures(whole=False)
    if path != folder and path.name != read_card(folder).weights:
        return Pictures(whole=False)
    return read_pictures(folder) or Pictures(whole=False)
