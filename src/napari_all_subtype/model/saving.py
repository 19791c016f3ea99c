"""A trained network as the folder of a model, with its card: whole, or not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.files import new_folder
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.model.card import (
    CARD_FORMAT,
    CARD_NAME,
    DRAFT,
    TAXONOMIES,
    ModelCard,
    write_card,
)
from napari_all_subtype.model.card_parts import Measurement, TrainingData
from napari_all_subtype.model.pictures_file import write_pictures
from napari_all_subtype.model.starting import Start
from napari_all_subtype.model.training import Fitted
from napari_all_subtype.model.weights import WEIGHTS_NAME, load_network, save_weights, sha256_of
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY, Taxonomy

LIBRARIES = ("keras", "tensorflow", "numpy")
OWN_DATA = "own cells"


@dataclass(frozen=True)
class Told:
    """What is told of a model that this machine trained, beside its network.

    Parameters
    ----------
    id : str
    taxonomy : Taxonomy
    words : dict of str to int
        Cells that taught each class, in a person's word.
    crops, groups : int
        Of the training part, pseudo-labels included.
    validation_crops, validation_groups : int
    seed : int
    split_hash, data_hash : str
    settings : mapping
        Parameters of its training, without paths.
    pictures : Pictures, optional
        What it and the weights it started from have seen; None where nobody says.
    """

    id: str
    taxonomy: Taxonomy
    words: dict[str, int]
    crops: int
    groups: int
    validation_crops: int
    validation_groups: int
    seed: int
    split_hash: str
    data_hash: str
    settings: Mapping[str, object]
    pictures: Pictures | None = None


def save_model(folder: Path, start: Start, fitted: Fitted, told: Told) -> ModelCard:
    """Write the model into `folder`, which appears when it is whole: its card.

    Raises
    ------
    OutputExistsError, OutputError
        If it is there already or cannot be written: a full disk.
    """
    with new_folder(folder, own=()) as partial:
        save_weights(fitted.network, partial)
        if told.pictures is not None:
            write_pictures(told.pictures, partial)
        files = {path.name: sha256_of(path) for path in sorted(partial.iterdir())}
        card = _card(start, fitted, told, files)
        write_card(card, partial)
    return card


def card_hash(folder: Path) -> str:
    """SHA-256 of the card in `folder`, which records that of every other file."""
    return sha256_of(folder / CARD_NAME)


def _card(start: Start, fitted: Fitted, told: Told, files: dict[str, str]) -> ModelCard:
    parent = _parent_facts(start, told.taxonomy)
    known = TAXONOMIES.get(told.taxonomy.name)
    return ModelCard(
        id=told.id,
        version="1.0.0",
        format=CARD_FORMAT,
        taxonomy=told.taxonomy.name,
        taxonomy_classes=() if known is not None else told.taxonomy.classes,
        crop=start.spec,
        architecture=start.architecture,
        network=start.shape,
        head=start.head,
        temperature=fitted.temperature,
        calibrated_on=fitted.calibrated_on,
        trained_on=(
            TrainingData(
                dataset=OWN_DATA,
                crops=told.crops,
                groups=told.groups,
                taught=told.words,
                terms="cells of the laboratory that trained it",
            ),
        ),
        measured=_measured(fitted, told),
        limits=_limits(start, fitted, told),
        intended_use=RESEARCH_USE_ONLY,
        weights=WEIGHTS_NAME,
        files=files,
        libraries={name: version(name) for name in LIBRARIES},
        commit=f"napari-all-subtype {version('napari-all-subtype')}",
        seed=told.seed,
        split_hash=told.split_hash,
        data_hash=told.data_hash,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        parent=start.parent or start.weights,
        state=DRAFT,
        settings=dict(told.settings),
        **parent,
    )


def _parent_facts(start: Start, taxonomy: Taxonomy) -> dict[str, object]:
    """What a model goes on knowing that learns the same classes from the one that ships."""
    if start.architecture != "compact" or not start.parent or not taxonomy.has_sides:
        return {}
    _, card = load_network()
    if card.identity != start.parent:
        return {}
    return {"novelty": card.novelty, "um_per_px_seen": card.um_per_px_seen}


def _measured(fitted: Fitted, told: Told) -> tuple[Measurement, ...]:
    protocol = "validation groups, by which passes may be chosen: no independent test"
    return tuple(
        Measurement(
            name=name.removeprefix("val_").replace("_", " "),
            protocol=protocol,
            value=float(np.round(value, 6)),
            crops=told.validation_crops,
            groups=told.validation_groups,
        )
        for name, value in fitted.measured.items()
    )


def _limits(start: Start, fitted: Fitted, told: Told) -> tuple[str, ...]:
    limits = [
        RESEARCH_USE_ONLY,
        f"Learned from {amount(told.crops, 'cell')} of {amount(told.groups, 'group')}.",
    ]
    if told.taxonomy.children("blast"):
        limits.append("L1, L2 and L3 are scores, not calibrated probabilities.")
    if fitted.stopped:
        limits.append("Its training was stopped by a person before its end.")
    if start.is_random:
        limits.append("Its weights started at random: nothing but these cells taught it.")
    if told.pictures is not None and told.pictures.untold:
        limits.append(told.pictures.untold)
    return tuple(limits)
