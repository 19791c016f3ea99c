"""What is stained and is no cell: giant and clumped platelets, heaps of stain, piled red cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_all_subtype.simulate.film import Film
from napari_all_subtype.simulate.recipe import SmearRecipe
from napari_all_subtype.simulate.red_cells import (
    draw_habit,
    draw_platelet,
    draw_red_cell,
    draw_speck,
)
from napari_all_subtype.simulate.shapes import contour, inside, octaves, ramp, soft

# Nothing is put nearer to a white cell than this: a platelet on a cell is part of its picture.
_CLEARANCE_UM = 2.5
_TRIES = 200

Drawer = Callable[[Film, np.ndarray, SmearRecipe, np.random.Generator], None]


def add_debris(film: Film, recipe: SmearRecipe, rng: np.random.Generator) -> np.ndarray:
    """Draw the debris that `recipe` asks for, where there is room for it.

    Returns
    -------
    ndarray, shape (N, 2), float
        Centres (y, x) in µm of what found room beside the white cells.
    """
    jobs: tuple[tuple[int, float, Drawer], ...] = (
        (recipe.giant_platelets, 5.0, _giant_platelet),
        (recipe.platelet_clumps, 9.0, _clump),
        (recipe.precipitate_heaps, 8.0, _heap),
        (recipe.red_cell_piles, 8.0, _pile),
    )
    places = []
    for count, reach_um, draw in jobs:
        for _ in range(count):
            place = _free_place(film, reach_um + _CLEARANCE_UM, rng)
            if place is not None:
                draw(film, place, recipe, rng)
                places.append(place)
    return np.array(places, float).reshape(-1, 2)


def _free_place(film: Film, reach_um: float, rng: np.random.Generator) -> np.ndarray | None:
    """A random place with no white cell within `reach_um`; None if there is none to be found."""
    for _ in range(_TRIES):
        place = rng.uniform((0.0, 0.0), film.size_um)
        patch = film.patch(place, reach_um)
        if patch is not None and film.occupied[patch.window].max() <= 0:
            return place
    return None


def _lay(film: Film, place: np.ndarray, drawn: np.ndarray, window: tuple[slice, slice]) -> None:
    """Put a body of some density on the film: it hides what lies below, it does not add to it."""
    np.maximum(film.density[window], drawn, out=film.density[window])


def _giant_platelet(
    film: Film, place: np.ndarray, _recipe: SmearRecipe, rng: np.random.Generator
) -> None:
    """As large as a red cell, ragged, full of fine violet grains in a paler seam."""
    radius = float(rng.uniform(2.0, 3.3))
    patch = film.patch(place, radius * 1.6 + 0.6)
    outline = contour(rng, radius, 0.10, rng.uniform(0.0, 0.15))
    outline = outline * contour(rng, 1.0, 0.045, 0.0, (7, 18), 0.4)
    level = inside(outline, patch.yy, patch.xx)
    grains = octaves(rng, patch.shape, 0.3 / film.um_per_px, 2)
    middle = ramp(level, 0.3, 0.5 * radius)
    amount = soft(level, 0.4) * (0.25 + middle * np.clip(0.75 + 0.45 * grains, 0.2, 1.7))
    azure, blue = np.float32(film.style.azure), np.float32(film.style.basophilic)
    drawn = amount[..., None] * azure * np.float32(1.2) + (0.3 * soft(level, 0.4))[..., None] * blue
    _lay(film, place, drawn, patch.window)


def _clump(film: Film, place: np.ndarray, _recipe: SmearRecipe, rng: np.random.Generator) -> None:
    """Eight to thirty platelets that stick together."""
    count = int(rng.integers(8, 31))
    # As far apart as platelets that touch: the area of the heap grows with their number.
    spread = 0.75 * np.sqrt(count) * np.array([1.0, rng.uniform(0.6, 1.0)])
    for offset in rng.normal(0.0, 0.6, (count, 2)) * spread:
        radius = float(rng.uniform(0.8, 1.6))
        patch = film.patch(place + offset, radius * 1.6 + 0.6)
        if patch is not None:
            _lay(film, place, draw_platelet(patch, radius, film.style, rng), patch.window)


def _heap(film: Film, place: np.ndarray, _recipe: SmearRecipe, rng: np.random.Generator) -> None:
    """Precipitated stain: dark grains, loose at the rim and run together in the middle."""
    count = int(rng.integers(80, 320))
    spread = float(rng.uniform(1.0, 2.4)) * rng.laplace(1.0, 0.6, (count, 1))
    for offset in rng.normal(0.0, 1.0, (count, 2)) * spread:
        radius = float(rng.uniform(0.1, 0.4))
        patch = film.patch(place + offset, radius * 1.6 + 0.6)
        if patch is not None:
            _lay(film, place, draw_speck(patch, radius, film.style, rng), patch.window)


def _pile(film: Film, place: np.ndarray, recipe: SmearRecipe, rng: np.random.Generator) -> None:
    """Two or three red cells on each other, not flattened: as dark as a nucleus, and red."""
    habit = draw_habit(film.style, rng)
    for thickness in (1.0, 0.85, 0.7)[: int(rng.integers(2, 4))]:
        radius = recipe.red_cell_diameter_um / 2.0 * float(rng.uniform(0.85, 1.1))
        patch = film.patch(place + rng.normal(0.0, 1.1, 2), radius * 1.25 + 0.8)
        if patch is not None:
            free = np.full(patch.shape, 99.0, np.float32)
            _, drawn = draw_red_cell(patch, radius, habit, film.style, rng, free)
            film.density[patch.window] += np.float32(thickness) * drawn
