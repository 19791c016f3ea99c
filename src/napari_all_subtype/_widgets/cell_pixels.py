"""The pixels that the picture of a cell is cut from: at hand, or read in a thread once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from psygnal import Signal

from napari_all_subtype._widgets.ground import pixels_in_view, same_pixels, source_in_view
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.cells.source import ArraySource, ImageSource
from napari_all_subtype.errors import AllSubtypeError


class CellPixels:
    """Keeps the source of the field that is shown.

    Parameters
    ----------
    session : Session
        Whose field it is.

    Signals
    -------
    arrived
        Pixels that were not at hand have been read.
    """

    arrived = Signal()

    def __init__(self, session):
        self.session = session
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
                self.arrived.emit()

        in_thread(source_in_view, pixels, session.field.name, reading, then=keep)
        return None

    def crops(self, labels: Sequence[int]) -> dict[int, np.ndarray]:
        """Pictures of cells of the field that is shown, as its model sees them.

        Returns
        -------
        dict of int to ndarray, shape (S, S, C), uint8
            By label; empty where the pixels are not at hand.
        """
        from napari_all_subtype.workflow.corrections import crops_of

        source, view, result = self.source(), self.session.layers.view, self.session.result()
        if source is None or result is None or not len(labels):
            return {}
        analysis = replace(view.analysis, cells=result.analysis.cells)
        spec = self.session.crop_spec_of(analysis)
        return dict(zip(labels, crops_of(analysis, labels, source, spec), strict=True))


def _plain(pixels: object) -> bool:
    """Whether the pixels are in memory as they are analysed."""
    plain = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8
    return plain and pixels.shape[2:] == (3,)
