"""The pixels that the picture of a cell is cut from: at hand, or read in a thread once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_all_subtype._widgets.ground import pixels_in_view, same_pixels, source_in_view
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.cells.source import ArraySource, ImageSource
from napari_all_subtype.errors import AllSubtypeError


class CellPixels:
    """Keeps the source of the field that is shown.

    Parameters
    ----------
    session : Session
        Whose field it is.
    arrived : callable
        Called when pixels that were not at hand have been read.
    """

    def __init__(self, session: Session, arrived: Callable[[], None]):
        self.session, self._arrived = session, arrived
        self._pixels: object = None
        self._source: ImageSource | None = None

    def forget(self) -> None:
        """Let go of the pixels."""
        self._pixels = self._source = None

    def source(self) -> ImageSource | None:
        """The field as an analysis reads it; None while, or where, it cannot be read."""
        session, view = self.session, self.session.layers.view
        if view is None or view.analysis is None or session.field is None:
            return None
        pixels = pixels_in_view(session.field, view, session.viewer.dims.current_step)
        if pixels is None or pixels.shape[:2] != view.analysis.masks.labels.shape:
            return None
        if self._pixels is not None and same_pixels(self._pixels, pixels):
            return self._source
        self._pixels, self._source = pixels, None
        if _plain(pixels):
            self._source = ArraySource(pixels, session.field.name)
            return self._source
        reading = view.analysis.parameters.reading

        def keep(source: ImageSource | AllSubtypeError) -> None:
            if self._pixels is pixels and not isinstance(source, AllSubtypeError):
                self._source = source
                self._arrived()

        in_thread(source_in_view, pixels, session.field.name, reading, then=keep)
        return None


def _plain(pixels: object) -> bool:
    """Whether the pixels are in memory as they are analysed."""
    plain = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8
    return plain and pixels.shape[2:] == (3,)
