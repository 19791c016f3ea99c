"""A gallery of crops that are at hand, class by class."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import cv2
import numpy as np
from qtpy.QtWidgets import QWidget

from napari_all_subtype._widgets.thumbnail_pictures import ThumbnailPictures
from napari_all_subtype._widgets.thumbnail_view import ThumbnailView
from napari_all_subtype._widgets.thumbnails import Thumbnail

SIDE_PX, HEIGHT_PX = 72, 260


class CropGallery(ThumbnailView):
    """Shows crops as thumbnails; nothing can be dragged to another class.

    Parameters
    ----------
    name : str
        What screen readers call it.
    """

    def __init__(self, name: str, parent: QWidget | None = None):
        self._crops: dict[Hashable, np.ndarray] = {}
        super().__init__(ThumbnailPictures(self._fetch), parent)
        self.pictures.setParent(self)
        self.setAccessibleName(name)
        self.setDragDropMode(ThumbnailView.DragDropMode.NoDragDrop)
        self.setFixedHeight(HEIGHT_PX)
        self.set_side(SIDE_PX)
        self.hide()

    def show_crops(self, thumbnails: Sequence[Thumbnail], crops: Sequence[np.ndarray]) -> None:
        """Have these, one crop for each; hidden where there are none."""
        self.pictures.forget_all()
        self._crops = {one.key: crop for one, crop in zip(thumbnails, crops, strict=True)}
        self.show_thumbnails(thumbnails)
        self.setVisible(bool(thumbnails))

    def _fetch(
        self,
        keys: Sequence[Hashable],
        side_px: int,
        then: Callable[[Mapping[Hashable, np.ndarray | None]], None],
    ) -> None:
        then({key: _resized(self._crops.get(key), side_px) for key in keys})


def _resized(crop: np.ndarray | None, side_px: int) -> np.ndarray | None:
    if crop is None:
        return None
    smaller = side_px < crop.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(crop[..., :3]), (side_px, side_px), interpolation=how)
