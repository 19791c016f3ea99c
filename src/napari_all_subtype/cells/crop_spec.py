"""What a crop looks like: size, scale, ground; part of a model's card."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

from napari_all_subtype.errors import ParameterError


@dataclass(frozen=True)
class CropSpec:
    """What a crop looks like; part of a model's card.

    Parameters
    ----------
    size_px : int
        Side of the crop in pixels.
    um_per_px : float
        Its scale in micrometres per pixel.
    ground : int
        Grey value painted outside the cell, 0–255.
    margin_um : float
        Rim around the cell mask that is left as it is, in micrometres.
    masked : bool
        Whether the surroundings are painted out at all.
    outlined : bool
        Whether a fourth plane says what is nucleus (255) and what the rest of the
        cell (128): the same for every stain, so that size and shape can be judged
        apart from colour.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    """

    size_px: int = 64
    um_per_px: float = 0.375
    ground: int = 255
    margin_um: float = 0.5
    masked: bool = True
    outlined: bool = False

    def __post_init__(self) -> None:
        good = (
            8 <= self.size_px <= 1024
            and 0.02 <= self.um_per_px <= 5
            and 0 <= self.ground <= 255
            and 0 <= self.margin_um <= 20
        )
        if not good:
            raise ParameterError(
                f"{self}: expected size_px 8–1024, um_per_px 0.02–5, ground 0–255 and "
                "margin_um 0–20. Correct the crop section of the model card."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one crop: rows, columns, planes."""
        return (self.size_px, self.size_px, 4 if self.outlined else 3)

    def to_dict(self) -> dict[str, int | float | bool]:
        """Plain values for a JSON card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, int | float | bool]) -> Self:
        """The specification that `to_dict` wrote.

        Raises
        ------
        ParameterError
            If a name is unknown.
        """
        unknown = set(values) - set(cls.__dataclass_fields__)
        if unknown:
            raise ParameterError(
                f"crop specification has unknown entries {sorted(unknown)}: expected "
                f"{', '.join(cls.__dataclass_fields__)}. The model may need a newer version."
            )
        return cls(**values)
