"""Which groups train, validate and test: whole groups, each class where it must be, said in words.

A group that is in a split stays there. Groups that share a picture go together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import TooFewCellsError
from napari_all_subtype.learning.bundles import GroupTable, bundles_of
from napari_all_subtype.learning.parameters import SplitParameters
from napari_all_subtype.learning.training_set import SPLITS, TEST, TRAIN, VAL
from napari_all_subtype.taxonomy import Taxonomy

MIN_CELLS = 4  # of each class: fewer cannot be divided
MIN_GROUPS = 2  # one to train, one to validate
FEW_VALIDATION_CELLS = 5  # of a class: fewer are told of
MIN_TEST_GROUPS = 6
MIN_TEST_CELLS = 40  # of each class, before any are put aside that nothing learns from


@dataclass(frozen=True)
class SplitPlan:
    """Splits of all groups, and what a person is to be told.

    Parameters
    ----------
    splits : dict of str to str
        Every group that was asked about.
    new : dict of str to str
        Those that were in no split before.
    notes : tuple of str
    """

    splits: dict[str, str]
    new: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def top_classes(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Classes that are no kind of another: what must be told apart first.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> top_classes(FAB5)
    ('normal', 'blast')
    """
    return tuple(one.name for one in taxonomy.classes if not one.parent)


def top_class(taxonomy: Taxonomy, word: str) -> str:
    """The class at the top that `word` is a kind of."""
    while taxonomy[word].parent:
        word = taxonomy[word].parent
    return word


def plan_splits(
    words: Sequence[str],
    groups: Sequence[str],
    taxonomy: Taxonomy,
    known: Mapping[str, str] | None = None,
    parameters: SplitParameters = SplitParameters(),
    together: Iterable[tuple[str, str]] = (),
    seed: int = 0,
    flat: bool = False,
    titles: Mapping[str, str] | None = None,
) -> SplitPlan:
    """A split for each group, new ones so that classes are spread as evenly as groups allow.

    Parameters
    ----------
    words, groups : sequence of str
        Of each labelled cell.
    known : mapping of str to str, optional
        Splits that stand, which are never changed.
    together : iterable of (str, str)
        Groups that share a picture.
    flat : bool
        Every class must be told apart by itself, also one that is a kind of another.
    titles : mapping of str to str, optional
        What a person calls some of the groups, for the notes.

    Raises
    ------
    TooFewCellsError
        If there is one class only, or a class or the groups are too few to be divided; the
        message says how many of what are missing.
    """
    known = dict(known or {})
    kinds = [word if flat else top_class(taxonomy, word) for word in words]
    refuse_too_few(kinds, groups)
    bundles = bundles_of(groups, known, together)
    table = GroupTable(kinds, groups, bundles)
    splits, notes = table.known_splits(known, titles or {})
    free = [bundle for bundle in table.names if bundle not in splits]
    test, why = _test_fraction(table, parameters)
    notes += [why] if why else []
    shares = {TRAIN: 1 - parameters.val_fraction - test, VAL: parameters.val_fraction, TEST: test}
    _spread(table, splits, free, shares, seed)
    _mend(table, splits, free)
    _refuse_missing(table, splits, list(zip(kinds, groups, strict=True)), titles or {})
    of_group = {group: known.get(group, splits[bundles[group]]) for group in dict.fromkeys(groups)}
    notes += _lonely_words(words, groups, of_group)
    notes += _hardly_validated(kinds, groups, of_group)
    new = {group: split for group, split in of_group.items() if group not in known}
    if len(table.names) < MIN_TEST_GROUPS:
        counts = Counter(of_group.values())
        said = ", ".join(f"{counts[split]} {split}" for split in SPLITS if counts[split])
        apart = f", {len(table.names)} of them apart" if len(table.names) < len(of_group) else ""
        notes.append(
            f"Only {len(of_group)} groups{apart}: {said}. Figures of so few cases say little of "
            "a new one."
        )
    return SplitPlan(of_group, new, tuple(notes))


def random_splits(
    words: Sequence[str], taxonomy: Taxonomy, parameters: SplitParameters, seed: int = 0
) -> list[str]:
    """A split for each cell, whatever its group: only where a person asked for it.

    Raises
    ------
    TooFewCellsError
        As `plan_splits`.
    """
    names = [str(n) for n in range(len(words))]
    return list(plan_splits(words, names, taxonomy, None, parameters, seed=seed).splits.values())


def refuse_too_few(kinds: Sequence[str], groups: Sequence[str]) -> None:
    """Raise if the cells cannot be divided, and say how many of what are missing.

    Raises
    ------
    TooFewCellsError
    """
    counts = Counter(kinds)
    if not counts:
        raise TooFewCellsError(
            "No cell has a word that can be learned from. Say of cells what they are: at least "
            f"{MIN_CELLS} of each of two classes, from at least {MIN_GROUPS} groups (cases)."
        )
    if len(counts) == 1:
        (only,) = counts
        raise TooFewCellsError(
            f"All {counts[only]} cells are called {only}: nothing can be told apart. Say it of at "
            f"least {MIN_CELLS} cells of another class."
        )
    few = [f"{name} {n} ({MIN_CELLS - n} more)" for name, n in counts.items() if n < MIN_CELLS]
    if few:
        raise TooFewCellsError(
            f"Too few cells: {', '.join(few)}. At least {MIN_CELLS} of each class are needed."
        )
    found = len(set(groups))
    if found < MIN_GROUPS:
        raise TooFewCellsError(
            f"All cells are of {found} group (case): {MIN_GROUPS - found} more needed, since whole "
            "groups train or validate. Add cells of another case, tell the cases apart (column "
            "'group', or a folder for each case in that of a class), or ask for a random split, "
            "which is marked on every figure."
        )


def _test_fraction(table: GroupTable, parameters: SplitParameters) -> tuple[float, str]:
    """The share that tests; 0 where there are few, and why."""
    cells = table.counts.sum(axis=0)
    groups = (table.counts > 0).sum(axis=0)
    if not parameters.test_fraction:
        return 0.0, ""
    if len(table.names) >= MIN_TEST_GROUPS and (cells >= MIN_TEST_CELLS).all() and groups.min() > 2:
        return parameters.test_fraction, ""
    least = int(cells.argmin())
    return 0.0, (
        f"No test cells are put aside: {len(table.names)} groups, {cells[least]} cells of "
        f"{table.kinds[least]}; {MIN_TEST_GROUPS} groups and {MIN_TEST_CELLS} cells of each class "
        "are needed. Evaluate on cells of other cases."
    )


def _spread(
    table: GroupTable,
    splits: dict[str, str],
    free: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
) -> None:
    """Put each free bundle where it brings the classes nearest to their shares."""
    total = np.maximum(table.counts.sum(axis=0), 1)
    sums = {split: values.astype(float) for split, values in table.sums(splits).items()}
    order = np.random.default_rng(seed).permutation(len(free))
    wanted = [split for split in SPLITS if shares[split] > 0]
    for bundle in sorted((free[n] for n in order), key=lambda name: -table.of(name).sum()):
        cells = table.of(bundle)

        def cost(split: str, cells: np.ndarray = cells) -> float:
            before = sums[split] / total - shares[split]
            after = (sums[split] + cells) / total - shares[split]
            return float((np.square(after) - np.square(before)).sum() / shares[split])

        chosen = min(wanted, key=cost)
        splits[bundle] = chosen
        sums[chosen] += cells


def _mend(table: GroupTable, splits: dict[str, str], free: Sequence[str]) -> None:
    """Move free bundles, the smallest first, until each class trains and validates if it can."""
    for wanted in (TRAIN, VAL):
        for kind in range(len(table.kinds)):
            if table.sums(splits)[wanted][kind]:
                continue
            for bundle in sorted(free, key=lambda name: (table.of(name).sum(), name)):
                if table.of(bundle)[kind] and _can_go(table, splits, bundle, wanted):
                    splits[bundle] = wanted
                    break


def _can_go(table: GroupTable, splits: Mapping[str, str], bundle: str, wanted: str) -> bool:
    """Whether every class that trains and validates still does without this bundle."""
    home = splits[bundle]
    if home == wanted:
        return False
    left = table.sums(splits)[home] - table.of(bundle)
    return home == TEST or not ((left == 0) & (table.of(bundle) > 0)).any()


def _refuse_missing(
    table: GroupTable,
    splits: Mapping[str, str],
    cells: Sequence[tuple[str, str]],
    titles: Mapping[str, str],
) -> None:
    sums = table.sums(splits)
    for split, does in ((TRAIN, "train"), (VAL, "validate")):
        for n, kind in enumerate(table.kinds):
            if sums[split][n]:
                continue
            groups = sorted({group for one, group in cells if one == kind})
            are = amount(int(table.counts[:, n].sum()), "cell is", "cells are")
            of = amount(len(groups), "group (case)", "groups (cases)")
            bound = [group for group in groups if _goes_with_another(group, table.bundles)]
            also, too = "", ""
            if bound:
                named = ", ".join(titles.get(group, group) for group in bound[:3])
                named += f" and {len(bound) - 3} more" if len(bound) > 3 else ""
                also = f": {named} hold the same pictures as other groups and go with them"
                too = (
                    ", or add the cells to a new project with each picture in one of its groups "
                    "only: duplicates.csv in the project's folder lists the pairs"
                )
            raise TooFewCellsError(
                f"Class {kind} has no cells that {does}: its {are} of {of}, which cannot be parted "
                f"or moved{also}. Add cells of this class from 1 more group{too}."
            )


def _goes_with_another(group: str, bundles: Mapping[str, str]) -> bool:
    return sum(bundle == bundles[group] for bundle in bundles.values()) > 1


def _hardly_validated(
    kinds: Sequence[str], groups: Sequence[str], splits: Mapping[str, str]
) -> list[str]:
    """Notes on classes of which a handful of cells, or fewer, validate."""
    pairs = zip(kinds, groups, strict=True)
    counts = Counter(kind for kind, group in pairs if splits[group] == VAL)
    return [
        f"Only {amount(n, 'validation cell is', 'validation cells are')} {kind}: figures on so few "
        "say little. Add cells of it from other cases."
        for kind, n in sorted(counts.items())
        if n < FEW_VALIDATION_CELLS
    ]


def _lonely_words(
    words: Sequence[str], groups: Sequence[str], splits: Mapping[str, str]
) -> list[str]:
    """Notes on words, such as subtypes, that no validation cell has."""
    seen = {(word, splits[group]) for word, group in zip(words, groups, strict=True)}
    return [
        f"No validation cell is called {word}: how well it is told apart is not known. Add cells "
        "of it from another case."
        for word in sorted(set(words))
        if (word, VAL) not in seen
    ]
