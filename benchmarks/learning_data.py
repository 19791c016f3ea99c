"""Real cells with their words, and how each seed divides them: scored, labelled, nameless."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "scripts"))

import bundled_data  # noqa: E402

from napari_all_subtype.learning.splits import plan_splits  # noqa: E402
from napari_all_subtype.learning.training_set import TrainingSet, UnlabelledCrops  # noqa: E402
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy  # noqa: E402
from napari_all_subtype.workflow.project_training_set import ProjectCells  # noqa: E402

SPEC = bundled_data.SPEC
PER_CLASS = 10
SCORED_FOLDS = 3  # one of them is scored, by whole groups; another one for each seed
TYPES = Taxonomy(
    "leukocytes",
    (
        CellClass("neutrophil", "Neutrophil", "N", "#009E73"),
        CellClass("lymphocyte", "Lymphocyte", "L", "#0072B2"),
        CellClass("monocyte", "Monocyte", "M", "#E69F00"),
    ),
)
# Blast or not, and no subtypes: nothing here is labelled with one, and two opinions that learn
# from nothing would each call blasts by another of them.
SIDES = Taxonomy("sides", (FAB5["normal"], FAB5["blast"]))


@dataclass(frozen=True)
class Task:
    """Classes to tell apart in one dataset.

    Parameters
    ----------
    dataset : str
    taxonomy : Taxonomy
    column : str
        Of the manifest, in which the words stand.
    words : dict of str to str
        Word of the manifest to class.
    """

    dataset: str
    taxonomy: Taxonomy
    column: str
    words: dict[str, str]

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that are told apart."""
        return tuple(dict.fromkeys(self.words.values()))


BLAST_WORDS = {"blast": "blast", "other": "normal"}
TASKS = {
    "mll": Task("mll", SIDES, "label", BLAST_WORDS),
    "all_idb2": Task("all_idb2", SIDES, "label", BLAST_WORDS),
    "segmentation_wbc_d1": Task(
        "segmentation_wbc_d1", TYPES, "cell_type", {name: name for name in TYPES.names}
    ),
}


@dataclass(frozen=True)
class Labelled:
    """Cells of a task: crops (N, S, S, C), and the class and group of each."""

    crops: np.ndarray
    words: np.ndarray
    groups: np.ndarray

    def at(self, rows: np.ndarray) -> Labelled:
        """The same for some rows."""
        return Labelled(self.crops[rows], self.words[rows], self.groups[rows])

    def __len__(self) -> int:
        return len(self.words)


@lru_cache(maxsize=8)
def crops_of(dataset: str) -> tuple[np.ndarray, ...]:
    """Columns of the cells of a dataset, in the order of the manifest; cut where they are not."""
    images = _images(dataset)
    most = bundled_data.MOST_FIELD_CELLS if images.boxes.notna().any() else None
    return tuple(
        bundled_data._kept(
            bundled_data.CACHE / f"{dataset}.npz",
            (bundled_data.PIXEL_SIZE_UM[dataset], most),
            partial(bundled_data._of_one_cell, images),
            False,
        )
    )


def cells_of(task: Task, per_class: int | None = None) -> Labelled:
    """The cells of a task; `per_class` of each class at most, whole groups as they come."""
    names = bundled_data.Cells.__dataclass_fields__
    columns = dict(zip(names, crops_of(task.dataset), strict=True))
    told = _images(task.dataset)[task.column].map(task.words)
    words = told.to_numpy(object)
    rows = np.flatnonzero(told.notna())
    if per_class is not None:
        rank = told[told.notna()].groupby(told).cumcount().to_numpy()
        rows = rows[rank < per_class]
    groups = columns["group"].astype(str).astype(object)
    return Labelled(columns["crops"][rows], words[rows], groups[rows])


@dataclass(frozen=True)
class Division:
    """What one seed makes of the cells of a task: rows of it.

    Parameters
    ----------
    scored : ndarray
        Whole groups, which nothing learns from.
    labelled : ndarray
        Drawn by chance from the rest, as many of each class.
    nameless : ndarray
        The rest.
    """

    scored: np.ndarray
    labelled: np.ndarray
    nameless: np.ndarray

    @property
    def hash(self) -> str:
        """Short hash of which cell is what."""
        parts = (self.scored, self.labelled, self.nameless)
        return hashlib.sha256(b"|".join(np.sort(p).tobytes() for p in parts)).hexdigest()[:16]


def divide(cells: Labelled, seed: int, per_class: int = PER_CLASS) -> Division:
    """A third of the groups to score, `per_class` labels, and the rest."""
    rng = np.random.default_rng(seed)
    folds = StratifiedGroupKFold(SCORED_FOLDS, shuffle=True, random_state=seed)
    words = cells.words.astype(str)
    rest, scored = next(folds.split(words, words, cells.groups.astype(str)))
    labelled = np.concatenate(
        [rng.permutation(rest[words[rest] == word])[:per_class] for word in np.unique(words)]
    )
    return Division(scored, labelled, np.setdiff1d(rest, labelled))


def project_cells(
    cells: Labelled,
    division: Division,
    taxonomy: Taxonomy,
    seed: int,
    known: Mapping[str, str] | None = None,
) -> ProjectCells:
    """The labelled and the nameless cells as a project gives them to the loops of learning.

    Parameters
    ----------
    known : mapping of str to str, optional
        Splits of groups that stand.
    """
    rows = division.labelled
    words, groups = cells.words[rows].tolist(), cells.groups[rows].tolist()
    plan = plan_splits(words, groups, taxonomy, known, seed=seed)
    training = TrainingSet.of(cells.crops[rows], words, groups, plan.splits, taxonomy, rows)
    rest = division.nameless
    pool = UnlabelledCrops(cells.crops[rest], cells.groups[rest], rest)
    return ProjectCells(training, pool, {**(known or {}), **plan.splits}, plan.notes)


@lru_cache(maxsize=1)
def _manifest() -> pd.DataFrame:
    return pd.read_csv(bundled_data.DATA / "manifest.csv")


def _images(dataset: str) -> pd.DataFrame:
    manifest = _manifest()
    return manifest[manifest["dataset"] == dataset]
