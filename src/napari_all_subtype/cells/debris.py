"""What is dark and no nucleus by its colour: ink, pen, dust, shadow, grey red cells."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.cells.nuclei import disc

# Measured on the nuclei of 1,400 boxed or outlined cells of seven laboratories: red is at most
# 0.95 of green; red and blue together are at most 1.06 of green, and up to 1.4 from a green of
# 1.1 on, where a camera no longer tells colours apart; red and green less blue is at most 2.4.
_INK_RED, _INK_MIXED = 1.02, 1.2
_BLUE_RED, _BLUE_CONTRAST = 0.85, 2.7
_BLUE_MIXED, _BRIGHTER = 0.5, -0.03
_MIXED, _MIXED_FROM, _BASOPHILIC_RED = 1.3, 0.9, 1.05
_GREY_RED, _GREY_BLUE = 0.8, 0.7
# Absorbs enough to have a colour at all; and more than basophilic cytoplasm does.
_COLOURED, _DARK = 0.2, 0.8
_WHITE_UINT8, _NEARLY_WHITE_UINT8 = 253, 240
_SPECK_UM = 0.3
_EDGE_UM = 0.7
# Wider than the coloured fringe that a lens puts on one side of a nucleus.
_FRINGE_UM = 0.6


def drawn(density: np.ndarray) -> np.ndarray:
    """Pixels of ink, dust, pen or a black rim: ndarray, shape of `density` without its last, bool.

    Nuclei absorb green most, then red, and blue least. What absorbs all three alike lies
    in shadow; what is dark and absorbs red most, or absorbs more red and green than a
    camera can show of a stain, was drawn.

    Parameters
    ----------
    density : ndarray, shape (..., 3), float32
        Optical density against the glass.
    """
    red, green, blue = (density[..., c] for c in range(3))
    darkest = np.maximum(red, green)
    grey = (darkest > _COLOURED) & (red > _GREY_RED * green) & (blue > _GREY_BLUE * green)
    ink = (darkest > _DARK) & (red > _INK_RED * green) & (red + blue > _INK_MIXED * green)
    # Pure blue, and what it gives where it is mixed with glass: brighter in blue than glass is.
    mixture = (red > _BLUE_MIXED) & (blue < _BRIGHTER)
    pure = (red > _BLUE_RED * green) & (mixture | (red + green - blue > _BLUE_CONTRAST))
    return grey | ink | pure


def no_nucleus(density: np.ndarray) -> np.ndarray:
    """Pixels of a hue that basophilic cytoplasm or a blurred red cell has: bool, as :func:`drawn`.

    Both may be as dark as pale nuclei.
    """
    red, green, blue = (density[..., c] for c in range(3))
    mixed = red + blue > (_MIXED + np.maximum(green - _MIXED_FROM, 0)) * green
    return (np.maximum(red, green) > _COLOURED) & (mixed | (red > _BASOPHILIC_RED * green))


def drawn_upon(density: np.ndarray) -> np.ndarray:
    """Pixels that say nothing of the stain, with a pixel around them: (Y, X) bool.

    Parameters
    ----------
    density : ndarray, shape (Y, X, 3), float32
    """
    # Grey red cells there are as well: only what is darker counts.
    dark = np.maximum.reduce(cv2.split(density)) > _DARK
    places = np.flatnonzero(dark)
    dark.ravel()[places] = drawn(density.reshape(-1, 3)[places])
    return cv2.dilate(dark.view(np.uint8), disc(1)) > 0


def hide_foreign(
    contrast: np.ndarray,
    density: np.ndarray,
    smooth: np.ndarray,
    threshold: float,
    um_per_px: float,
) -> np.ndarray:
    """`contrast` that is 0 where the hue is no nucleus's, and on the soft edge of what was drawn.

    Parameters
    ----------
    contrast : ndarray, shape (Y, X), float32
    density, smooth : ndarray, shape (Y, X, 3), float32
        As it is, in which thin lines have their own colour, and smoothed.
    threshold : float
        Only what has more contrast than this is looked at: the rest is no nucleus anyway.
    um_per_px : float
    """
    places = np.flatnonzero(contrast > threshold)
    foreign = np.zeros((2, *contrast.shape), np.uint8)
    foreign[0].ravel()[places] = drawn(density.reshape(-1, 3)[places])
    foreign[1].ravel()[places] = no_nucleus(smooth.reshape(-1, 3)[places])
    ink = cv2.morphologyEx(foreign[0], cv2.MORPH_OPEN, disc(_SPECK_UM / um_per_px))
    hidden = cv2.morphologyEx(foreign[1], cv2.MORPH_OPEN, disc(_FRINGE_UM / um_per_px))
    if ink.any():
        hidden |= cv2.dilate(ink, disc(_EDGE_UM / um_per_px))
    return np.where(hidden > 0, np.float32(0), contrast) if hidden.any() else contrast


def without_burned_white(pixels: np.ndarray) -> np.ndarray:
    """Pixels without those of white letters or a white frame: ndarray, shape (N, 3), uint8.

    Glass that the camera overexposed is white as well, but shades into what is not.

    Parameters
    ----------
    pixels : ndarray, shape (N, 3), uint8, RGB
    """
    if len(pixels) == 0:
        return pixels
    white = cv2.inRange(pixels[None], (_WHITE_UINT8,) * 3, (255, 255, 255))[0] > 0
    if not white.any() or white.all():
        return pixels
    rest = pixels[~white]
    return rest if np.percentile(rest[:, 1], 99) < _NEARLY_WHITE_UINT8 else pixels
