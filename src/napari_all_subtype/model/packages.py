"""Models that come from elsewhere: looked through and checked before anything is loaded."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import (
    AllSubtypeError,
    ModelIntegrityError,
    ModelMismatchError,
    ModelPackageError,
    OutputError,
    OutputExistsError,
)
from napari_all_subtype.files import PARTIAL, new_file, new_folder
from napari_all_subtype.model.card import CARD_NAME, DRAFT, ModelCard, read_card, write_card
from napari_all_subtype.model.opened_packages import opened_package, refuse_pickle
from napari_all_subtype.model.pictures_file import read_pictures
from napari_all_subtype.model.weight_files import ADVICE, check_weights
from napari_all_subtype.model.weights import check_files, load_network, sha256_of
from napari_all_subtype.taxonomy import Taxonomy

MANIFEST_NAME = "manifest.json"
UNPROVEN = (
    "It came without a hash of its card: nobody can tell whether the card is the one that was "
    "written with it."
)


def export_package(
    folder: Path, out: Path, card: ModelCard | None = None, overwrite: bool = False
) -> ModelCard:
    """Write the model in `folder` into a ZIP file that `import_package` takes: its card.

    Parameters
    ----------
    card : ModelCard, optional
        In place of the one in the folder: without the name of who released it.
    overwrite : bool
        Replace an earlier file.

    Raises
    ------
    ModelIntegrityError
        If the model is not what its card says: it does not leave the machine so.
    OutputExistsError, OutputError
        If `out` is there already or cannot be written.
    """
    kept = read_card(folder)
    check_files(folder, kept)
    told = card or kept
    with new_file(out, overwrite) as partial, zipfile.ZipFile(partial, "w") as package:
        card_text = (told.model_dump_json(indent=2) + "\n").encode()
        package.writestr(CARD_NAME, card_text)
        package.writestr(MANIFEST_NAME, _manifest(card_text))
        for name in sorted(told.files):
            package.write(folder / name, name)
    return told


def import_package(
    source: Path,
    place: Path,
    taxonomy: Taxonomy | None = None,
    spec: CropSpec | None = None,
) -> tuple[ModelCard, Path]:
    """Bring a model from a ZIP file or a folder into `place`: its card and its folder.

    Nothing of it is loaded, and nothing runs, before every file was looked through. It
    appears in `place` whole, or not at all. It is a draft here, whoever released it elsewhere.
    One without a hash of its card, as a folder or an older package is, says so among its limits.

    Parameters
    ----------
    taxonomy, spec : Taxonomy, CropSpec, optional
        Classes and crops it must have.

    Raises
    ------
    ModelNotFoundError
        If there is no such file or folder, or no model in it.
    ModelPackageError, ModelVersionError, ModelIntegrityError
        If it holds what it may not, a newer program wrote it, or its files are not those its
        card records.
    ModelMismatchError
        If its classes or crops are others.
    OutputExistsError, OutputError
        If a model of this id is there already, or it cannot be written.
    """
    with opened_package(source) as (names, unpack), _named(source):
        # Of its own, however often the same package is brought in at the same time.
        inbox = place / f"{PARTIAL}{uuid4().hex}"
        try:
            with new_folder(inbox, own=()) as partial:
                unpack(partial)
                card = _checked(partial, names)
                _refuse_mismatch(card, taxonomy, spec)
                # Fits what the card describes, in the end: architecture from code, numbers alone.
                load_network(partial)
                limits = card.limits
                if MANIFEST_NAME not in names and UNPROVEN not in limits:
                    limits = (*limits, UNPROVEN)
                (partial / MANIFEST_NAME).unlink(missing_ok=True)
                draft = {"state": DRAFT, "release": None, "limits": limits}
                card = card.model_copy(update=draft)
                with_card(partial, card)
            folder = place / card.id
            _settle(inbox, folder)
        finally:
            shutil.rmtree(inbox, ignore_errors=True)
    return card, folder


@contextmanager
def _named(source: Path) -> Iterator[None]:
    """Have errors name what is brought in, and not the folder where it is looked through."""
    try:
        yield
    except AllSubtypeError as error:
        told = re.sub(rf"{re.escape(PARTIAL)}[\w-]+", source.name, str(error))
        raise type(error)(told) from error


def _settle(inbox: Path, folder: Path) -> None:
    """Give a whole model its place, in one step; a model that is there stays."""
    try:
        if not folder.exists():
            inbox.rename(folder)
            return
    except OSError as error:
        # Another program may have brought it in since that was looked up.
        if not folder.exists():
            raise OutputError(
                f"Cannot write {folder.name}: {error.strerror}. Choose another output."
            ) from error
    raise OutputExistsError(
        f"A model {folder.name} is there already. Remove it first: models remove {folder.name}."
    )


def with_card(folder: Path, card: ModelCard) -> None:
    """Replace the card of the model in `folder`; the older one stays until this one is whole."""
    with new_file(folder / CARD_NAME, overwrite=True) as partial:
        write_card(card, partial.parent, partial.name)


def _checked(folder: Path, names: list[str]) -> ModelCard:
    """The card in `folder`, once every file there was looked at."""
    for name in names:
        refuse_pickle(folder / name)
    if MANIFEST_NAME in names:
        _check_card(folder)
    card = read_card(folder)
    if extra := sorted(set(names) - set(card.files) - {CARD_NAME, MANIFEST_NAME}):
        raise ModelPackageError(
            f"{extra[0]} is in the package of {card.id}, and its card does not record it. {ADVICE}"
        )
    check_files(folder, card)
    read_pictures(folder)  # raises if it is none
    check_weights(folder / card.weights)
    return card


def _manifest(card_text: bytes) -> bytes:
    """What a package tells of its card, which tells of every other file."""
    return json.dumps({CARD_NAME: hashlib.sha256(card_text).hexdigest()}, indent=2).encode()


def _check_card(folder: Path) -> None:
    """Raise if the card in `folder` is not the one that the manifest beside it tells of."""
    try:
        told = json.loads((folder / MANIFEST_NAME).read_bytes())[CARD_NAME]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelIntegrityError(
            f"{MANIFEST_NAME} does not tell the SHA-256 of {CARD_NAME}: expected what models "
            "export writes. Get the model again."
        ) from error
    found = sha256_of(folder / CARD_NAME)
    if found != told:
        raise ModelIntegrityError(
            f"{CARD_NAME} has SHA-256 {found[:12]}…, the package says {str(told)[:12]}…: it was "
            "changed after the model was exported. Get the model again."
        )


def _refuse_mismatch(card: ModelCard, taxonomy: Taxonomy | None, spec: CropSpec | None) -> None:
    if taxonomy is not None and card.classes.meanings != taxonomy.meanings:
        raise ModelMismatchError(
            f"Model {card.id} tells {', '.join(card.classes.names)} apart, the project has "
            f"{', '.join(taxonomy.names)}. Import it without --project, or use a model of the "
            "project's classes."
        )
    if spec is not None and card.crop_spec != spec:
        raise ModelMismatchError(
            f"Model {card.id} takes crops of {card.crop_spec.size_px} pixels at "
            f"{card.crop_spec.um_per_px} µm per pixel, the project keeps {spec.size_px} at "
            f"{spec.um_per_px}. Import it without --project."
        )
