"""What a person chooses before a training: the parameters of its parts as one value."""

from __future__ import annotations

from pydantic import Field

from napari_all_subtype.learning.parameters import SplitParameters
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.parameters import Parameters

LARGEST_SEED = 2**31 - 1


class TrainChoices(Parameters):
    """A training as it is asked for."""

    training: TrainingParameters = TrainingParameters()
    augmentation: AugmentationParameters = AugmentationParameters()
    split: SplitParameters = SplitParameters()
    flat: bool = Field(
        False,
        title="Flat classes",
        description="A word is its own class alone; by default a person's 'blast' leaves its "
        "subtypes open.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=LARGEST_SEED,
        description="Number that all draws start from: the same gives the same model.",
    )
