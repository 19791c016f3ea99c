"""The model card: what a model is, what it was trained on and what was measured."""

from __future__ import annotations

from pathlib import Path, PurePath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.stain_seen import StainSeen
from napari_all_subtype.errors import ModelIntegrityError
from napari_all_subtype.model.novelty import Familiarity
from napari_all_subtype.model.parameters import NetworkParameters
from napari_all_subtype.taxonomy import FAB5, Taxonomy

CARD_NAME = "card.json"
MAX_CARD_BYTES = 1_000_000
TAXONOMIES = {FAB5.name: FAB5}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingData(_Frozen):
    """One dataset a model has learned from.

    Parameters
    ----------
    dataset, terms : str
        Its name, and the terms under which it was had, as its source states them.
    crops, groups : int
        How many crops, of how many groups; a group is never split.
    taught : dict of str to int
        Crops per class that they taught, in the word of a person or of the simulator.
    by_rule : dict of str to int
        Crops per pattern (l1, l2, l3, undetermined) that taught what the rules of FAB
        named them: real blasts, as they are and altered, of which nobody named a
        subtype. Empty where there are none.
    """

    dataset: str
    crops: int = Field(ge=0)
    groups: int = Field(ge=0)
    taught: dict[str, int]
    by_rule: dict[str, int] = {}
    terms: str


class Measurement(_Frozen):
    """One figure: how it was had, on how much, and how far it can be trusted.

    Parameters
    ----------
    name, protocol : str
        What was measured, and on which split.
    value : float
        The figure, a fraction.
    low, high : float or None
        95 % interval by bootstrap over groups.
    crops, groups : int
        What it was measured on.
    """

    name: str
    protocol: str
    value: float
    low: float | None = None
    high: float | None = None
    crops: int
    groups: int


class ModelCard(_Frozen):
    """All that is to be known of a model beside its weights.

    Parameters
    ----------
    id, version : str
        Its name and version.
    taxonomy : str
        Name of the taxonomy its outputs are in.
    crop : CropSpec
        How its input is cut.
    network : NetworkParameters
        The architecture, from which the network is built in code.
    temperature : float
        Divides the log odds of blast against normal.
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
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: str
    taxonomy: str
    crop: CropSpec
    network: NetworkParameters
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

    @field_validator("taxonomy")
    @classmethod
    def _known_taxonomy(cls, name: str) -> str:
        if name not in TAXONOMIES:
            raise ValueError(f"{name!r} is no known taxonomy: expected {', '.join(TAXONOMIES)}")
        return name

    @property
    def classes(self) -> Taxonomy:
        """The taxonomy whose order the probabilities follow."""
        return TAXONOMIES[self.taxonomy]

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
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ModelIntegrityError(
            f"{CARD_NAME} of {folder.name} is not a valid model card: {where}: {first['msg']}. "
            "Get the model again."
        ) from error


def write_card(card: ModelCard, folder: Path) -> None:
    """Write `card` into `folder`."""
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
