"""What the docks look at in threads: the project is read beside whoever writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_all_subtype._widgets.train.choices import TrainChoices
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.checkpoints import FILE
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.progress import Monitor, Progress
from napari_all_subtype.project.database import Database, open_project
from napari_all_subtype.project.models import MODELS_FOLDER
from napari_all_subtype.project.rounds import (
    FEEDBACK,
    SELF_TRAINING,
    Round,
    rounds_of,
    running_model,
)
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.learning_cells import place_of
from napari_all_subtype.workflow.lone_cells import LoneCell, LonePicture, lone_cells, lone_picture
from napari_all_subtype.workflow.models import KnownModel, known_models
from napari_all_subtype.workflow.project_crops import cut_field, with_errors
from napari_all_subtype.workflow.training_survey import (
    TrainingSurvey,
    augmented_views,
    survey_training,
)

NO_VIEWS = np.zeros((0, 1, 1, 1, 3), np.uint8)
# As `workflow.keras_learner` keeps it, which would bring more than is needed here.
CHECKPOINT = ".checkpoint"


class Until:
    """A monitor that shows nothing, and stops when it is told to."""

    def __init__(self) -> None:
        self.stop_requested = False

    def report(self, progress: Progress) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Nobody wants to know it any more."""
        self.stop_requested = True


def survey(folder: Path, choices: TrainChoices, monitor: Monitor) -> TrainingSurvey:
    """What there is to learn from in the project in `folder`."""
    with open_project(folder, write=False) as database:
        spec = read_card(find_model()).crop_spec
        return survey_training(database, spec, choices.split, choices.flat, choices.seed, monitor)


def views(survey: TrainingSurvey, choices: TrainChoices) -> np.ndarray:
    """What training will see of some cells."""
    return augmented_views(survey, choices.augmentation, seed=choices.seed)


def models(folder: Path | None) -> tuple[KnownModel, ...]:
    """Every model there is, those of the project in `folder` included."""
    return known_models(folder)


def has_checkpoint(folder: Path) -> bool:
    """Whether a training of the project was interrupted and can go on."""
    return (folder / MODELS_FOLDER / CHECKPOINT / FILE).is_file()


@dataclass(frozen=True)
class FeedbackKept:
    """The last round of feedback, as it stands in the record.

    Parameters
    ----------
    queue, suspects : list of (int, int)
        Field and label of each cell to ask about, and of each whose word is contradicted.
    looped : int
        Labelled cells that weigh more in the next training.
    threshold, macro_f1 : float
    kappa : float or None
    stop : str
        Why the loop may end.
    """

    queue: list[tuple[int, int]]
    suspects: list[tuple[int, int]]
    looped: int
    threshold: float
    macro_f1: float
    kappa: float | None
    stop: str


@dataclass(frozen=True)
class RoundsKept:
    """Rounds of self-training, oldest first, the last one of feedback, and the model that runs."""

    rounds: list[Round]
    feedback: FeedbackKept | None
    taxonomy: Taxonomy
    runs: str


def rounds(folder: Path) -> RoundsKept:
    """What the record of the project in `folder` says of its rounds."""
    with open_project(folder, write=False) as database:
        every = rounds_of(database)
        done = [one for one in every if one.kind == SELF_TRAINING]
        last = next((one for one in reversed(every) if one.kind == FEEDBACK), None)
        kept = None if last is None else _feedback(database, last.content)
        now = running_model(database)
        return RoundsKept(done, kept, taxonomy_of(database), "" if now is None else now.model_id)


def _feedback(database: Database, told: Mapping) -> FeedbackKept:
    rows = database.rows("SELECT id, field_id, label FROM marked_cells")
    places = {row["id"]: (row["field_id"], row["label"]) for row in rows}
    return FeedbackKept(
        [place_of(one) for one in told["queue"]],
        [places[one] for one in told["suspect"] if one in places],
        len(told["looped"]),
        *(told["threshold"], told["macro_f1"], told["kappa"], told["stop"]),
    )


@dataclass(frozen=True)
class PseudoCrops:
    """Pseudo-labelled cells of one round, the surest first."""

    words: list[str]
    confidence: list[float]
    crops: list[np.ndarray]


def pseudo_labelled(folder: Path, made: Round, most: int) -> PseudoCrops:
    """The cells that a round brought in, at most `most` of each class."""
    shown: list[tuple[int, str, float]] = []
    counts: Counter[str] = Counter()
    used = zip(made.content.get("used", []), made.content.get("confidence", []), strict=False)
    for (cell, word), confidence in used:
        counts[word] += 1
        if counts[word] <= most:
            shown.append((int(cell), word, confidence))
    with open_project(folder, write=False) as database:
        crops = _crops(database, [cell for cell, _, _ in shown])
    shown = [one for one in shown if one[0] in crops]
    return PseudoCrops(
        [word for _, word, _ in shown],
        [confidence for _, _, confidence in shown],
        [crops[cell] for cell, _, _ in shown],
    )


@dataclass(frozen=True)
class LoneCells:
    """Pictures of one cell that a reader is to name, the first ones with their pixels.

    Parameters
    ----------
    cells : list of LoneCell
    pictures : dict of int to LonePicture or None
        By place in the list; None of one that cannot be read.
    """

    cells: list[LoneCell]
    pictures: dict[int, LonePicture | None]

    @property
    def readable(self) -> bool:
        """Whether any picture can be read, as far as is known."""
        return len(self.pictures) < len(self.cells) or any(self.pictures.values())


def lone(folder: Path, places: list[tuple[int, int]], most: int) -> LoneCells:
    """The cells, and the pixels of the first: `most` of them."""
    with open_project(folder, write=False) as database:
        cells = lone_cells(database, places)
        return LoneCells(cells, _pictures(database, dict(enumerate(cells[:most]))))


def lone_pictures(folder: Path, cells: dict[int, LoneCell]) -> dict[int, LonePicture | None]:
    """The pixels of some of these cells; None where they cannot be read."""
    with open_project(folder, write=False) as database:
        return _pictures(database, cells)


def _pictures(database: Database, cells: dict[int, LoneCell]) -> dict[int, LonePicture | None]:
    spec = read_card(find_model()).crop_spec
    return {n: lone_picture(database, one.place, spec) for n, one in cells.items()}


def _crops(database: Database, cells: Sequence[int]) -> dict[int, np.ndarray]:
    """Crops of unlabelled cells, by id; those whose image is gone are left out."""
    spec = read_card(find_model()).crop_spec
    wanted: dict[int, dict[int, int]] = {}
    for cell in cells:
        field_id, label = place_of(cell)
        wanted.setdefault(field_id, {})[label] = cell
    fields = [one for one in fields_of(database) if one.field_id in wanted]
    found: dict[int, np.ndarray] = {}

    def cutter(field):
        return cut_field(database, field, list(wanted[field.field_id]), spec)

    for field, cut, _ in with_errors(fields, cutter):
        if cut is not None:
            named = wanted[field.field_id]
            pairs = zip(cut.labels, cut.crops, strict=True)
            found |= {named[label]: crop[..., :3] for label, crop in pairs}
    return found
