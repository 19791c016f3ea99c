"""The film on the glass: cells and specks drawn into it, their densities summed."""

from __future__ import annotations

import numpy as np

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.simulate.layout import RedLayout, place_red_cells
from napari_all_subtype.simulate.leukocytes import draw_leukocyte
from napari_all_subtype.simulate.recipe import SmearRecipe, class_of
from napari_all_subtype.simulate.red_cells import (
    draw_habit,
    draw_platelet,
    draw_red_cell,
    draw_speck,
)
from napari_all_subtype.simulate.shapes import Patch, noise, patch_around, soft
from napari_all_subtype.simulate.stains import Style
from napari_all_subtype.simulate.traits import Traits

_FAR = np.float32(-99.0)


class Film:
    """The field while it is being made: density, labels and where white cells lie."""

    def __init__(self, recipe: SmearRecipe, style: Style) -> None:
        shape = (recipe.height_px, recipe.width_px)
        self.shape = shape
        self.um_per_px = recipe.um_per_px
        self.size_um = (shape[0] * recipe.um_per_px, shape[1] * recipe.um_per_px)
        self.style = style
        self.density = np.zeros((*shape, 3), np.float32)
        self.occupied = np.full(shape, _FAR, np.float32)
        self.red = np.full(shape, _FAR, np.float32)
        self.labels = np.zeros(shape, np.int32)
        self.nuclei = np.zeros(shape, np.int32)

    def patch(self, centre_um: np.ndarray, reach_um: float) -> Patch | None:
        """The part of the film within `reach_um` of `centre_um`."""
        return patch_around(centre_um, reach_um, self.um_per_px, self.shape)


def lay_ground(film: Film, rng: np.random.Generator) -> None:
    """Dried plasma: a faint uneven veil on the glass."""
    if film.style.film <= 0.0005:
        return
    scale = film.um_per_px
    veil = (
        1.0 + 0.35 * noise(rng, film.shape, 6.0 / scale) + 0.2 * noise(rng, film.shape, 0.7 / scale)
    )
    blue = np.float32(film.style.basophilic) / max(film.style.basophilic)
    film.density += np.float32(film.style.film) * np.maximum(veil, 0.0)[..., None] * blue


def add_leukocyte(
    film: Film, label: int, centre_um: np.ndarray, t: Traits, rng: np.random.Generator
) -> dict[str, object]:
    """Draw one white cell into the film; its row of the truth.

    Raises
    ------
    ParameterError
        If the cells before it leave no room.
    """
    patch = film.patch(centre_um, t.diameter_um * (0.95 if t.pseudopod else 0.68) + 1.0)
    window = patch.window
    taken = film.occupied[window]
    cell = draw_leukocyte(patch, t, film.style, rng, taken if taken.max() > _FAR else None)
    if not cell.nucleus.any():
        raise ParameterError(
            f"White cell {label} found no room in a field of {film.shape[1]} x {film.shape[0]} px "
            f"at {film.um_per_px} um per pixel: ask for fewer cells or a larger field."
        )
    film.density[window] += cell.density
    np.maximum(taken, cell.level, out=taken)
    film.labels[window][cell.cell] = label
    film.nuclei[window][cell.nucleus] = label
    return {"label": label, "class": class_of(t.kind), "kind": t.kind, **cell.truth}


def _red_places(
    film: Film,
    recipe: SmearRecipe,
    centres_um: np.ndarray,
    sizes_um: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    mean = recipe.red_cell_diameter_um
    # Cells at the border are counted on a strip as wide as one radius around the field.
    area = (film.size_um[0] + mean) * (film.size_um[1] + mean)
    share = recipe.red_cell_fraction * (1.0 + 0.3 * film.style.crowding)
    return place_red_cells(
        RedLayout(
            count=int(share * area / (np.pi * mean**2 / 4.0)),
            diameter_um=mean,
            rouleaux_fraction=recipe.rouleaux_fraction,
            overlapping_fraction=0.12 + 0.5 * film.style.crowding,
        ),
        film.size_um,
        centres_um,
        sizes_um,
        rng,
    )


def add_red_cells(
    film: Film,
    recipe: SmearRecipe,
    centres_um: np.ndarray,
    sizes_um: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Draw red cells around white ones: dented by them, flattened by or lying on each other."""
    habit = draw_habit(film.style, rng)
    places = _red_places(film, recipe, centres_um, sizes_um, rng)
    n = len(places)
    radii = recipe.red_cell_diameter_um / 2.0 * np.clip(rng.normal(1.0, 0.075, n), 0.7, 1.3)
    # How far each reaches under white cells, and over red ones (far: lies on them).
    under = np.where(rng.random(n) < 0.12, 2.5, rng.uniform(-0.2, 0.35, n))
    flattened = rng.random(n) < 0.7 - 0.45 * film.style.crowding
    over = np.where(flattened, rng.uniform(-0.1, 0.4, n), -_FAR)
    for place, radius, under_um, over_um in zip(places, radii, under, over, strict=True):
        patch = film.patch(place, radius * 1.25 + 0.8)
        if patch is None:
            continue
        white, red = film.occupied[patch.window], film.red[patch.window]
        limit = np.minimum(np.float32(under_um) - white, np.float32(over_um) - red)
        level, density = draw_red_cell(patch, radius, habit, film.style, rng, limit)
        # Where two cells lie on each other both are thinner than alone.
        if red.max() > 0:
            density *= 1.0 - rng.uniform(0.4, 0.9) * soft(red, 0.3)[..., None]
        film.density[patch.window] += density
        np.maximum(red, level, out=red)


def add_small_things(film: Film, recipe: SmearRecipe, rng: np.random.Generator) -> None:
    """Platelets and precipitate, not on white cells."""
    area_mm2 = film.size_um[0] * film.size_um[1] / 1e6
    jobs = (
        (recipe.platelets_per_mm2, draw_platelet, (0.8, 1.7)),
        (recipe.precipitate_per_mm2 * film.style.dirt, draw_speck, (0.12, 0.4)),
    )
    for per_mm2, draw, (low, high) in jobs:
        for _ in range(int(rng.poisson(per_mm2 * area_mm2))):
            place = rng.uniform((0.0, 0.0), film.size_um)
            radius = float(rng.uniform(low, high))
            patch = film.patch(place, radius * 1.6 + 0.6)
            if patch is None or film.occupied[patch.window].max() > 0:
                continue
            film.density[patch.window] += draw(patch, radius, film.style, rng)
