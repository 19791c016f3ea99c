"""Parameters of reviewing: which cells are shown, in which order, and how many are counted."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from napari_all_subtype.parameters import Parameters

Corner = tuple[float, float]

ROW_HEIGHT = Field(
    2.0,
    ge=1.0,
    le=20.0,
    description="Height of the strips in which a field is read to and fro, in heights of the "
    "middle cell of that field.",
)
SEED = Field(
    0,
    ge=0,
    le=2**31 - 1,
    description="Number that decides the random order: the same number gives the same order.",
)


class CellFilter(Parameters):
    """Which cells are shown."""

    classes: tuple[str, ...] | None = Field(
        None,
        description="Only cells that are called so, by a person or else by the model: classes, "
        "unknown and exclusions. Without it, all.",
    )
    min_confidence: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="Least calibrated confidence of the model, 0 to 1. An unknown cell has none "
        "and counts as 0.",
    )
    max_confidence: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="Greatest calibrated confidence of the model, 0 to 1. An unknown cell has "
        "none and counts as 0.",
    )
    min_diameter_um: float = Field(
        0.0, ge=0.0, le=100.0, description="Smallest diameter of a cell, in micrometres."
    )
    max_diameter_um: float = Field(
        100.0,
        ge=0.0,
        le=100.0,
        description="Largest diameter of a cell, in micrometres; 100 is without a limit.",
    )
    reviewed: Literal["all", "reviewed", "unreviewed"] = Field(
        "all", description="Whether cells are shown of which a person has said something."
    )
    border: Literal["all", "whole", "cut"] = Field(
        "all", description="Whether cells are shown that the border of the image cuts."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, unit in (("confidence", ""), ("diameter_um", " µm")):
            low, high = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if low > high:
                what = name.removesuffix("_um")
                raise ValueError(
                    f"The least {what} ({low:g}{unit}) is above the greatest ({high:g}{unit}): "
                    "no cell can pass. Lower the one or raise the other."
                )
        return self


class FieldRegion(Parameters):
    """A part of one field."""

    field: int = Field(ge=0, le=1_000_000, description="Number of the field, from 0.")
    corners_yx_px: tuple[Corner, ...] = Field(
        min_length=3,
        max_length=10_000,
        description="Corners of a polygon, each y and x in pixels; the last is joined to the "
        "first.",
    )

    @classmethod
    def rectangle(cls, field: int, one_yx_px: Corner, other_yx_px: Corner) -> Self:
        """The rectangle between two opposite corners."""
        (y0, x0), (y1, x1) = one_yx_px, other_yx_px
        return cls.of(field=field, corners_yx_px=((y0, x0), (y0, x1), (y1, x1), (y1, x0)))


class QueueOrder(Parameters):
    """In which order a reader meets the cells."""

    kind: Literal[
        "least_confident",
        "network_against_criteria",
        "suspect_labels",
        "random",
        "field_order",
        "one_class",
        "region",
    ] = Field(
        "least_confident",
        description="Least confident: unknown cells, then those of which the model is least "
        "sure. Network against criteria: blasts that the network and the FAB rules divide most "
        "differently among L1, L2 and L3. Suspect labels: annotated cells whose annotation the "
        "model finds least likely. Random. Field order: to and fro in strips, field by field. "
        "One class: cells of one class, least confident first. Region: cells of a drawn region, "
        "to and fro.",
    )
    one_class: str = Field(
        "",
        description="With one class: what the cells are called, by a person or else by the model.",
    )
    region: FieldRegion | None = Field(None, description="With region: where the cells lie.")
    seed: int = SEED
    row_height_cells: float = ROW_HEIGHT

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "one_class" and not self.one_class:
            raise ValueError("The queue is of one class, and none is named. Name one: one_class.")
        if self.kind == "region" and self.region is None:
            raise ValueError("The queue is of a region, and none is drawn. Draw one: region.")
        return self


def told_of_orders() -> list[tuple[str, str, str]]:
    """Every kind of order, its title, and its part of the description.

    Examples
    --------
    >>> [title for _, title, _ in told_of_orders()][:2]
    ['Least confident', 'Network against criteria']
    """
    info = QueueOrder.model_fields["kind"]
    kinds = get_args(info.annotation)
    titles = [kind.replace("_", " ").capitalize() for kind in kinds]
    starts = [info.description.index(title) for title in titles]
    ends = [*starts[1:], len(info.description)]
    told = [info.description[a:b].strip() for a, b in zip(starts, ends, strict=True)]
    return list(zip(kinds, titles, told, strict=True))


class DifferentialParameters(Parameters):
    """How cells are drawn for a differential count."""

    n_cells: Literal[100, 200, 500] = Field(
        200, title="Cells", description="Leukocytes to count: more give narrower intervals."
    )
    order: Literal["random", "field_order"] = Field(
        "random",
        description="Random: every cell of the smear has the same chance. Field order: the first "
        "ones, to and fro in strips, field by field.",
    )
    seed: int = SEED
    row_height_cells: float = ROW_HEIGHT
