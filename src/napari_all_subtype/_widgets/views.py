"""A field ready to be shown: pixels, masks and drawing, made away from the window's thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.overlay import BADGE_UM, badge_centres, ring_width_px
from napari_all_subtype._widgets.sheets import draw_classes
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.config import ReadingParameters


@dataclass(frozen=True)
class FieldView:
    """What the layers show of one field.

    Parameters
    ----------
    name : str
        Of the field.
    pixels : ndarray, shape (Y, X, 3), uint8, or None
        None where a layer of the viewer has them already.
    analysis : Analysis or None
        None until the field is analysed.
    canvas : ndarray, shape (Y, X), uint8, or None
        The subtypes mask; see :class:`Codes`.
    ring_px : int
        Width of its rings.
    look : Look
        How its cells are drawn.
    badges_px : ndarray, shape (N, 2), float64, or None
        Centres of the badges of the cells.
    badge_px : float
        Their diameter.
    key : PackedMask or None
        What the result is known by, however often it is edited.
    read : tuple or None
        The file as it was when its pixels were read, and how it was read.
    """

    name: str
    pixels: np.ndarray | None
    analysis: Analysis | None = None
    canvas: np.ndarray | None = None
    ring_px: int = 0
    look: Look = Look()
    badges_px: np.ndarray | None = None
    badge_px: float = 0.0
    key: object = None
    read: tuple | None = None


def load_view(
    field: SmearField, look: Look, reading: ReadingParameters, before: FieldView | None = None
) -> FieldView:
    """Read and draw `field`; takes as long as reading its file takes.

    Parameters
    ----------
    before : FieldView, optional
        Has its pixels, if it is of the same file, which nobody has written since.

    Raises
    ------
    ImageReadError, NotColourError, ImageTooLargeError
        If its file cannot be read.
    """
    pixels, read = _pixels(field, reading, before)
    if field.result is None:
        return FieldView(field.name, pixels, read=read)
    analysis = field.result.unpack()
    ring_px = ring_width_px(analysis.pixel_size.um_per_px)
    canvas = draw_classes(
        analysis.masks.labels,
        analysis.cells,
        look.codes(analysis.taxonomy),
        ring_px,
        look.min_confidence,
    )
    badge_px = BADGE_UM / analysis.pixel_size.um_per_px
    badges_px = badge_centres(analysis.masks.labels, analysis.cells, badge_px)
    return FieldView(
        field.name,
        pixels,
        analysis,
        canvas,
        ring_px,
        look,
        badges_px,
        badge_px,
        field.result.labels,
        read,
    )


def _pixels(
    field: SmearField, reading: ReadingParameters, before: FieldView | None
) -> tuple[np.ndarray | None, tuple | None]:
    """Pixels of the file of `field`, and what tells that it is the same file still."""
    from napari_all_subtype.cells.image import open_image

    if not field.path:
        return None, None
    try:
        now = field.path.stat()
        read = (field.path, now.st_mtime_ns, now.st_size, reading)
    except OSError:  # reading it says why
        read = None
    if read is not None and before is not None and before.read == read:
        return before.pixels, read
    return open_image(field.path, reading).pixels, read
