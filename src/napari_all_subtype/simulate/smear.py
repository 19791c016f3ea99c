"""Synthetic fields with known truth: cells placed, drawn, summed in density, photographed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.simulate.debris import add_debris
from napari_all_subtype.simulate.film import (
    Film,
    add_leukocyte,
    add_red_cells,
    add_small_things,
    lay_ground,
)
from napari_all_subtype.simulate.layout import place_leukocytes, touching_groups
from napari_all_subtype.simulate.optics import photograph
from napari_all_subtype.simulate.recipe import (
    KINDS,
    Kind,
    OpticsParameters,
    SmearRecipe,
    StyleName,
    class_of,
)
from napari_all_subtype.simulate.stains import style_of
from napari_all_subtype.simulate.traits import Traits, draw_traits


@dataclass(frozen=True)
class SimulatedSmear:
    """A synthetic field and everything that is true of it.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8, RGB
    masks : CellMasks
        Labels 1..n in the order of `truth`.
    classes : tuple of str
        FAB5 class of label 1, 2, …
    truth : DataFrame
        One row per label, in order: label, class, kind, centroid_y_px, centroid_x_px,
        diameter_um, nc_ratio, solidity, nucleoli_count, nucleolus_area_fraction,
        vacuole_count, chromatin_contrast, basophilia, …, touches_border. Sizes are those of
        what lies within the field.
    um_per_px : float
    style : str
        Name of the stain style that was drawn.
    debris_um : ndarray, shape (N, 2), float
        Centres (y, x) of the debris that was asked for, in µm; what found no room is left out.
    """

    pixels: np.ndarray
    masks: CellMasks
    classes: tuple[str, ...]
    truth: pd.DataFrame
    um_per_px: float
    style: str
    debris_um: np.ndarray


def _truth(rows: list[dict[str, object]], centres: np.ndarray, film: Film) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    border = np.unique(
        np.concatenate([film.labels[0], film.labels[-1], film.labels[:, 0], film.labels[:, -1]])
    )
    if len(table):
        table.insert(3, "centroid_y_px", centres[:, 0] / film.um_per_px - 0.5)
        table.insert(4, "centroid_x_px", centres[:, 1] / film.um_per_px - 0.5)
        table["touches_border"] = table["label"].isin(border)
    return table


def _render(
    recipe: SmearRecipe,
    traits: list[Traits],
    centres: np.ndarray,
    rng: np.random.Generator,
) -> SimulatedSmear:
    style = style_of(recipe, rng)
    film = Film(recipe, style)
    lay_ground(film, rng)
    rows = [
        add_leukocyte(film, label, centre, t, rng)
        for label, (centre, t) in enumerate(zip(centres, traits, strict=True), 1)
    ]
    sizes = np.array([t.diameter_um for t in traits])
    add_red_cells(film, recipe, centres, sizes, rng)
    add_small_things(film, recipe, rng)
    # A generator of its own: with and without debris, the field is otherwise the same.
    debris = add_debris(film, recipe, rng.spawn(1)[0])
    pixels = photograph(film.density, style, recipe.optics, recipe.um_per_px, rng)
    return SimulatedSmear(
        pixels=pixels,
        masks=CellMasks(film.labels, film.nuclei),
        classes=tuple(class_of(t.kind) for t in traits),
        truth=_truth(rows, centres, film),
        um_per_px=recipe.um_per_px,
        style=style.name,
        debris_um=debris,
    )


def simulate_smear(recipe: SmearRecipe | None = None, seed: int = 0) -> SimulatedSmear:
    """A synthetic field of a stained blood smear with its masks, classes and truth.

    The same recipe and seed give the same field.

    Parameters
    ----------
    recipe : SmearRecipe, optional
        Size, cells, stain and optics; the default is a 1600 × 1200 px field of 40 cells.
    seed : int
        Any non-negative integer.

    Raises
    ------
    ParameterError
        If a white cell finds no room in the field.

    Examples
    --------
    >>> field = simulate_smear(SmearRecipe(width_px=300, height_px=300, lymphocyte=1, l1=1,
    ...     monocyte=0, neutrophil=0, eosinophil=0, blast=0, l2=0, l3=0), seed=1)
    >>> field.pixels.shape, field.masks.count, sorted(field.classes)
    ((300, 300, 3), 2, ['l1', 'normal'])
    """
    recipe = recipe or SmearRecipe()
    rng = np.random.default_rng(seed)
    kinds = recipe.kinds
    traits = [draw_traits(kinds[i], rng) for i in rng.permutation(len(kinds))]
    sizes = np.array([t.diameter_um for t in traits])
    size_um = (recipe.height_px * recipe.um_per_px, recipe.width_px * recipe.um_per_px)
    groups = touching_groups(len(traits), recipe.clusters, recipe.touching_fraction, rng)
    centres = place_leukocytes(sizes, groups, size_um, rng)
    return _render(recipe, traits, centres, rng)


def simulate_cells(
    count: int,
    kind: Kind,
    seed: int = 0,
    *,
    style: StyleName = "any",
    size_px: int = 160,
    um_per_px: float = 0.13,
    optics: OpticsParameters | None = None,
    change: Callable[[Traits, np.random.Generator], Traits] | None = None,
) -> Iterator[SimulatedSmear]:
    """Yield `count` small fields, each with one white cell of `kind` in the middle, label 1.

    Stain, light, blur and the density of red cells differ from field to field.

    Parameters
    ----------
    count : int
    kind : str
        One of `KINDS`.
    style : str
        A named style, or ``any``.
    size_px : int
        Side of the fields in pixels.
    um_per_px : float
        Micrometres per pixel.
    optics : OpticsParameters, optional
        Fixed optics; drawn for each field if left out.
    change : callable, optional
        The traits that were drawn, and a generator of their own, to those that are shown.

    Raises
    ------
    ParameterError
        If `kind` is no known kind.
    """
    if kind not in KINDS:
        raise ParameterError(f"kind = {kind!r}: expected one of {', '.join(KINDS)}.")
    for index in range(count):
        # Kinds draw apart: no red cell pattern is shared between the classes of one seed.
        rng = np.random.default_rng((seed, KINDS.index(kind), index))
        recipe = SmearRecipe.of(
            width_px=size_px,
            height_px=size_px,
            um_per_px=um_per_px,
            **{name: int(name == kind) for name in KINDS},
            style=style,
            red_cell_fraction=float(rng.uniform(0.15, 0.55)),
            red_cell_diameter_um=float(rng.normal(7.2, 0.25)),
            optics=optics or _drawn_optics(rng),
        )
        middle = np.full(2, size_px * um_per_px / 2.0) + rng.normal(0.0, 0.4, 2)
        traits = draw_traits(kind, rng)
        if change is not None:
            traits = change(traits, rng.spawn(1)[0])
        yield _render(recipe, [traits], middle[None], rng)


def _drawn_optics(rng: np.random.Generator) -> OpticsParameters:
    return OpticsParameters(
        blur_um=float(rng.uniform(0.06, 0.2)),
        defocus_um=float(rng.uniform(0.0, 0.15)),
        aberration_px=float(rng.uniform(0.0, 0.8)),
        noise=float(rng.uniform(0.5, 4.0)),
        illumination=float(rng.uniform(0.0, 0.12)),
        glare=float(rng.uniform(0.0, 0.03)),
        jpeg_quality=int(rng.integers(78, 98)),
    )
