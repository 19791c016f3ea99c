"""The digest by which a field is known whatever its file is called."""

from __future__ import annotations

import hashlib

import numpy as np


def pixels_sha256(pixels: np.ndarray) -> str:
    """SHA-256 of shape and values of `pixels`, in hexadecimal digits.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, 3), uint8

    Examples
    --------
    >>> blank = np.zeros((2, 6, 3), np.uint8)
    >>> pixels_sha256(blank) == pixels_sha256(blank.reshape(6, 2, 3))
    False
    """
    digest = hashlib.sha256(repr((pixels.shape, pixels.dtype.str)).encode())
    # Row by row: an image may be a window of a larger one, and is not copied whole.
    for row in pixels:
        digest.update(np.ascontiguousarray(row))
    return digest.hexdigest()
