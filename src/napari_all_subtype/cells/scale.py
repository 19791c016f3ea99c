"""The size of a pixel: the user's word, a profile, the file's own, the red cells, or assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from napari_all_subtype.cells.profiles import load_profile
from napari_all_subtype.cells.red_cells import (
    MAX_FIELDS,
    STAGE,
    RedCells,
    pooled_red_cell_diameter_px,
)
from napari_all_subtype.cells.source import ImageSource, PixelSize
from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM, ScaleParameters
from napari_all_subtype.progress import SILENT, Monitor, steps

USER_UNCERTAINTY_FRACTION = 0.02
# Between the 40x of a small camera and the 100x of a large one lies a factor of two.
ASSUMED_UNCERTAINTY_FRACTION = 0.5
# Spread of the diameters that are measured in one field of real smears, at least.
RED_CELL_SPREAD_FRACTION = 0.15
# Red cells that may contradict a size that was given, and from how many standard uncertainties
# on: small or large red cells alone (6.2 to 8.5 um) do not.
FEWEST_TO_CONTRADICT = 5
CONTRADICTS = 2.0


def pixel_size_of(
    source: ImageSource,
    parameters: ScaleParameters | None = None,
    monitor: Monitor = SILENT,
    *,
    profiles_folder: Path | None = None,
) -> PixelSize:
    """The size of one pixel of `source`, with its origin and uncertainty.

    In this order: the user's value, the named profile, trustworthy metadata or
    layer units, the red cells as a ruler, the assumed value (flagged by its
    origin).

    Raises
    ------
    ProfileError
        If the named profile does not exist.
    Stopped
        If a stop was requested.
    """
    return pixel_sizes_of([source], parameters, monitor, profiles_folder=profiles_folder)[0]


def pixel_sizes_of(
    sources: Sequence[ImageSource],
    parameters: ScaleParameters | None = None,
    monitor: Monitor = SILENT,
    *,
    profiles_folder: Path | None = None,
) -> list[PixelSize]:
    """The pixel size of each field of one smear, in the order of `pixel_size_of`.

    Fields of equal shape come from one instrument: their red cells are
    measured together, and they share the result.

    Raises
    ------
    ProfileError
        If the named profile does not exist.
    Stopped
        If a stop was requested.
    """
    parameters = parameters or ScaleParameters()
    given = given_size(parameters, profiles_folder)
    if given is not None:
        return [given] * len(sources)
    sizes = {at: s.pixel_size for at, s in enumerate(sources) if s.pixel_size is not None}
    alike: dict[tuple[int, int], list[int]] = {}
    for at, source in enumerate(sources):
        if at not in sizes:
            alike.setdefault(source.shape, []).append(at)
    for positions in steps(list(alike.values()), STAGE, monitor):
        size = _by_red_cells([sources[at] for at in positions], parameters, monitor)
        sizes.update(dict.fromkeys(positions, size))
    return [sizes[at] for at in range(len(sources))]


def checked_by_red_cells(
    size: PixelSize,
    source: ImageSource,
    parameters: ScaleParameters | None = None,
    monitor: Monitor = SILENT,
) -> PixelSize:
    """`size`, with what the red cells tell where they contradict what was given.

    A slipped digit or the wrong objective gives red cells a size that no red cell has. What was
    given stays: it is only said.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    if size.origin in ("red cells", "assumed"):
        return size
    told = size_by_red_cells(
        [source], parameters or ScaleParameters(), monitor, min_count=FEWEST_TO_CONTRADICT
    )
    if told is None:
        return size
    off = abs(math.log(told.um_per_px / size.um_per_px))
    doubt = math.hypot(told.relative_uncertainty, size.relative_uncertainty)
    return replace(size, red_cells_um_per_px=told.um_per_px) if off > CONTRADICTS * doubt else size


def refuse_unknown_profile(parameters: ScaleParameters) -> None:
    """Raise before any work if the profile that `parameters` name cannot be used.

    Raises
    ------
    ProfileError
        If it does not exist or cannot be read.
    """
    if parameters.profile is not None:
        load_profile(parameters.profile)


def given_size(
    parameters: ScaleParameters, profiles_folder: Path | None = None
) -> PixelSize | None:
    """The size of a pixel that a person gave: a value, else a profile; None if nobody did.

    Raises
    ------
    ProfileError
        If the named profile does not exist.
    """
    if parameters.pixel_size_um is not None:
        return PixelSize(parameters.pixel_size_um, "user", USER_UNCERTAINTY_FRACTION)
    if parameters.profile is not None:
        profile = load_profile(parameters.profile, profiles_folder)
        return PixelSize(profile.um_per_px, "profile", profile.relative_uncertainty, profile.name)
    return None


def size_by_red_cells(
    sources: Sequence[ImageSource],
    parameters: ScaleParameters,
    monitor: Monitor = SILENT,
    *,
    min_count: int | None = None,
    max_fields: int = MAX_FIELDS,
) -> PixelSize | None:
    """The pixel size that the red cells of `sources` tell together; None if they do not.

    Parameters
    ----------
    min_count : int, optional
        Red cells that are needed; else as `parameters` say.
    max_fields : int
        Sources that are read at most, evenly chosen.

    Raises
    ------
    Stopped
        If a stop was requested.
    """
    least = parameters.min_red_cells if min_count is None else min_count
    found = pooled_red_cell_diameter_px(sources, least, max_fields, monitor)
    if found is None:
        return None
    um_per_px = parameters.red_cell_diameter_um / found.diameter_px
    if not MIN_PIXEL_SIZE_UM <= um_per_px <= MAX_PIXEL_SIZE_UM:
        return None
    uncertainty = _ruler_uncertainty_fraction(found, parameters)
    told = f"{found.count} red cells of {found.diameter_px:.1f} px"
    return PixelSize(um_per_px, "red cells", uncertainty, told)


def _by_red_cells(
    sources: list[ImageSource], parameters: ScaleParameters, monitor: Monitor
) -> PixelSize:
    """The ruler, else the assumed value."""
    return size_by_red_cells(sources, parameters, monitor) or PixelSize(
        parameters.assumed_pixel_size_um,
        "assumed",
        ASSUMED_UNCERTAINTY_FRACTION,
        f"fewer than {parameters.min_red_cells} red cells could be measured",
    )


def _ruler_uncertainty_fraction(found: RedCells, parameters: ScaleParameters) -> float:
    """Of the true mean diameter, and of the mean of the few cells measured here."""
    scatter = max(found.spread_px / found.diameter_px, RED_CELL_SPREAD_FRACTION)
    sampling = scatter / found.count**0.5
    return round((parameters.red_cell_uncertainty_fraction**2 + sampling**2) ** 0.5, 4)
