"""Stain styles: what the ground and each stained substance look like in red, green and blue."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from napari_all_subtype.simulate.recipe import SmearRecipe

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Style:
    """Ground colour and optical densities (R, G, B) of each substance at full strength.

    Densities are decadic, relative to the ground, as the camera records them.
    """

    name: str
    ground: Triple  # grey levels 0-255
    chromatin: Triple
    basophilic: Triple  # RNA in the cytoplasm
    neutral: Triple  # pale pink cytoplasm
    azure: Triple  # fine lilac granules and platelets
    eosin: Triple  # coarse orange granules
    red: Triple  # haemoglobin
    pallor: float  # how much paler the middle of a red cell is, 0-1
    pallor_sharpness: float  # 0 broad, 1 a sharp ring
    rim: float  # darkness of the refracting rim of a red cell
    film: float  # density of dried plasma on the ground
    sharpening: float  # the camera's own unsharp mask
    glare: float  # stray light beyond the recipe's
    blur: float  # factor on the recipe's blur
    texture: float  # factor on the contrast of the chromatin
    crowding: float  # how much more the red cells lie on each other, 0-1
    dirt: float  # factor on the recipe's precipitate
    stray: float  # how different the smears of this laboratory are, 1 = usual


# Grounds and densities of nuclei and red cells were read off real smears of six laboratories
# (medians of the brightest, the darkest and the middle pixels); the others by eye beside them.
STYLES: tuple[Style, ...] = (
    Style(
        "peach", (254, 229, 204), (0.62, 1.08, 0.24), (0.29, 0.225, 0.045), (0.07, 0.13, 0.03),
        (0.30, 0.46, 0.10), (0.14, 0.38, 0.24), (0.11, 0.18, 0.125),
        0.66, 0.35, 0.03, 0.0, 0.6, 0.0, 0.9,
        1.35, 0.2, 1.0, 0.6,
    ),
    Style(
        "rose", (214, 184, 170), (0.30, 1.02, 0.22), (0.24, 0.24, 0.05), (0.08, 0.16, 0.05),
        (0.24, 0.50, 0.14), (0.10, 0.40, 0.20), (0.15, 0.25, 0.10),
        0.42, 0.35, 0.10, 0.005, 0.2, 0.02, 1.2,
        1.3, 0.2, 0.5, 1.8,
    ),
    Style(
        "grey_green", (205, 207, 200), (0.22, 0.38, -0.02), (0.14, 0.10, -0.03),
        (0.05, 0.09, 0.01), (0.14, 0.24, 0.0), (0.05, 0.19, 0.10), (0.055, 0.115, 0.12),
        0.75, 0.6, 0.11, 0.004, 0.2, 0.02, 1.5,
        1.3, 1.0, 0.5, 0.7,
    ),
    Style(
        "mint", (181, 218, 192), (0.56, 0.68, 0.21), (0.16, 0.20, 0.04), (-0.02, 0.05, 0.0),
        (0.14, 0.21, 0.07), (0.08, 0.32, 0.16), (-0.02, 0.35, 0.175),
        0.36, 0.3, 0.03, 0.0, 0.6, 0.02, 1.0,
        0.95, 1.0, 0.2, 0.4,
    ),
    Style(
        "beige", (172, 166, 156), (0.40, 0.80, 0.14), (0.25, 0.205, 0.035), (0.05, 0.08, 0.02),
        (0.22, 0.42, 0.08), (0.08, 0.30, 0.18), (0.045, 0.125, 0.095),
        0.42, 0.5, 0.06, 0.0, 0.5, 0.02, 1.1,
        1.1, 0.45, 0.6, 1.2,
    ),
    Style(
        "blue", (222, 219, 234), (0.85, 1.42, 0.32), (0.36, 0.31, 0.06), (0.09, 0.17, 0.04),
        (0.36, 0.55, 0.10), (0.07, 0.27, 0.13), (0.12, 0.15, 0.15),
        0.20, 0.3, 0.04, 0.03, 0.35, 0.01, 1.1,
        1.15, 0.3, 8.0, 1.5,
    ),
)  # fmt: skip


def _strayed(style: Style, amount: float, rng: np.random.Generator) -> Style:
    """`style` as another day and another batch of stain would give it."""
    changes: dict[str, object] = {}
    amount = amount * style.stray
    strength = float(np.exp(rng.normal(0.0, 0.08 * amount)))
    for field in fields(style):
        value = getattr(style, field.name)
        if field.name == "ground":
            tint = np.exp(rng.normal(0.0, 0.014 * amount, 3) + rng.normal(0.0, 0.03 * amount))
            value = tuple(float(v) for v in np.clip(np.array(value) * tint, 60, 254))
        elif isinstance(value, tuple):
            tint = np.exp(rng.normal(0.0, 0.05 * amount, 3)) * strength
            value = tuple(float(v) for v in np.array(value) * tint)
        changes[field.name] = value
    pallor = float(np.clip(style.pallor * np.exp(rng.normal(0, 0.25 * amount)), 0.05, 0.9))
    film = style.film * float(np.exp(rng.normal(0, 0.5 * amount)))
    return replace(style, **{**changes, "pallor": pallor, "film": film})


def style_of(recipe: SmearRecipe, rng: np.random.Generator) -> Style:
    """The style of one smear: the recipe's, or one drawn, strayed from by its variation."""
    names = [style.name for style in STYLES]
    drawn = int(rng.integers(len(STYLES)))
    index = drawn if recipe.style == "any" else names.index(recipe.style)
    return _strayed(STYLES[index], recipe.style_variation, rng)
