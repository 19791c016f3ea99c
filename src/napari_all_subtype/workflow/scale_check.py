"""Whether the scale of an image is one that the model has seen, and what follows if not."""

from __future__ import annotations

from collections.abc import Iterable

from napari_all_subtype.cells.source import PixelSize

# A scale that was read or guessed a little off is not another scale.
TOLERANCE_FRACTION = 0.1
TODO = {"finer": "check the pixel size", "coarser": "use a stronger objective"}
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
    told = (
        _contradicted(pixel_size),
        _outside(pixel_size, seen_um_per_px, tolerance_fraction),
        _guessed(pixel_size),
    )
    return " ".join(filter(None, told))


def unseen_lines(
    sizes: Iterable[PixelSize],
    seen_um_per_px: tuple[float, float] | None,
    tolerance_fraction: float = TOLERANCE_FRACTION,
) -> list[str]:
    """Which of so many pictures have a scale that the model has not seen, one line a direction.

    Examples
    --------
    >>> unseen_lines([PixelSize(0.4, "user", 0.02)] * 2, (0.06, 0.19))[0][:62]
    'Scale of 2 pictures (0.400 µm/px) is coarser than any the mode'
    """
    if seen_um_per_px is None:
        return []
    found: dict[str, list[float]] = {}
    for um in sorted(size.um_per_px for size in sizes):
        found.setdefault(_direction(um, seen_um_per_px, tolerance_fraction), []).append(um)
    lines = []
    for word in TODO:
        if um := found.get(word):
            span = f"{um[0]:.3f}" if um[-1] - um[0] < 5e-4 else f"{um[0]:.3f} to {um[-1]:.3f}"
            many = "1 picture" if len(um) == 1 else f"{len(um)} pictures"
            lines.append(_unseen(f"Scale of {many} ({span} µm/px)", word, seen_um_per_px))
    return lines


def _contradicted(pixel_size: PixelSize) -> str:
    if pixel_size.red_cells_um_per_px is None:
        return ""
    factor = pixel_size.um_per_px / pixel_size.red_cells_um_per_px
    sizes = f"{max(factor, 1 / factor):.1f} times too {'large' if factor > 1 else 'small'}"
    return (
        f"At the pixel size given ({pixel_size.um_per_px:.3f} µm/px) the red cells would be "
        f"{sizes}; they tell {pixel_size.red_cells_um_per_px:.3f} µm/px: check the pixel size, "
        "on which classes, sizes and counts hang."
    )


def _outside(
    pixel_size: PixelSize, seen: tuple[float, float] | None, tolerance_fraction: float
) -> str:
    if seen is None:
        return ""
    word = _direction(pixel_size.um_per_px, seen, tolerance_fraction)
    return _unseen(f"Scale {pixel_size.um_per_px:.3f} µm/px", word, seen) if word else ""


def _direction(um_per_px: float, seen: tuple[float, float], tolerance_fraction: float) -> str:
    """``finer`` or ``coarser`` than what was seen; empty within it."""
    finest, coarsest = seen
    if um_per_px < finest * (1 - tolerance_fraction):
        return "finer"
    return "coarser" if um_per_px > coarsest * (1 + tolerance_fraction) else ""


def _unseen(what: str, word: str, seen: tuple[float, float]) -> str:
    finest, coarsest = seen
    return (
        f"{what} is {word} than any the model learned from ({finest:.3f}–{coarsest:.3f} µm/px): "
        f"its classes were not tested there; {TODO[word]}."
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
