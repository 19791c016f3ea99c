"""Where things lie on the film: white cells alone or touching, red cells scattered and in rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


def place_leukocytes(
    diameters_um: np.ndarray,
    groups: list[list[int]],
    size_um: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """Centres of white cells: ndarray, shape (N, 2), (y, x) in µm.

    Parameters
    ----------
    diameters_um : ndarray, shape (N,)
    groups : list of list of int
        Cells of one list touch; lists keep apart as far as there is room.
    """
    radii = diameters_um / 2.0
    offsets = [_cluster(radii[group], rng) for group in groups]
    centres = np.zeros((len(diameters_um), 2))
    placed: list[int] = []
    # The largest first, while there is room.
    for i in np.argsort([-float(radii[group].sum()) for group in groups]):
        group = groups[i]
        centres[group] = _free_place(
            offsets[i], radii[group], centres[placed], radii[placed], np.array(size_um), rng
        )
        placed.extend(group)
    return centres


def _free_place(
    offsets: np.ndarray,
    radii: np.ndarray,
    others: np.ndarray,
    other_radii: np.ndarray,
    size_um: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Centres of a group at the first random place clear of the others, else the clearest."""
    low, high = 0.5 - offsets.min(axis=0), size_um - 0.5 - offsets.max(axis=0)
    middle = (low + high) / 2.0
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    best, best_gap = middle + offsets, -np.inf
    for _ in range(200):
        spots = np.clip(rng.uniform(low, high) + offsets, 0.5, size_um - 0.5)
        if not len(others):
            return spots
        apart = np.hypot(*(spots[:, None] - others[None]).transpose(2, 0, 1))
        gap = float((apart - radii[:, None] - other_radii[None]).min())
        if gap > 1.0:
            return spots
        if gap > best_gap:
            best, best_gap = spots, gap
    return best


def _cluster(radii_um: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Offsets of cells that touch: each is pushed against one before it."""
    places = [np.zeros(2)]
    for i in range(1, len(radii_um)):
        best, best_gap = None, -np.inf
        for _ in range(24):
            j = int(rng.integers(i))
            angle = rng.uniform(0, 2 * np.pi)
            # Two to twelve per cent nearer than circles would touch: cells flatten.
            step = (radii_um[i] + radii_um[j]) * rng.uniform(0.88, 0.98)
            spot = places[j] + step * np.array([np.sin(angle), np.cos(angle)])
            gaps = [
                np.hypot(*(spot - places[k])) - radii_um[k] - radii_um[i]
                for k in range(i)
                if k != j
            ]
            gap = min(gaps, default=0.0)
            if gap > best_gap:
                best, best_gap = spot, gap
            if gap > -0.4:
                break
        places.append(best)
    offsets = np.array(places)
    return offsets - offsets.mean(axis=0)


def touching_groups(
    count: int, clusters: tuple[int, ...], fraction: float, rng: np.random.Generator
) -> list[list[int]]:
    """Cells 0 … count-1 in groups: `clusters` first, then pairs and threes, the rest alone."""
    order = [int(i) for i in rng.permutation(count)]
    groups = []
    for size in clusters:
        if len(order) >= size:
            groups.append([order.pop() for _ in range(size)])
    touching = round(fraction * len(order))
    while touching >= 2 and len(order) >= 2:
        size = min(touching, len(order), 2 + int(rng.random() < 0.3))
        groups.append([order.pop() for _ in range(size)])
        touching -= size
    return groups + [[i] for i in order]


@dataclass(frozen=True)
class RedLayout:
    """How many red cells there are, how big, and how they lie."""

    count: int
    diameter_um: float
    rouleaux_fraction: float
    overlapping_fraction: float


def place_red_cells(
    wanted: RedLayout,
    size_um: tuple[float, float],
    leukocytes_um: np.ndarray,
    leukocyte_diameters_um: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Centres of red cells, as many as there is room for: ndarray, shape (M, 2), (y, x) in µm.

    Most keep apart, some overlap, some lie in rows; none has its middle under a white cell.
    """
    diameter, margin = wanted.diameter_um, wanted.diameter_um / 2.0
    low, high = np.full(2, -margin), np.array(size_um) + margin
    taken = _Neighbours(diameter)
    for spot in _rows(wanted, low, high, rng):
        if _clear(spot, leukocytes_um, leukocyte_diameters_um, diameter):
            taken.add(spot)
    tries = 0
    while len(taken) < wanted.count and tries < 12 * wanted.count:
        tries += 1
        spot = rng.uniform(low, high)
        overlaps = rng.random() < wanted.overlapping_fraction
        least = diameter * (rng.uniform(0.55, 0.9) if overlaps else 0.95)
        if taken.nearest(spot) >= least and _clear(
            spot, leukocytes_um, leukocyte_diameters_um, diameter
        ):
            taken.add(spot)
    return taken.points()


def _rows(
    wanted: RedLayout, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Places of the cells that lie in bending rows like coins."""
    left = round(wanted.count * wanted.rouleaux_fraction)
    while left > 1:
        length = int(rng.integers(2, 6))
        spot = rng.uniform(low, high)
        angle = rng.uniform(0, 2 * np.pi)
        step = wanted.diameter_um * rng.uniform(0.35, 0.75)
        for _ in range(length):
            yield spot
            angle += rng.normal(0, 0.18)
            spot = spot + step * np.array([np.sin(angle), np.cos(angle)])
        left -= length


def _clear(
    spot: np.ndarray, centres: np.ndarray, diameters: np.ndarray, diameter_um: float
) -> bool:
    if not len(centres):
        return True
    gap = np.hypot(centres[:, 0] - spot[0], centres[:, 1] - spot[1]) - diameters / 2.0
    return bool(gap.min() > 0.27 * diameter_um)


class _Neighbours:
    """Points on a grid of cells, to ask for the nearest without asking all."""

    def __init__(self, cell_um: float) -> None:
        self._cell = cell_um
        self._grid: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self._all: list[tuple[float, float]] = []

    def __len__(self) -> int:
        return len(self._all)

    def add(self, spot: np.ndarray) -> None:
        point = (float(spot[0]), float(spot[1]))
        key = (int(point[0] // self._cell), int(point[1] // self._cell))
        self._grid.setdefault(key, []).append(point)
        self._all.append(point)

    def nearest(self, spot: np.ndarray) -> float:
        """Distance to the nearest point within one grid cell, else infinity."""
        y, x = float(spot[0]), float(spot[1])
        row, column = int(y // self._cell), int(x // self._cell)
        least = np.inf
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                for py, px in self._grid.get((row + dr, column + dc), ()):
                    least = min(least, (py - y) ** 2 + (px - x) ** 2)
        return float(np.sqrt(least))

    def points(self) -> np.ndarray:
        return np.array(self._all, float).reshape(-1, 2)
