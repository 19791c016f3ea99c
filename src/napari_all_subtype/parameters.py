"""What every set of parameters has in common: frozen, named, and an error that explains."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_all_subtype.errors import ParameterError, PixelSizeError

MIN_PIXEL_SIZE_UM = 0.02
MAX_PIXEL_SIZE_UM = 1.0


def bounded(default: float, low: float, high: float, text: str):
    """A number from `low` to `high`, both allowed, and what it means."""
    return Field(default, ge=low, le=high, description=text)


class Parameters(BaseModel):
    """A frozen set of parameters; an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def of(cls, **values: object) -> Self:
        """Parameters from `values`, with this package's own error for a bad one.

        Raises
        ------
        PixelSizeError, ParameterError
            If a value is unknown or out of its bounds.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            if unknown := sorted(values.keys() - cls.model_fields.keys()):
                raise ParameterError(
                    f"There is no parameter {unknown[0]!r}. Expected: "
                    f"{', '.join(cls.model_fields)}."
                ) from error
            raise explained(error) from error


def explained(error: ValidationError) -> ParameterError:
    """Our own error for what pydantic found: name, value, and what is expected."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if not name:  # values that do not go together: a sentence of our own
        return ParameterError(first["msg"].removeprefix("Value error, "))
    message = f"{name} = {first['input']!r}: {first['msg']}."
    if name.endswith("pixel_size_um"):
        return PixelSizeError(
            f"{message} Expected micrometres per pixel between {MIN_PIXEL_SIZE_UM} and "
            f"{MAX_PIXEL_SIZE_UM}; a 100x objective gives about 0.1. Leave it out to "
            "measure it on the red cells."
        )
    return ParameterError(message)
