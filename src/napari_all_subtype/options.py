"""Parameters as options of the command line: their names, and what is said of a bad value."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from napari_all_subtype.config import AnalysisParameters, explained
from napari_all_subtype.errors import ParameterError, PixelSizeError
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters

# What a number is of, by how the name of its parameter ends; the longest comes first.
UNITS = {
    "pixel_size_um": " micrometres per pixel",
    "um_per_px": " micrometres per pixel",
    "_um": " micrometres",
    "_px": " pixels",
    "megapixels": " megapixels",
}
PIXEL_SIZE_HINT = " A 100x objective gives about 0.1; leave it out to measure it on the red cells."


def option_name(field: str) -> str:
    """``pixel_size_um`` becomes ``pixel-size``: the unit stands in the help text."""
    return field.removesuffix("_um").replace("_", "-")


def bad_option(error: ValidationError) -> ParameterError:
    """What pydantic found, in the words of the command line: option, value, what is expected.

    Values that do not go together keep the sentence of their own.
    """
    first = error.errors()[0]
    name = str(first["loc"][-1]) if first["loc"] else ""
    info = _field(name)
    if info is None:
        return explained(error)
    message = f"--{option_name(name)} {first['input']}: expected {expected(name, info)}."
    if name == "pixel_size_um":
        return PixelSizeError(message + PIXEL_SIZE_HINT)
    return ParameterError(message)


def expected(name: str, info: FieldInfo) -> str:
    """Range and unit of a parameter in words.

    Parameters
    ----------
    name : str
        Of the parameter.
    info : FieldInfo
        Its definition in :mod:`napari_all_subtype.config`.

    Examples
    --------
    >>> from napari_all_subtype.config import DecisionParameters, ScaleParameters
    >>> expected("pixel_size_um", ScaleParameters.model_fields["pixel_size_um"])
    '0.02 to 1 micrometres per pixel'
    >>> expected("subtype_threshold", DecisionParameters.model_fields["subtype_threshold"])
    'more than 0.5, at most 1'
    """
    if get_origin(info.annotation) is Literal:
        return f"one of {', '.join(get_args(info.annotation))}"
    kinds = {info.annotation, *get_args(info.annotation)}
    if not kinds & {int, float}:
        return "a text"
    bounds = {
        bound: getattr(found, bound)
        for found in info.metadata
        for bound in ("ge", "gt", "le", "lt")
        if hasattr(found, bound)
    }
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    whole = "a whole number, " if float not in kinds else ""
    return whole + _range(bounds) + unit


def _range(bounds: dict[str, float]) -> str:
    """``0 to 1``, or with a bound left out, what is more and what is less than it."""
    if set(bounds) == {"ge", "le"}:
        return f"{_plain(bounds['ge'])} to {_plain(bounds['le'])}"
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    said = [f"{words[bound]} {_plain(value)}" for bound, value in bounds.items()]
    return ", ".join(said) or "a number"


def _plain(value: float) -> str:
    """A number as one types it, never 1e+06."""
    return f"{value:.10g}"


def _field(name: str) -> FieldInfo | None:
    """Definition of the parameter `name`; options are flat, so that no two share one."""
    groups = [group.annotation for group in AnalysisParameters.model_fields.values()]
    for group in (*groups, TrainingParameters, AugmentationParameters):
        if name in group.model_fields:
            return group.model_fields[name]
    return None
