"""What a model learns from: crops, what people said of them, weights, groups and splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.errors import TrainingSetError
from napari_all_subtype.taxonomy import Taxonomy

TRAIN, VAL, TEST = SPLITS = ("train", "val", "test")


def allowed_by(words: Sequence[str], taxonomy: Taxonomy, flat: bool = False) -> np.ndarray:
    """Classes that each word leaves open: ndarray, shape (N, K), bool.

    A person's word is the set of its class and what that class is the parent of: "blast" never
    teaches against L1. Flat, each word is its own class alone.

    Raises
    ------
    TrainingSetError
        If a word is no class of `taxonomy`.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> allowed_by(["blast", "l2"], FAB5).astype(int).tolist()
    [[0, 1, 1, 1, 1], [0, 0, 0, 1, 0]]
    """
    odd = sorted({word for word in words if word not in taxonomy.names})
    if odd:
        raise TrainingSetError(
            f"{odd[0]!r} is no class of {taxonomy.name} ({', '.join(taxonomy.names)}). Leave such "
            "cells out, or use the taxonomy that their words are of."
        )
    allowed = np.zeros((len(words), len(taxonomy)), bool)
    for n, word in enumerate(words):
        for name in (word,) if flat else taxonomy.family(word):
            allowed[n, taxonomy.index(name)] = True
    return allowed


@dataclass(frozen=True)
class TrainingSet:
    """Labelled cells, ready to be learned from.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
    allowed : ndarray, shape (N, K), bool
        Classes that the word of each cell leaves open; at least one.
    words : ndarray, shape (N,), object
        What a person said: names of classes.
    weights : ndarray, shape (N,), float32
        How much each cell counts, above 0; 1 is usual.
    groups : ndarray, shape (N,), object
        Case of each cell, or what stands for one.
    splits : ndarray, shape (N,), object
        ``train``, ``val`` or ``test``; a group is in one of them.
    ids : ndarray, shape (N,), int64
        The marked cell of the project; each once.
    taxonomy : Taxonomy
        Of `words` and of the columns of `allowed`.
    random_split : bool
        Groups were not kept together, as somebody asked for: every figure must say so.

    Raises
    ------
    TrainingSetError
        If the parts do not fit each other, or a group is in two splits.
    """

    crops: np.ndarray
    allowed: np.ndarray
    words: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    splits: np.ndarray
    ids: np.ndarray
    taxonomy: Taxonomy
    random_split: bool = False

    def __post_init__(self) -> None:
        _refuse_crops(self.crops)
        n = len(self.crops)
        kinds = {"words": object, "groups": object, "splits": object}
        kinds |= {"weights": np.float32, "ids": np.int64, "allowed": bool}
        for name, kind in kinds.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
            _refuse_length(name, getattr(self, name), n)
        self._refuse_targets()
        self._refuse_splits()

    def _refuse_targets(self) -> None:
        k = len(self.taxonomy)
        if self.allowed.shape != (len(self), k) or not self.allowed.any(axis=1).all():
            raise TrainingSetError(
                f"The classes allowed have shape {self.allowed.shape}: expected ({len(self)}, {k}) "
                f"for {self.taxonomy.name}, with at least one class for each cell."
            )
        if not (np.isfinite(self.weights).all() and (self.weights > 0).all()):
            raise TrainingSetError(
                "A cell has a weight that is not above 0. Leave cells out instead of giving them "
                "no weight."
            )
        if len(np.unique(self.ids)) != len(self.ids):
            raise TrainingSetError("A marked cell is there twice. Give each cell once.")

    def _refuse_splits(self) -> None:
        odd = sorted(set(self.splits) - set(SPLITS))
        if odd:
            raise TrainingSetError(f"{odd[0]!r} is no split: expected {', '.join(SPLITS)}.")
        if self.random_split:
            return
        seen: dict[str, str] = {}
        for group, split in zip(self.groups, self.splits, strict=True):
            if seen.setdefault(group, split) != split:
                raise TrainingSetError(
                    f"Group {group} is in {seen[group]} and in {split}: a group is never parted."
                )

    @classmethod
    def of(
        cls,
        crops: np.ndarray,
        words: Sequence[str],
        groups: Sequence[str],
        splits: Sequence[str] | Mapping[str, str],
        taxonomy: Taxonomy,
        ids: Sequence[int] | None = None,
        weights: Sequence[float] | None = None,
        flat: bool = False,
        random_split: bool = False,
    ) -> TrainingSet:
        """A training set of what people said.

        Parameters
        ----------
        splits : sequence of str or mapping of str to str
            Of each cell, or of each group.
        ids : sequence of int, optional
            By default 0, 1, 2 and so on.
        weights : sequence of float, optional
            1 by default.
        flat : bool
            Each word is its own class alone, also where it is the parent of others.

        Raises
        ------
        TrainingSetError
            If a word is unknown or the parts do not fit each other.
        """
        n = len(words)
        if isinstance(splits, Mapping):
            splits = [_split_of(group, splits) for group in groups]
        return cls(
            crops,
            allowed_by(words, taxonomy, flat),
            np.array(words, object),
            np.ones(n, np.float32) if weights is None else weights,
            np.array(groups, object),
            np.array(splits, object),
            np.arange(n) if ids is None else ids,
            taxonomy,
            random_split,
        )

    def __len__(self) -> int:
        return len(self.crops)

    def select(self, which: np.ndarray) -> TrainingSet:
        """The cells that `which` names: a mask or indices."""
        names = ("crops", "allowed", "words", "weights", "groups", "splits", "ids")
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    def part(self, split: str) -> TrainingSet:
        """The cells of one split."""
        return self.select(self.splits == split)

    @property
    def split_hash(self) -> str:
        """SHA-256 of which group is in which split: the same for the same division."""
        keys = self.ids if self.random_split else self.groups
        lines = sorted({f"{key}\t{split}" for key, split in zip(keys, self.splits, strict=True)})
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """Cells of each class in each split, all of them named."""
        return {
            split: {
                name: int(((self.splits == split) & (self.words == name)).sum())
                for name in self.taxonomy.names
            }
            for split in SPLITS
        }


@dataclass(frozen=True)
class UnlabelledCrops:
    """Cells that nobody has named.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
    groups : ndarray, shape (N,), object
    ids : ndarray, shape (N,), int64
        What names each of them to whoever made this; each once.
    """

    crops: np.ndarray
    groups: np.ndarray
    ids: np.ndarray

    def __post_init__(self) -> None:
        _refuse_crops(self.crops)
        for name, kind in {"groups": object, "ids": np.int64}.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
            _refuse_length(name, getattr(self, name), len(self.crops))

    def __len__(self) -> int:
        return len(self.crops)

    def select(self, which: np.ndarray) -> UnlabelledCrops:
        """The cells that `which` names: a mask or indices."""
        return UnlabelledCrops(self.crops[which], self.groups[which], self.ids[which])


@dataclass(frozen=True)
class PseudoLabelled:
    """Unlabelled cells with what a model takes them for: for training only, never for a score.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
    allowed : ndarray, shape (N, K), bool
        Classes that the model leaves open, as a person's word does: of a blast all subtypes.
    weights : ndarray, shape (N,), float32
        How much each counts beside a labelled cell, which is 1.
    groups : ndarray, shape (N,), object
    ids : ndarray, shape (N,), int64
    """

    crops: np.ndarray
    allowed: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    ids: np.ndarray

    def __post_init__(self) -> None:
        _refuse_crops(self.crops)
        kinds = {"allowed": bool, "weights": np.float32, "groups": object, "ids": np.int64}
        for name, kind in kinds.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
            _refuse_length(name, getattr(self, name), len(self.crops))
        if self.allowed.ndim != 2 or not self.allowed.any(axis=1).all():
            raise TrainingSetError(
                f"The classes of pseudo-labelled cells have shape {self.allowed.shape}: expected "
                f"({len(self)}, K), with at least one class for each cell."
            )

    def __len__(self) -> int:
        return len(self.crops)


def _split_of(group: str, splits: Mapping[str, str]) -> str:
    if group not in splits:
        raise TrainingSetError(f"Group {group} is in no split yet. Divide the groups first.")
    return splits[group]


def _refuse_crops(crops: np.ndarray) -> None:
    good = isinstance(crops, np.ndarray) and crops.dtype == np.uint8 and crops.ndim == 4
    if not good or crops.shape[1] != crops.shape[2] or crops.shape[3] not in (3, 4):
        kind = getattr(crops, "dtype", type(crops).__name__)
        raise TrainingSetError(
            f"Crops of shape {np.shape(crops)} and type {kind}: expected (N, S, S, 3) or "
            "(N, S, S, 4), uint8."
        )


def _refuse_length(name: str, values: np.ndarray, n: int) -> None:
    if len(values) != n:
        raise TrainingSetError(f"{len(values)} {name} for {n} crops: expected one for each crop.")
