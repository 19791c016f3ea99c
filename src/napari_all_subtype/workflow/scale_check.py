"""Whether the scale of an image is one that the model has seen, and what follows if not."""

from __future__ import annotations

from napari_all_subtype.cells.source import PixelSize

# A scale that was read or guessed a little off is not another scale.
TOLERANCE_FRACTION = 0.1
# How the sentence of a scale that nothing gave begins; it comes last.
ASSUMED = "Scale assumed"


def scale_warning(
    pixel_size: PixelSize,
    seen_um_per_px: tuple[float, float] | None,
    tolerance_fraction: float = TOLERANCE_FRACTION,
) -> str:
    """Why the scale of an image makes the classes less certain, with the numbers; else empty.

    Parameters
    ----------
    pixel_size : PixelSize
        Of the image.
    seen_um_per_px : tuple of (float, float) or None
        Finest and coarsest scale of the images that the model learned from, in µm/px;
        None where it does not say: the range is then not checked.
    tolerance_fraction : float
        How far beyond that range a scale may lie, as a fraction of it, 0–1.

    Examples
    --------
    >>> scale_warning(PixelSize(0.13, "user", 0.02), (0.06, 0.19))
    ''
    >>> scale_warning(PixelSize(0.4, "user", 0.02), (0.06, 0.19))[:47]
    'Scale 0.400 µm/px is coarser than any the model'
    """
    return " ".join(
        part for part in (_outside(pixel_size, seen_um_per_px, tolerance_fraction),
                          _guessed(pixel_size)) if part
    )  # fmt: skip


def _outside(
    pixel_size: PixelSize, seen: tuple[float, float] | None, tolerance_fraction: float
) -> str:
    if seen is None:
        return ""
    finest, coarsest = seen
    um = pixel_size.um_per_px
    fine, coarse = um < finest * (1 - tolerance_fraction), um > coarsest * (1 + tolerance_fraction)
    if not (fine or coarse):
        return ""
    word = "coarser" if coarse else "finer"
    todo = "use a stronger objective" if coarse else "check the pixel size"
    return (
        f"Scale {um:.3f} µm/px is {word} than any the model learned from "
        f"({finest:.3f}–{coarsest:.3f} µm/px): its classes were not tested there; {todo}."
    )


def _guessed(pixel_size: PixelSize) -> str:
    off = f"{100 * pixel_size.relative_uncertainty:.0f} %"
    if pixel_size.origin == "assumed":
        return (
            f"{ASSUMED} ({pixel_size.um_per_px:.3f} µm/px, may be wrong by {off}): the model "
            "judges cells at their size in µm, so classes, sizes and counts can be wrong; enter "
            "the pixel size."
        )
    if pixel_size.origin == "red cells":
        return (
            f"Scale read off the red cells ({pixel_size.um_per_px:.3f} µm/px ± {off}): every size "
            "that the model sees is as uncertain; enter the pixel size if it is known."
        )
    return ""
