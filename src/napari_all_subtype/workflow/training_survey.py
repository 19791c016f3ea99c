"""What a project's training set would be, before anything of it is decided: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import TooFewCellsError
from napari_all_subtype.learning.duplicates import (
    describe_duplicates,
    find_duplicates,
    groups_together,
)
from napari_all_subtype.learning.parameters import SplitParameters
from napari_all_subtype.learning.splits import plan_splits, random_splits
from napari_all_subtype.model.draws import Draws, TrainingCrops
from napari_all_subtype.model.parameters import AugmentationParameters
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import splits_of
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.smears import case_names
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.learning_cells import cases_of_fields, labelled_cells

SAMPLE = 96


@dataclass(frozen=True)
class TrainingSurvey:
    """What there is to learn from.

    Parameters
    ----------
    taxonomy : Taxonomy
    words, groups, splits : ndarray, shape (N,), object
        Of each labelled cell; a split is empty where the cells cannot be divided.
    sample : ndarray, shape (M,), int
        Some of the cells, of all classes.
    crops : ndarray, shape (M, S, S, C), uint8
        Of the sample: a window need not hold them all.
    unlabelled : int
        Cells that nobody has named.
    planned : frozenset of str
        Groups whose split is not decided yet: the next training decides it.
    notes : tuple of str
        Duplicates, few groups, cells that take no part.
    refused : str
        Why the cells cannot be divided, and what is missing; empty if they can.
    titles : dict of str to str
        What a person calls some of the groups.
    """

    taxonomy: Taxonomy
    words: np.ndarray
    groups: np.ndarray
    splits: np.ndarray
    sample: np.ndarray
    crops: np.ndarray
    unlabelled: int
    planned: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    refused: str = ""
    titles: dict[str, str] = field(default_factory=dict)

    def counts(self) -> dict[tuple[str, str], dict[str, int]]:
        """Cells of each class, by group and split, groups in order of their names."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for group, split, word in sorted(zip(self.groups, self.splits, self.words, strict=True)):
            of_group = found.setdefault((group, split), dict.fromkeys(self.taxonomy.names, 0))
            of_group[word] += 1
        return found


def survey_training(
    database: Database,
    spec: CropSpec,
    split: SplitParameters = SplitParameters(),
    flat: bool = False,
    seed: int = 0,
    monitor: Monitor = SILENT,
) -> TrainingSurvey:
    """The labelled cells of a project in the splits that a training with these settings gives.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    ProjectReadError, ProjectDamagedError
        If the project cannot be read.
    """
    taxonomy, known = taxonomy_of(database), splits_of(database)
    unlabelled = _nameless(database)
    try:
        labelled, notes = labelled_cells(database, taxonomy, spec, monitor)
    except TooFewCellsError as error:
        nothing = np.zeros(0, object)
        crops = np.zeros((0, *spec.shape), np.uint8)
        none = np.zeros(0, int)
        return TrainingSurvey(
            *(taxonomy, nothing, nothing, nothing, none, crops, unlabelled), refused=str(error)
        )
    case_of = cases_of_fields(database)
    groups = [case_of[field_id] for field_id in labelled.fields]
    titles = case_names(database)
    words = [one.word.name for one in labelled.cells]
    alike = find_duplicates(labelled.crops, groups)
    if alike:
        said = [titles.get(group, group) for group in groups]
        notes.append(describe_duplicates(alike, said, split.random_split))
    splits, planned, refused = [""] * len(words), frozenset(), ""
    try:
        if split.random_split:
            splits = random_splits(words, taxonomy, split, seed)
            notes.append("Random split, as asked for: figures are too good and are marked.")
        else:
            pairs = groups_together(alike, groups)
            plan = plan_splits(words, groups, taxonomy, known, split, pairs, seed, flat, titles)
            splits, planned = [plan.splits[group] for group in groups], frozenset(plan.new)
            notes += plan.notes
    except TooFewCellsError as error:
        refused = str(error)
    sample = np.array(_of_each_class(np.array(words, object), SAMPLE, seed), int)
    return TrainingSurvey(
        taxonomy,
        np.array(words, object),
        np.array(groups, object),
        np.array(splits, object),
        sample,
        labelled.crops[sample],
        unlabelled,
        planned,
        tuple(notes),
        refused,
        titles,
    )


def augmented_views(
    survey: TrainingSurvey,
    augmentation: AugmentationParameters,
    rows: int = 4,
    views: int = 4,
    seed: int = 0,
) -> np.ndarray:
    """What a training will see: a crop in each row, and beside it changed as training changes it.

    Returns
    -------
    ndarray, shape (R, 1 + views, S, S, 3), uint8
        Rows of different classes as far as there are; none without cells.
    """
    side = survey.crops.shape[1]
    shown = _of_each_class(survey.words[survey.sample], rows, seed)
    if not len(shown):
        return np.zeros((0, 1 + views, side, side, 3), np.uint8)
    n = len(survey.sample)
    everything = np.ones((n, len(survey.taxonomy)), bool)
    groups = survey.groups[survey.sample].astype(str)
    draws = Draws(
        TrainingCrops(survey.crops, everything, everything, np.ones(n), groups),
        *(seed, 1, augmentation),
    )
    grid = [
        [
            survey.crops[row],
            *(draws.changed(row, np.random.default_rng((seed, row, k))) for k in range(views)),
        ]
        for row in shown
    ]
    return np.array(grid)[..., :3]


def _of_each_class(words: np.ndarray, rows: int, seed: int) -> list[int]:
    """Cells of one class after the other, until there are `rows`."""
    rng = np.random.default_rng(seed)
    kinds = sorted(set(words))
    left = {word: rng.permutation(np.flatnonzero(words == word)).tolist() for word in kinds}
    shown: list[int] = []
    while len(shown) < rows and any(left.values()):
        shown += [cells.pop() for cells in left.values() if cells]
    return shown[:rows]


def _nameless(database: Database) -> int:
    """Cells that nobody has said anything of."""
    rows = database.rows("SELECT field_id, label FROM cells")
    said = {(one.annotation.seen.field_id, one.label) for one in standing(database)}
    return len({(row["field_id"], row["label"]) for row in rows} - said)
