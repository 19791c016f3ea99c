"""The size of a pixel: the user's word, a profile, the file's own, the red cells, or assumed."""

from __future__ import annotations

from pathlib import Path

from napari_all_subtype.cells.profiles import load_profile
from napari_all_subtype.cells.red_cells import RedCells, red_cell_diameter_px
from napari_all_subtype.cells.source import ImageSource, PixelSize
from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM, ScaleParameters
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

USER_UNCERTAINTY_FRACTION = 0.02
# Between the 40x of a small camera and the 100x of a large one lies a factor of two.
ASSUMED_UNCERTAINTY_FRACTION = 0.5


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
    parameters = parameters or ScaleParameters()
    if parameters.pixel_size_um is not None:
        return PixelSize(parameters.pixel_size_um, "user", USER_UNCERTAINTY_FRACTION)
    if parameters.profile is not None:
        profile = load_profile(parameters.profile, profiles_folder)
        return PixelSize(profile.um_per_px, "profile", profile.relative_uncertainty, profile.name)
    if source.pixel_size is not None:
        return source.pixel_size
    checkpoint(monitor, Progress("measure red cells"))
    found = red_cell_diameter_px(source, parameters.min_red_cells)
    if found is not None:
        size = _from_red_cells(found, parameters)
        if MIN_PIXEL_SIZE_UM <= size.um_per_px <= MAX_PIXEL_SIZE_UM:
            return size
    return PixelSize(
        parameters.assumed_pixel_size_um,
        "assumed",
        ASSUMED_UNCERTAINTY_FRACTION,
        f"fewer than {parameters.min_red_cells} red cells could be measured",
    )


def _from_red_cells(found: RedCells, parameters: ScaleParameters) -> PixelSize:
    """The ruler: uncertainty of the true mean diameter, and of the mean measured here."""
    scatter = found.spread_px / found.diameter_px / found.count**0.5
    uncertainty = (parameters.red_cell_uncertainty_fraction**2 + scatter**2) ** 0.5
    return PixelSize(
        parameters.red_cell_diameter_um / found.diameter_px,
        "red cells",
        round(uncertainty, 4),
        f"{found.count} red cells of {found.diameter_px:.1f} px",
    )
