"""Groups that go together, and how many cells of each class they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from napari_all_subtype.learning.training_set import SPLITS


class GroupTable:
    """Cells per bundle of groups and class."""

    def __init__(self, kinds: Sequence[str], groups: Sequence[str], bundles: Mapping[str, str]):
        self.bundles = bundles
        self.kinds = sorted(set(kinds))
        self.names = sorted({bundles[group] for group in groups})
        self.counts = np.zeros((len(self.names), len(self.kinds)), int)
        for kind, group in zip(kinds, groups, strict=True):
            self.counts[self.names.index(bundles[group]), self.kinds.index(kind)] += 1

    def of(self, bundle: str) -> np.ndarray:
        """Cells of each class in a bundle."""
        return self.counts[self.names.index(bundle)]

    def sums(self, splits: Mapping[str, str]) -> dict[str, np.ndarray]:
        """Cells of each class in each split."""
        zero = np.zeros(len(self.kinds), int)
        return {
            split: sum((self.of(name) for name, is_in in splits.items() if is_in == split), zero)
            for split in SPLITS
        }

    def known_splits(
        self, known: Mapping[str, str], titles: Mapping[str, str]
    ) -> tuple[dict[str, str], list[str]]:
        """Split of each bundle that has one, and a note on those that are parted already."""
        splits, notes = {}, []
        for group, split in known.items():
            bundle = self.bundles.get(group)
            if bundle is None or bundle not in self.names:
                continue
            if splits.setdefault(bundle, split) != split:
                notes.append(
                    f"Group {titles.get(group, group)} ({split}) shares a picture with a group in "
                    f"{splits[bundle]}. "
                    "Both stay where they are; cells that are in both take no part in training."
                )
        return splits, notes


def bundles_of(
    groups: Iterable[str], known: Iterable[str], together: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """The bundle of each group, called by the least name in it."""
    parent = {group: group for group in (*groups, *known)}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one, other in together:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {group: root(group) for group in list(parent)}
