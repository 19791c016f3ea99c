"""Real cells altered along one FAB criterion at a time, the rest of the picture kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.simulate.alter_bend import bend
from napari_all_subtype.simulate.alter_look import Look, look_of, shown_cell
from napari_all_subtype.simulate.alter_outline import (
    Radii,
    indented,
    radii_of,
    rounded,
    scaled,
    with_cell,
    with_nc_ratio,
)
from napari_all_subtype.simulate.alter_stain import (
    Inside,
    inside_of,
    with_basophilia,
    with_chromatin,
    with_closed_clefts,
    with_nucleoli,
    with_vacuoles,
    without_pale_spots,
)

Criterion = Literal[
    "size", "nc_ratio", "outline", "nucleoli", "chromatin", "basophilia", "vacuoles"
]
Subtype = Literal["l1", "l2", "l3"]


@dataclass(frozen=True)
class Alteration:
    """One change of one criterion, and what it must do to the FAB scores.

    Parameters
    ----------
    name : str
    criterion : str
        The row of the FAB table that changes.
    direction : int
        1 if the criterion's measure must rise, −1 if it must fall.
    subtype : str
        The subtype whose score must move.
    score_direction : int
        1 if that score must rise, −1 if it must fall.
    strength : float
        How much is changed: 0 nothing, 1 a plain case; 0–2.

    Raises
    ------
    ParameterError
        If the strength is out of its range.
    """

    name: str
    criterion: Criterion
    direction: int
    subtype: Subtype
    score_direction: int = 1
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 2.0:
            raise ParameterError(
                f"strength of the alteration {self.name!r} is {self.strength:g}: expected 0 to 2, "
                "where 1 is a plain case."
            )


# After the FAB table (Bennett et al., Br J Haematol 1976;33:451-8 and 1981;47:553-61). Words that
# stand for two subtypes name the one they tell apart best: "regular outline" L1, "moderate to
# abundant cytoplasm" L2. Basophilia and vacuoles are prominent in L3 alone; without them L3 falls.
ALTERATIONS: tuple[Alteration, ...] = (
    Alteration("larger", "size", 1, "l2"),
    Alteration("smaller", "size", -1, "l1"),
    Alteration("wider cytoplasm", "nc_ratio", -1, "l2"),
    Alteration("narrower cytoplasm", "nc_ratio", 1, "l1"),
    Alteration("indented nucleus", "outline", -1, "l2"),
    Alteration("rounder nucleus", "outline", 1, "l1"),
    Alteration("nucleoli added", "nucleoli", 1, "l2"),
    Alteration("nucleoli removed", "nucleoli", -1, "l1"),
    Alteration("coarser chromatin", "chromatin", 1, "l1", -1),
    Alteration("homogeneous chromatin", "chromatin", -1, "l1"),
    Alteration("deeper basophilia", "basophilia", 1, "l3"),
    Alteration("paler cytoplasm", "basophilia", -1, "l3", -1),
    Alteration("vacuoles added", "vacuoles", 1, "l3"),
    Alteration("vacuoles removed", "vacuoles", -1, "l3", -1),
)


@dataclass(frozen=True)
class Altered:
    """A cell after its alteration, in a picture as large as before.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
    cell, nucleus : ndarray, shape (Y, X), bool
        Their masks, carried along; the nucleus lies inside the cell.
    spots : int
        Nucleoli or vacuoles that found room; 0 for other alterations.
    """

    pixels: np.ndarray
    cell: np.ndarray
    nucleus: np.ndarray
    spots: int = 0


def _check(pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray) -> None:
    """Raise ParameterError unless the three fit together."""
    shapes = pixels.shape[:2], cell.shape, nucleus.shape
    if len(set(shapes)) > 1 or pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise ParameterError(
            f"pixels {pixels.shape} {pixels.dtype}, cell {cell.shape} and nucleus "
            f"{nucleus.shape}: expected (Y, X, 3) uint8 and two masks (Y, X) of the same size."
        )
    if not nucleus.any() or (nucleus.astype(bool) & ~cell.astype(bool)).any():
        raise ParameterError(
            "the nucleus is empty or reaches out of its cell: expected masks of one cell, "
            "as `segment` gives them."
        )


def _radii(before: Radii, ratio: float, alteration: Alteration, rng: np.random.Generator) -> Radii:
    """The radii that size, cytoplasm or outline are to have; `ratio` is that of the masks."""
    strength, up = alteration.strength, alteration.direction > 0
    if alteration.criterion == "size":
        factor = 1.0 + strength * rng.uniform(0.22, 0.38)
        return scaled(before, factor if up else 1.0 / factor)
    if alteration.criterion == "outline":
        return rounded(before, strength) if up else indented(before, strength, rng)
    if up:
        left = (1.0 - ratio) * max(1.0 - rng.uniform(0.55, 0.75) * strength, 0.1)
        return with_nc_ratio(before, 1.0 - left, rng)
    return with_nc_ratio(before, ratio * max(1.0 - rng.uniform(0.22, 0.34) * strength, 0.3), rng)


def _cleft_free(
    pixels: np.ndarray, cell: np.ndarray, nucleus: np.ndarray, look: Look, um_per_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Picture and nucleus with narrow clefts closed, for those cannot be bent straight."""
    part = inside_of(pixels, cell, nucleus, look, um_per_px)
    density, closed = with_closed_clefts(part)
    whole = nucleus.copy()
    whole[part.box] |= closed
    return part.repainted(pixels, density), whole & cell


def _nucleoli(
    part: Inside, alteration: Alteration, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    if alteration.direction > 0:
        return with_nucleoli(part, alteration.strength, rng)
    return without_pale_spots(part, alteration.strength, nucleus_only=True), 0


def _vacuoles(
    part: Inside, alteration: Alteration, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    if alteration.direction > 0:
        return with_vacuoles(part, alteration.strength, rng)
    return without_pale_spots(part, alteration.strength, nucleus_only=False), 0


def _chromatin(
    part: Inside, alteration: Alteration, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    rise = rng.uniform(0.6, 1.0) * alteration.strength
    gain = 1.0 + rise if alteration.direction > 0 else max(1.0 - 0.8 * rise, 0.1)
    return with_chromatin(part, gain), 0


def _basophilia(
    part: Inside, alteration: Alteration, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    amount = rng.uniform(0.4, 0.65) * alteration.strength
    change = amount if alteration.direction > 0 else -min(amount, 1.0)
    return with_basophilia(part, change), 0


_STAIN: dict[str, Callable[[Inside, Alteration, np.random.Generator], tuple[np.ndarray, int]]] = {
    "nucleoli": _nucleoli,
    "vacuoles": _vacuoles,
    "chromatin": _chromatin,
    "basophilia": _basophilia,
}


def alter(
    pixels: np.ndarray,
    cell: np.ndarray,
    nucleus: np.ndarray,
    um_per_px: float,
    alteration: Alteration,
    rng: np.random.Generator,
) -> Altered:
    """The picture of one cell, altered along one criterion, and the masks that go with it.

    Size, cytoplasm and outline bend the picture, within about two radii of the cell; all else
    changes the stain within the masks and leaves every pixel outside of the cell as it was.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8
        Best with some surroundings, since glass is measured on them.
    cell, nucleus : ndarray, shape (Y, X), bool
        One cell that does not touch the border, and its nucleus.
    um_per_px : float
        Micrometres per pixel.
    alteration : Alteration
    rng : numpy.random.Generator

    Returns
    -------
    Altered
        A copy of what was given where the strength is 0.

    Raises
    ------
    ParameterError
        If the shapes differ or the nucleus is empty or not within the cell.
    """
    _check(pixels, cell, nucleus)
    cell, nucleus = cell.astype(bool), nucleus.astype(bool)
    if alteration.strength == 0:
        return Altered(pixels.copy(), cell.copy(), nucleus.copy())
    look = look_of(pixels, cell, nucleus, um_per_px)
    if alteration.criterion in ("size", "nc_ratio", "outline"):
        if alteration.criterion == "outline" and alteration.direction > 0:
            pixels, nucleus = _cleft_free(pixels, cell, nucleus, look, um_per_px)
        before = radii_of(cell, nucleus)
        ratio = before.nc_ratio
        if alteration.criterion != "size" and alteration.direction < 0:
            # Glass within a generous mask is no cytoplasm that could be drawn out.
            shown = shown_cell(pixels, cell, nucleus, look, um_per_px)
            before = with_cell(before, shown)
        after = _radii(before, ratio, alteration, rng)
        bent = bend(pixels, cell, nucleus, before, after, look, um_per_px, rng)
        return Altered(bent.pixels, bent.cell, bent.nucleus)
    part = inside_of(pixels, cell, nucleus, look, um_per_px)
    density, spots = _STAIN[alteration.criterion](part, alteration, rng)
    return Altered(part.repainted(pixels, density), cell.copy(), nucleus.copy(), spots)
