"""What a synthetic smear is made of: size, cells, stain, optics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM, Parameters

Kind = Literal["lymphocyte", "monocyte", "neutrophil", "eosinophil", "blast", "l1", "l2", "l3"]
StyleName = Literal["any", "peach", "rose", "grey_green", "mint", "beige", "blue"]

KINDS: tuple[Kind, ...] = (
    "lymphocyte",
    "monocyte",
    "neutrophil",
    "eosinophil",
    "blast",
    "l1",
    "l2",
    "l3",
)


def class_of(kind: Kind) -> str:
    """The FAB5 class of a kind of cell.

    Examples
    --------
    >>> class_of("monocyte"), class_of("l2")
    ('normal', 'l2')
    """
    return kind if kind in ("blast", "l1", "l2", "l3") else "normal"


def _count(what: str, default: int) -> int:
    return Field(default, ge=0, le=5000, description=f"Number of {what} in the field.")


class OpticsParameters(Parameters):
    """What microscope, camera and file do to the picture."""

    blur_um: float = Field(
        0.11, ge=0.0, le=2.0, description="Blur (one sigma) of the focused picture in micrometres."
    )
    defocus_um: float = Field(
        0.06,
        ge=0.0,
        le=2.0,
        description="Further blur in micrometres where the film lies out of focus.",
    )
    aberration_px: float = Field(
        0.6,
        ge=0.0,
        le=5.0,
        description="Shift between the colours at the corner of the field, in pixels.",
    )
    noise: float = Field(
        1.6, ge=0.0, le=30.0, description="Sensor noise at full brightness, in grey levels of 255."
    )
    illumination: float = Field(
        0.06,
        ge=0.0,
        le=0.6,
        description="Fall of the light across the field, as a fraction of its brightness.",
    )
    glare: float = Field(
        0.02, ge=0.0, le=0.3, description="Stray light, as a fraction of the bright ground."
    )
    jpeg_quality: int = Field(
        93, ge=0, le=100, description="JPEG quality of the stored picture; 0 stores it as it is."
    )


class SmearRecipe(Parameters):
    """Everything a synthetic field is made from, but the seed."""

    width_px: int = Field(1600, ge=32, le=20_000, description="Width of the field in pixels.")
    height_px: int = Field(1200, ge=32, le=20_000, description="Height of the field in pixels.")
    um_per_px: float = Field(
        0.13,
        ge=MIN_PIXEL_SIZE_UM,
        le=MAX_PIXEL_SIZE_UM,
        description="Size of one pixel in micrometres.",
    )
    lymphocyte: int = _count("normal lymphocytes", 6)
    monocyte: int = _count("monocytes", 3)
    neutrophil: int = _count("neutrophils", 6)
    eosinophil: int = _count("eosinophils", 1)
    blast: int = _count("blasts between the subtypes", 4)
    l1: int = _count("blasts of L1-like morphology", 8)
    l2: int = _count("blasts of L2-like morphology", 8)
    l3: int = _count("blasts of L3-like morphology", 4)
    red_cell_fraction: float = Field(
        0.46, ge=0.0, le=0.9, description="Share of the field that red cells cover."
    )
    red_cell_diameter_um: float = Field(
        7.2, ge=4.0, le=12.0, description="Mean red cell diameter in micrometres."
    )
    rouleaux_fraction: float = Field(
        0.08, ge=0.0, le=1.0, description="Share of the red cells that lie in rows like coins."
    )
    platelets_per_mm2: float = Field(
        400.0, ge=0.0, le=10_000.0, description="Platelets per square millimetre of film."
    )
    precipitate_per_mm2: float = Field(
        150.0, ge=0.0, le=10_000.0, description="Specks of stain per square millimetre."
    )
    giant_platelets: int = _count("platelets as large as red cells", 0)
    platelet_clumps: int = _count("clumps of platelets", 0)
    precipitate_heaps: int = _count("heaps of precipitated stain", 0)
    red_cell_piles: int = _count("piles of two or three red cells", 0)
    touching_fraction: float = Field(
        0.15,
        ge=0.0,
        le=1.0,
        description="Share of the leukocytes that are put in touch with another one.",
    )
    clusters: tuple[int, ...] = Field(
        (), description="Sizes (2 to 8) of clusters of touching leukocytes, made first."
    )
    style: StyleName = Field(
        "any", description="Stain and ground; 'any' draws one of the named styles."
    )
    style_variation: float = Field(
        1.0, ge=0.0, le=3.0, description="How far a smear strays from its named style; 0: not."
    )
    optics: OpticsParameters = OpticsParameters()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kind of each leukocyte, in the order of `KINDS`."""
        return tuple(kind for kind in KINDS for _ in range(getattr(self, kind)))
