"""What a project can teach: its labelled cells in their splits, and those nobody has named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.learning.duplicates import (
    Duplicate,
    describe_duplicates,
    find_duplicates,
    groups_together,
)
from napari_all_subtype.learning.parameters import SplitParameters
from napari_all_subtype.learning.splits import plan_splits, random_splits
from napari_all_subtype.learning.training_set import TRAIN, TrainingSet, UnlabelledCrops
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.project.rounds import FEEDBACK, rounds_of
from napari_all_subtype.project.smears import case_names
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.duplicates_file import list_duplicates
from napari_all_subtype.workflow.learning_cells import (
    FoundCells,
    cases_of_fields,
    labelled_cells,
    nameless_cells,
    place_of,
)
from napari_all_subtype.workflow.project_crops import in_shape


@dataclass(frozen=True)
class ProjectCells:
    """All that can be learned from in a project.

    Parameters
    ----------
    training : TrainingSet
        Its `ids` are those of marked cells.
    unlabelled : UnlabelledCrops
        Its `ids` tell field and label: see `place_of`.
    splits : dict of str to str
        Of every group that has one.
    notes : tuple of str
        What a person is to be told: duplicates, few groups, cells that were left out.
    """

    training: TrainingSet
    unlabelled: UnlabelledCrops
    splits: dict[str, str]
    notes: tuple[str, ...] = ()


def project_training_set(
    database: Database,
    spec: CropSpec,
    split: SplitParameters = SplitParameters(),
    flat: bool = False,
    seed: int = 0,
    unlabelled: bool = True,
    monitor: Monitor = SILENT,
) -> ProjectCells:
    """The cells of a project, in splits that are kept from now on.

    Groups are cases. Groups that share a picture go together, and a cell whose picture stands in
    two splits trains in none. Weights are those of the last round of feedback.

    Parameters
    ----------
    spec : CropSpec
        Of the model that is to learn.
    flat : bool
        A word is its own class alone, also where it is the parent of others.
    unlabelled : bool
        Whether the cells that nobody has named are wanted too.

    Raises
    ------
    TooFewCellsError
        If the labelled cells cannot be divided; the message says how many of what are missing.
    ProjectReadOnlyError, ProjectWriteError
        If splits are new and cannot be kept.
    Stopped
        If the monitor asked for it.
    """
    taxonomy = taxonomy_of(database)
    case_of = cases_of_fields(database)
    labelled, notes = labelled_cells(database, taxonomy, spec, monitor)
    pool = FoundCells((), (), in_shape((), spec))
    if unlabelled:
        pool, more = nameless_cells(database, spec, monitor)
        notes += more
    groups = [case_of[field_id] for field_id in labelled.fields]
    ids = [one.annotation.marked_id for one in labelled.cells]
    words = [one.word.name for one in labelled.cells]
    pool_groups = [case_of[place_of(one)[0]] for one in pool.cells]
    every = [*groups, *pool_groups]
    alike = find_duplicates(np.concatenate([labelled.crops, pool.crops]), every)
    # Unlabelled cells bind no groups.
    named = [pair for pair in alike if pair.second < len(groups)]
    titles = case_names(database)
    said_groups = [titles.get(group, group) for group in groups]
    labels = [one.label for one in labelled.cells]
    places = list(zip(labelled.fields, labels, strict=True))
    where = list_duplicates(database, named, places, groups)
    told = describe_duplicates(named, said_groups, split.random_split)
    notes.append(f"{told} {where}".strip())
    heavier = weights_of(database)
    weights = [heavier.get(one, 1.0) for one in ids]
    make = _Maker(labelled.crops, words, groups, ids, weights, taxonomy, flat, titles)
    training, splits, said = make.divided(database, split, seed, alike)
    whole = UnlabelledCrops(pool.crops, pool_groups, list(pool.cells))
    kept = _not_seen_twice(alike, training, len(pool.crops), splits, every)
    if not kept.all():
        said = (
            *said,
            f"{amount(int((~kept).sum()), 'unlabelled cell')} with the picture of one that "
            "validates or tests: left out.",
        )
    notes = tuple(filter(None, (*notes, *said)))
    return ProjectCells(make.without_torn(training, alike), whole.select(kept), splits, notes)


def weights_of(database: Database) -> dict[int, float]:
    """Weight of each marked cell that the last round of feedback let weigh more."""
    last = next((one for one in reversed(rounds_of(database)) if one.kind == FEEDBACK), None)
    given = {} if last is None else last.content.get("weights", {})
    return {int(key): float(weight) for key, weight in given.items()}


@dataclass(frozen=True)
class _Maker:
    crops: np.ndarray
    words: list[str]
    groups: list[str]
    ids: list[int]
    weights: list[float]
    taxonomy: Taxonomy
    flat: bool
    titles: Mapping[str, str]

    def divided(
        self, database: Database, split: SplitParameters, seed: int, alike: Sequence[Duplicate]
    ) -> tuple[TrainingSet, dict[str, str], tuple[str, ...]]:
        """The labelled cells in their splits, all splits there are, and notes."""
        known = splits_of(database)
        if split.random_split:
            splits = random_splits(self.words, self.taxonomy, split, seed)
            said = "Random split, as asked for: cells of one case train and test, figures are "
            return self._made(splits, True), known, (said + "too good and are marked.",)
        pairs = groups_together(alike, self._named(len(self.groups), alike))
        plan = plan_splits(
            *(self.words, self.groups, self.taxonomy, known, split, pairs, seed),
            *(self.flat, self.titles),
        )
        if plan.new:
            assign_groups(database, plan.new)
        return self._made(plan.splits, False), known | plan.new, plan.notes

    def without_torn(self, training: TrainingSet, alike: Sequence[Duplicate]) -> TrainingSet:
        """Without training cells whose picture also validates or tests."""
        n = len(training)
        torn = np.zeros(n, bool)
        for pair in alike:
            if pair.second < n:
                for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
                    torn[one] |= training.splits[one] == TRAIN != training.splits[other]
        return training.select(~torn) if torn.any() else training

    def _named(self, n: int, alike: Sequence[Duplicate]) -> list[str]:
        """Groups of all cells that pairs speak of; an unlabelled one binds no groups."""
        most = max((pair.second for pair in alike), default=-1) + 1
        return [*self.groups, *(f"\0{k}" for k in range(n, most))]

    def _made(self, splits: Sequence[str] | Mapping[str, str], random: bool) -> TrainingSet:
        return TrainingSet.of(
            self.crops,
            self.words,
            self.groups,
            splits,
            self.taxonomy,
            self.ids,
            self.weights,
            self.flat,
            random,
        )


def _not_seen_twice(
    alike: Sequence[Duplicate],
    training: TrainingSet,
    n_pool: int,
    splits: Mapping[str, str],
    groups: Sequence[str],
) -> np.ndarray:
    """Unlabelled cells whose picture is not one of a cell that validates or tests: mask."""
    n = len(training)
    kept = np.ones(n_pool, bool)
    for pair in alike:
        if pair.second < n:
            continue
        if pair.first < n:
            held = training.splits[pair.first] != TRAIN
        else:
            held = splits.get(groups[pair.first], TRAIN) != TRAIN
        if held:
            kept[pair.second - n] = False
    return kept


def with_weights(cells: ProjectCells, weights: Mapping[int, float]) -> ProjectCells:
    """The same with other weights of some marked cells."""
    new = [weights.get(int(one), 1.0) for one in cells.training.ids]
    return replace(cells, training=replace(cells.training, weights=np.array(new, np.float32)))
