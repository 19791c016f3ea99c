"""What the docks look at in threads: the project is read beside whoever writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_all_subtype._widgets.train.choices import TrainChoices
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.checkpoints import FILE
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.models import MODELS_FOLDER
from napari_all_subtype.workflow.models import KnownModel, known_models
from napari_all_subtype.workflow.training_survey import (
    TrainingSurvey,
    augmented_views,
    survey_training,
)

NO_VIEWS = np.zeros((0, 1, 1, 1, 3), np.uint8)
# As `workflow.keras_learner` keeps it, which would bring more than is needed here.
CHECKPOINT = ".checkpoint"


def survey(folder: Path, choices: TrainChoices) -> TrainingSurvey:
    """What there is to learn from in the project in `folder`."""
    with open_project(folder, write=False) as database:
        spec = read_card(find_model()).crop_spec
        return survey_training(database, spec, choices.split, choices.flat, choices.seed)


def views(survey: TrainingSurvey, choices: TrainChoices) -> np.ndarray:
    """What training will see of some cells."""
    return augmented_views(survey, choices.augmentation, seed=choices.seed)


def models(folder: Path | None) -> tuple[KnownModel, ...]:
    """Every model there is, those of the project in `folder` included."""
    return known_models(folder)


def has_checkpoint(folder: Path) -> bool:
    """Whether a training of the project was interrupted and can go on."""
    return (folder / MODELS_FOLDER / CHECKPOINT / FILE).is_file()
