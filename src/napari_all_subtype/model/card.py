"""The model card: what a model is, what it was trained on and what was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePath
from typing import Literal, Self

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.stain_seen import StainSeen
from napari_all_subtype.errors import ModelIntegrityError, ModelVersionError
from napari_all_subtype.model.backbones import BACKBONES
from napari_all_subtype.model.card_parts import Frozen, Measurement, Release, TrainingData
from napari_all_subtype.model.novelty import Familiarity
from napari_all_subtype.model.parameters import BackboneParameters, NetworkParameters
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

CARD_NAME = "card.json"
MAX_CARD_BYTES = 1_000_000
TAXONOMIES = {FAB5.name: FAB5}
CARD_FORMAT = 2  # of the cards that this program writes; it reads all before
COMPACT = "compact"
DRAFT, RELEASED = "draft", "released"


class ModelCard(Frozen):
    """All that is to be known of a model beside its weights.

    Parameters
    ----------
    id, version : str
        Its name and version.
    format : int
        Of the card: a program reads those up to its own.
    taxonomy : str
        Name of the taxonomy its outputs are in.
    taxonomy_classes : tuple of CellClass
        Its classes in the order of the outputs; empty for one that the program knows.
    crop : CropSpec
        How its input is cut.
    architecture : str
        ``compact`` as bundled, or the name of a backbone: the network is built in code.
    network, head : NetworkParameters, BackboneParameters
        Its parameters: of the compact one, of the head on a backbone.
    temperature : float
        Divides the log odds of blast against normal; all logits where the classes have
        not these two sides.
    novelty : Familiarity or None
        What the training cells look like; None if it was not measured.
    calibrated_on : str
        Which held-out cells the temperature was fitted on.
    trained_on : tuple of TrainingData
        Datasets.
    um_per_px_seen : tuple of (float, float) or None
        Finest and coarsest scale of the images it learned from, in µm/px.
    stain_seen : StainSeen or None
        Colours of the real cells it learned from; None if they were not measured.
    measured : tuple of Measurement
        Figures.
    limits : tuple of str
        What the model cannot do.
    files : dict of str to str
        SHA-256 of each file beside the card.
    created_utc, parent : str
        When it was trained, and the identity of the model it went on from; empty where
        nobody says.
    state : str
        ``draft`` until a person releases it after a control set.
    release : Release or None
        Who did; None for a draft, and for what comes with the program.
    settings : dict
        The parameters of its training.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: str
    format: int = Field(1, ge=1, le=CARD_FORMAT)
    taxonomy: str
    taxonomy_classes: tuple[CellClass, ...] = Field((), max_length=100)
    crop: CropSpec
    architecture: str = COMPACT
    network: NetworkParameters = NetworkParameters()
    head: BackboneParameters = BackboneParameters()
    temperature: float = Field(gt=0)
    novelty: Familiarity | None = None
    calibrated_on: str
    trained_on: tuple[TrainingData, ...]
    um_per_px_seen: tuple[float, float] | None = None
    stain_seen: StainSeen | None = None
    measured: tuple[Measurement, ...]
    limits: tuple[str, ...]
    intended_use: str
    weights: str
    files: dict[str, str]
    libraries: dict[str, str]
    commit: str
    seed: int
    split_hash: str
    data_hash: str
    created_utc: str = ""
    parent: str = ""
    state: Literal["draft", "released"] = RELEASED
    release: Release | None = None
    settings: dict[str, object] = Field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Id, version and hash: what tells this model from any other."""
        return f"{self.id} {self.version}, sha256 {self.files[self.weights][:16]}"

    @field_validator("files")
    @classmethod
    def _plain_names(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            # A card from elsewhere must not point outside its own folder.
            if PurePath(name).name != name or "\\" in name or name in {"", ".", ".."}:
                raise ValueError(f"{name!r} is not a plain file name beside the card")
        return files

    @field_validator("architecture")
    @classmethod
    def _known_architecture(cls, name: str) -> str:
        if name not in (COMPACT, *BACKBONES):
            raise ValueError(
                f"{name!r} is no known architecture: expected one of "
                f"{', '.join((COMPACT, *BACKBONES))}"
            )
        return name

    @model_validator(mode="after")
    def _classes_are_known(self) -> Self:
        for one in self.taxonomy_classes:
            if not _is_fit(one):
                raise ValueError(
                    f"class {one.name!r}: a colour that is not #rrggbb, or words that are no "
                    "plain, short text"
                )
        known = TAXONOMIES.get(self.taxonomy)
        if not self.taxonomy_classes:
            if known is None:
                raise ValueError(
                    f"{self.taxonomy!r} is no known taxonomy and the card names no classes: "
                    f"expected {', '.join(TAXONOMIES)}, or taxonomy_classes"
                )
            return self
        names = [one.name for one in self.taxonomy_classes]
        if len(names) < 2 or len(set(names)) < len(names) or not all(map(_is_name, names)):
            raise ValueError(f"classes {names}: expected two or more, each with a name of its own")
        own = Taxonomy(self.taxonomy, self.taxonomy_classes)
        if known is not None and known.meanings != own.meanings:
            raise ValueError(
                f"a taxonomy called {self.taxonomy} with the classes {', '.join(names)}: expected "
                f"{', '.join(known.names)}, or another name"
            )
        return self

    @property
    def classes(self) -> Taxonomy:
        """The taxonomy whose order the probabilities follow."""
        known = TAXONOMIES.get(self.taxonomy)
        return known if known is not None else Taxonomy(self.taxonomy, self.taxonomy_classes)

    @property
    def crop_spec(self) -> CropSpec:
        """How crops for this model are cut."""
        return self.crop


def read_card(folder: Path) -> ModelCard:
    """Card of the model in `folder`.

    Raises
    ------
    ModelIntegrityError
        If the card is not a valid one.
    """
    path = folder / CARD_NAME
    if path.stat().st_size > MAX_CARD_BYTES:
        raise ModelIntegrityError(
            f"{CARD_NAME} of {folder.name} has {path.stat().st_size} bytes, more than "
            f"{MAX_CARD_BYTES}: this is no model card. Get the model again."
        )
    content = path.read_bytes()
    _refuse_newer(content, folder.name)
    try:
        return ModelCard.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ModelIntegrityError(
            f"{CARD_NAME} of {folder.name} is not a valid model card: {where}: {first['msg']}. "
            "Get the model again."
        ) from error


def _refuse_newer(content: bytes, name: str) -> None:
    """Raise if a newer program wrote the card: what it does not know would look like damage."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return  # said better by who reads it whole
    found = values.get("format", 1) if isinstance(values, dict) else 1
    if isinstance(found, int) and found > CARD_FORMAT:
        raise ModelVersionError(
            f"Model {name} was made by a newer program: its card has format {found}, this one "
            f"reads up to {CARD_FORMAT}. Install a newer napari-all-subtype."
        )


def _is_name(name: str) -> bool:
    """Whether `name` is fit for a class, in columns and in names of files."""
    return 0 < len(name) <= 40 and name.replace("_", "").isalnum() and name == name.lower()


def _is_fit(one: CellClass) -> bool:
    """Whether a class from elsewhere can be shown: its words go into pages and labels."""
    said = (one.title, one.letter, one.key, one.parent, one.meaning)
    coloured = re.fullmatch("#[0-9a-fA-F]{6}", one.colour) is not None
    return coloured and 0 < len(one.letter) <= 3 and all(map(_is_plain, said))


def _is_plain(text: str) -> bool:
    return text.isprintable() and len(text) <= 300 and not set(text) & set("<>&")


def write_card(card: ModelCard, folder: Path, name: str = CARD_NAME) -> None:
    """Write `card` into `folder`."""
    (folder / name).write_bytes(card_bytes(card))


def card_bytes(card: ModelCard) -> bytes:
    """What is written of `card`: the same on every system, since its hash is recorded."""
    return (card.model_dump_json(indent=2) + "\n").encode()
