"""The layers of a result: cells, subtypes and letters over the image they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Labels
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.badges import GUESS, badge_style, ink_on
from napari_all_subtype._widgets.boxes import edited_view
from napari_all_subtype._widgets.drawn_cells import DrawnCells
from napari_all_subtype._widgets.layer_kinds import (
    hover_features,
    new_cells,
    new_image,
    new_letters,
    new_subtypes,
    place,
    placement,
    placement_of_file,
    say_words,
    words_in,
)
from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.overlay import changed_by_confidence
from napari_all_subtype._widgets.own_layers import put_data
from napari_all_subtype._widgets.sight import camera_of, frame, highest, keep_in_sight, raise_above
from napari_all_subtype._widgets.views import FieldView
from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.source import Region

if TYPE_CHECKING:
    import pandas as pd

# Height of a letter to the diameter of the badge behind it.
LETTER_TO_BADGE = 0.42
# Of a badge with three signs, to one with two.
LONG_BADGE = 1.4
MANY_CELLS = 2000
# A cell that is read: this much of the smear is at least so wide on the screen.
SEEN_UM, SEEN_SCREEN_PX = 20.0, 160.0
# Around the badge of a cell that a person has spoken of, to its diameter.
REVIEWED_BORDER = 0.16


class ResultLayers(DrawnCells):
    """Shows one field at a time; layers a person deletes are made again at the next field.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    """

    def __init__(self, viewer) -> None:
        super().__init__(viewer)
        self._letters_old = self._style_wanted = False
        # What we last wrote as people's words into the features of the cells, by label.
        self.written: np.ndarray | None = None

    def show(self, view: FieldView, image: Image | None) -> Iterator[None]:
        """Show `view` over `image`; without one, over an image layer of its own.

        Yields after each layer that had to be made, since napari takes its time
        with those and the window must live on meanwhile; leaves off there when
        another view is being shown by then.
        """
        self.view, self.picked, self.selected = view, 0, frozenset()
        image = self._show_image(view, image)
        if view.analysis is None:
            self.clear()
            return
        placed = placement(image)
        cells, look = view.analysis.cells, self.look
        made = not self._alive(self.cells)
        self._put("cells", view.analysis.masks.labels, new_cells, placed)
        self.describe()
        if made:
            yield
        if self.view is not view:
            return
        made = not self._alive(self.subtypes)
        self._put("subtypes", view.canvas, new_subtypes, placed).features = self.codes.to_features()
        self._recolour()
        # The controls may have moved while the field was drawn.
        self._redraw(_drawn_otherwise(cells, view.look, look))
        if made:
            yield
        if self.view is view:
            self._write_letters(placed)
            below = highest(self._viewer(), image, *self._others(Labels))
            raise_above(self._viewer(), below, self.cells, self.subtypes, self.letters)
            if self._alive(self.subtypes):
                self._viewer().layers.selection.active = self.subtypes

    def _show_image(self, view: FieldView, image: Image | None) -> Image:
        """Have the image of `view` in sight, above other images; every layer in its units."""
        viewer, others = self._viewer(), self._others()
        known = view.analysis.pixel_size.um_per_px if view.analysis else None
        placed = placement_of_file(others, known)
        before = frame(self.image) if self._alive(self.image) else None
        # First the units of all: each change below is drawn at once.
        for layer in (self.image, self.cells, self.subtypes, self.letters):
            if self._alive(layer):
                place(layer, placed if image is None or layer is self.image else placement(image))
        if image is None:
            # The same pixels are not handed to the screen again when a result comes to them.
            there = self._alive(self.image) and self.image.data is view.pixels
            image = self.image if there else self._put("image", view.pixels, new_image, placed)
            image.name = view.name
        if self._alive(self.image):
            self.image.visible = image is self.image
            keep_in_sight(viewer, self.image, before)
        raise_above(viewer, highest(viewer, *self._others(Image), image), image)
        return image

    def clear(self) -> None:
        """Take the result off the image.

        The layers stay, empty: napari can crash when it draws after a layer of
        points was removed (napari issues 6472 and 8471).
        """
        self.picked, self.selected, self.written = 0, frozenset(), None
        for role in ("cells", "subtypes"):
            if self._alive(layer := getattr(self, role)):
                put_data(layer, np.zeros_like(layer.data))
                layer.features = {}
        if self._alive(self.letters):
            self.letters.features = {"letter": [""] * len(self.letters.data)}
            self.letters.face_color = np.zeros(4)

    def clear_all(self, name: str) -> None:
        """Show nothing, under the name of a field that cannot be read."""
        self.view = None
        self.clear()
        if self._alive(self.image):
            self.image.data = np.zeros_like(self.image.data)
            self.image.name = name

    def change_look(self, **changes: object) -> None:
        """Draw the cells another way.

        Parameters
        ----------
        **changes
            Fields of :class:`Look`.
        """
        before, self.look = self.look, replace(self.look, **changes)
        if self._alive(self.letters) and before.letters != self.look.letters:
            self.letters.visible = self.look.letters
        if not self._has_result:
            return
        if not self.look.drawn_as(before):
            self.subtypes.features = self.codes.to_features()
        self._recolour()
        self._redraw(_drawn_otherwise(self.view.analysis.cells, before, self.look))
        self._style_letters()

    def show_edit(self, analysis: Analysis, region: Region, labels: Iterable[int]) -> None:
        """Show `analysis`, whose cells `labels` are others than before, drawing in `region` only.

        Parameters
        ----------
        region : Region
            Every pixel of the cells, as they were and as they are, lies in it.
        """
        self.view = edited_view(self.view, analysis, region, labels)
        if self._has_result:
            self.redraw(region)
            self.describe()
            self._letters_old = True
            self._renew_letters()

    def show_words(self, cells: pd.DataFrame, labels: Sequence[int]) -> None:
        """Show `cells`, of which people call `labels` something else than before.

        Only their boxes are drawn; many at once are drawn in one go.
        """
        self.view = replace(self.view, analysis=replace(self.view.analysis, cells=cells))
        if not self._has_result:
            return
        self._draw_boxes(labels)
        self.say_words(labels)
        if not self._style_wanted:
            # When the window is free: napari draws all letters again for each of their colours.
            self._style_wanted = True
            QTimer.singleShot(0, self._restyle)

    def _restyle(self) -> None:
        self._style_wanted = False
        if self._has_result and self._alive(self.letters) and self.letters.visible:
            self._style_letters()
        else:
            self._letters_old = True

    def say_words(self, labels: Sequence[int]) -> None:
        """Have the features of the layer of the cells say what people say of `labels`."""
        if self._has_result and self._alive(self.cells):
            analysis = self.view.analysis
            few = say_words(self.cells, analysis.cells, labels, analysis.taxonomy)
            now = words_in(self.cells)
            if few and self.written is not None:
                # What a person chose for others meanwhile was not written by us.
                self.written[list(labels)] = now[list(labels)]
            else:
                self.written = now

    def describe(self) -> None:
        """Have the features of the layer of the cells say all that is shown of them, no more."""
        analysis = None if self.view is None else self.view.analysis
        if analysis is not None and self._alive(self.cells):
            self.cells.features = hover_features(analysis.cells, analysis.taxonomy)
            self.written = words_in(self.cells)

    def _renew_letters(self, *_: object) -> None:
        """Write letters after an edit, those that are hidden once they are shown."""
        if self._letters_old and self._has_result:
            hidden = self._alive(self.letters) and not self.letters.visible
            if not hidden:
                self._write_letters(placement(self.subtypes))

    def look_at(self, label: int) -> None:
        """Move the camera to the cell `label`, without changing the zoom."""
        if not self._has_result:
            return
        cells = self.view.analysis.cells
        self.look_at_place((cells["centroid_y_px"].iat[label], cells["centroid_x_px"].iat[label]))

    def look_at_place(self, centre_yx_px: tuple[float, float]) -> None:
        """Move the camera to a place of the field, without changing the zoom."""
        if self._has_result:
            centre = self.subtypes.data_to_world(centre_yx_px)[-2:]
            camera_of(self._viewer()).center = (0.0, *centre)

    def look_closely(self, label: int) -> None:
        """Move the camera to the cell `label`, so near that its chromatin can be judged."""
        if self._has_result:
            self.look_at(label)
            camera = camera_of(self._viewer())
            px = float(np.max(self.subtypes.scale[-2:])) * camera.zoom
            wide = SEEN_UM / self.view.analysis.pixel_size.um_per_px * px
            # A person who looks nearer stays there; farther, the cell would be too small.
            camera.zoom *= max(1.0, SEEN_SCREEN_PX / wide)

    @property
    def incomplete(self) -> bool:
        """Whether a person deleted a layer without which nothing can be edited."""
        own_image = () if self.view is None or self.view.pixels is None else (self.image,)
        return not all(self._alive(one) for one in (*own_image, self.cells, self.subtypes))

    @property
    def deleted(self) -> bool:
        """Whether a person deleted a layer that shows the cells, and it was not made again yet."""
        made = [one for one in (self.cells, self.subtypes) if one is not None]
        return self.image_deleted or not all(map(self._alive, made))

    @property
    def drawing(self) -> bool:
        """Whether the mouse draws in the layer of the cells."""
        return self._alive(self.cells) and self.cells.mode != "pan_zoom"

    def _write_letters(self, placed: dict) -> None:
        cells = table.present(self.view.analysis.cells)
        badge_px, self._letters_old = self.view.badge_px, False
        made = not self._alive(self.letters)
        letters = self._put("letters", self.view.badges_px, new_letters, placed)
        if made:
            letters.events.visible.connect(self._renew_letters)
        # In units of the world, unlike the size of the badges.
        letters.text.size = LETTER_TO_BADGE * badge_px * float(placed["scale"][-1])
        letters.visible = self.look.letters and len(cells) <= MANY_CELLS
        self._style_letters()

    def _style_letters(self) -> None:
        if not self._has_result or not self._alive(self.letters) or not len(self.letters.data):
            return
        colours, letters = badge_style(self.view.analysis, self.look)
        self.letters.face_color = colours
        self.letters.text.color = ink_on(colours)
        long = np.array([letter.endswith(GUESS) for letter in letters])
        self.letters.size = self.view.badge_px * np.where(long, LONG_BADGE, 1.0)
        self.letters.features = {"letter": letters}
        by_person = table.annotations(table.present(self.view.analysis.cells)) != ""
        self.letters.border_width = np.where(by_person, REVIEWED_BORDER, 0.0)


def _drawn_otherwise(cells: pd.DataFrame, before: Look, after: Look) -> list[int]:
    """Labels of the cells that another look gives other integers in the subtypes mask."""
    if not after.drawn_as(before):
        return table.present(cells).index.tolist()
    return changed_by_confidence(cells, before.min_confidence, after.min_confidence)
