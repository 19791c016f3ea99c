"""A mask on its way to the child process: compressed while it is sent, not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from napari_all_subtype.cells.levels import ArrayLike


@dataclass(frozen=True)
class SentMask:
    """Labels of any integer type, as lazy as their layer; unpickled they are an ndarray.

    Parameters
    ----------
    labels : array, shape (Y, X)
    """

    labels: ArrayLike

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Compress; this happens in the thread that writes to the pipe."""
        pixels = np.ascontiguousarray(self.labels)
        content = imagecodecs.zstd_encode(pixels.reshape(-1).view(np.uint8), level=1)
        return _unpacked, (content, pixels.shape, pixels.dtype.str)


def _unpacked(content: bytes, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    pixels = np.empty(shape, np.dtype(dtype))
    imagecodecs.zstd_decode(content, out=pixels.reshape(-1).view(np.uint8))
    return pixels
