"""A region drawn with the mouse around cells, which selects those that lie in it."""

from __future__ import annotations

import numpy as np
from psygnal import Signal

from napari_all_subtype._widgets.edit_tools import LineTool
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells import table

CENTRE = ["centroid_y_px", "centroid_x_px"]
MIN_CORNERS = 3


class RegionTool:
    """One line around cells, closed where it began; the mouse moves the image again after it.

    Parameters
    ----------
    session : Session
        Whose field is drawn on.

    Signals
    -------
    taken : bool
        Whether the next press of the mouse draws.
    drawn : int, list of tuple
        Number of the field and corners (y, x) in pixels of a finished region.
    """

    taken = Signal(bool)
    drawn = Signal(int, object)

    def __init__(self, session: Session):
        self.session, self.layers = session, session.layers
        self.active = False
        self._line = LineTool(session.viewer, session.layers, self._on_line)
        session.tool_taken.connect(self._on_tool_taken)
        session.field_selected.connect(self.put_away)
        session.viewer.layers.selection.events.active.connect(self._on_active)

    def close(self) -> None:
        """Let go of the mouse."""
        self.session.tool_taken.disconnect(self._on_tool_taken, missing_ok=True)
        self.session.field_selected.disconnect(self.put_away, missing_ok=True)
        if self.session.viewer is not None:
            self.put_away()
            self.session.viewer.layers.selection.events.active.disconnect(self._on_active)

    @property
    def possible(self) -> bool:
        """Whether there is a result to draw on."""
        flat = self.session.viewer.dims.ndisplay == 2
        return self.session.in_view and not self.layers.incomplete and flat

    def take(self) -> None:
        """Draw with the next press of the mouse."""
        if self.active or not self.possible:
            return
        self.session.tool_taken.emit(self)
        self._line.take()
        self.active = True
        self.taken.emit(True)

    def put_away(self, *_: object) -> None:
        """The mouse moves the image again."""
        if self.active:
            self.active = False
            self._line.put_away()
            self.taken.emit(False)

    def _on_tool_taken(self, by: object) -> None:
        if by is not self:
            self.put_away()

    def _on_active(self, *_: object) -> None:
        """Another layer was chosen: the mouse is that layer's."""
        active = self.session.viewer.layers.selection.active
        if active not in (None, self.layers.subtypes):
            self.put_away()

    def _on_line(self, points: list[tuple[float, float]]) -> None:
        n = self.session.selected
        self.put_away()
        if len(points) >= MIN_CORNERS and self.session.in_view:
            labels = cells_in(self.session.result().analysis.cells, points)
            self.session.selection.set([(n, label) for label in labels])
            self.drawn.emit(n, points)


def cells_in(cells, corners_yx_px: list[tuple[float, float]]) -> list[int]:
    """Labels of the cells whose centres lie in a polygon.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cell table, row k is label k.
    corners_yx_px : list of tuple of float
        The last is joined to the first.
    """
    from skimage.measure import points_in_poly

    there = table.present(cells)
    inside = points_in_poly(there[CENTRE].to_numpy(float), np.array(corners_yx_px, float))
    return there["label"].to_numpy()[inside].tolist()
