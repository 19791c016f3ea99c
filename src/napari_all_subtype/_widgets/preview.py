"""The live preview: what is in sight is segmented again while a parameter is moved."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets.ground import pixels_in_view, same_pixels, source_in_view
from napari_all_subtype._widgets.inputs import pixel_size_of_layer
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.cells.scale import pixel_size_of
from napari_all_subtype.cells.source import PixelSize, Region
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import AllSubtypeError, Stopped, describe_error
from napari_all_subtype.progress import SilentMonitor

if TYPE_CHECKING:
    from napari_all_subtype.workflow.preview import Preview, Previewer

# A person who turns a wheel moves on: only where the hand rests is worth the work.
REST_MS = 120
ONLY_HERE = "Only cells that are found here are previewed."
NO_IMAGE = "No image is shown."


class Stopper(SilentMonitor):
    """A monitor that stops when it is told to."""

    def __init__(self) -> None:
        self.stop_requested = False


@dataclass(frozen=True)
class Wanted:
    """What is to be previewed.

    Parameters
    ----------
    pixels : array
        Of the image.
    name : str
        Of the field.
    pixel_size : PixelSize or None
        What its layer, or its analysis, says.
    visible : Region
        What is in sight of it.
    parameters : AnalysisParameters
    """

    pixels: np.ndarray
    name: str
    pixel_size: PixelSize | None
    visible: Region
    parameters: AnalysisParameters

    def is_of(self, other: Wanted) -> bool:
        """Whether both are of the same image, read alike and at the same scale."""
        mine, theirs = self.parameters, other.parameters
        return (
            same_pixels(self.pixels, other.pixels)
            and self.pixel_size == other.pixel_size
            and (mine.scale, mine.reading) == (theirs.scale, theirs.reading)
        )


class LivePreview:
    """Keeps the preview as new as the parameters and the view are.

    Parameters
    ----------
    dock : AnalyseSmear
        The widgets.
    session : Session
        The state.
    """

    def __init__(self, dock, session: Session):
        self.dock, self.row, self.session = dock, dock.preview, session
        self._stopper: Stopper | None = None
        self._again = False
        self._closed = False
        self._kept: tuple[Wanted, Previewer] | None = None
        self._rest = QTimer()
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.renew)
        self.row.box.toggled.connect(self._on_toggled)
        for form in (dock.setup.main, dock.setup.more):
            form.changed.connect(self._on_moved)
        dock.setup.cells.currentIndexChanged.connect(self._on_moved)
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        viewer, session = self.session.viewer, self.session
        camera = getattr(viewer, "scene", viewer).camera
        return (
            (camera.events.center, self._on_moved),
            (camera.events.zoom, self._on_moved),
            (session.field_selected, self._on_moved),
            (session.started, self._on_started),
        )

    def close(self, *_: object) -> None:
        """Stop, and look no longer."""
        self._closed = True
        self._stop()
        # At the end of the program Qt may have deleted the timer before the dock.
        with suppress(RuntimeError):
            self._rest.stop()
        if self.session.viewer is not None:
            for signal, slot in self._slots():
                signal.disconnect(slot)
            self.session.layers.clear_preview()

    def _on_toggled(self, on: bool) -> None:
        self.row.say("")
        if on:
            self.renew()
        else:
            self._rest.stop()
            self._stop()
            self._kept = None
            self.session.layers.clear_preview()

    def _on_moved(self, *_: object) -> None:
        if self.row.on:
            # What is at work is for the value before.
            self._stop()
            self._rest.start()

    def _on_started(self) -> None:
        """The analysis itself shows what is found."""
        self.row.box.setChecked(False)

    def _stop(self) -> None:
        if self._stopper is not None:
            self._stopper.stop_requested = True

    def renew(self) -> None:
        """Preview what is in sight with the parameters as they are now; the newest wins."""
        if self._stopper is not None:
            self._again = True
            return
        wanted = self._wanted()
        if isinstance(wanted, str):
            self.session.layers.clear_preview()
            self.row.say(wanted)
            return
        if not self.row.line.text():
            self.row.say("Looking…")
        self._stopper = stopper = Stopper()
        in_thread(self._look, wanted, stopper, then=lambda seen: self._on_seen(seen, stopper))

    def _look(self, wanted: Wanted, stopper: Stopper) -> Preview | str:
        """Runs in a thread; whatever goes wrong there is told in a sentence."""
        try:
            previewer = self._previewer(wanted)
            return previewer(wanted.visible, wanted.parameters.segmentation, stopper)
        except Stopped:
            raise
        except Exception as error:  # the edge of the thread
            return describe_error(error)

    def _previewer(self, wanted: Wanted) -> Previewer:
        """The one of the last preview, if it was of the same image at the same scale."""
        from napari_all_subtype.workflow.preview import Previewer

        kept = self._kept
        if kept is None or not wanted.is_of(kept[0]):
            reading, scale = wanted.parameters.reading, wanted.parameters.scale
            source = source_in_view(wanted.pixels, wanted.name, reading, wanted.pixel_size)
            size = pixel_size_of(source, scale)
            kept = self._kept = (wanted, Previewer(source, size.um_per_px))
        return kept[1]

    def _on_seen(self, seen: Preview | str | AllSubtypeError, stopper: Stopper) -> None:
        self._stopper = None
        if self._closed:
            return
        if not self.row.on:
            self._kept = None  # the thread may have kept it after the switch
        if self.row.on and not stopper.stop_requested:
            self._show(seen)
        if self._again and self.row.on:
            self._again = False
            self.renew()

    def _show(self, seen: Preview | str | AllSubtypeError) -> None:
        image = self._image()
        if isinstance(seen, str | AllSubtypeError) or image is None:
            self.session.layers.clear_preview()
            self.row.say(f"⚠ {seen}" if image is not None else NO_IMAGE)
            return
        self.session.layers.show_preview(seen, image)
        self.row.say(f"{seen.count} cell{'s' * (seen.count != 1)} in view")

    def _image(self) -> Image | None:
        """The layer that shows the chosen field."""
        field, layers = self.session.field, self.session.layers
        if field is None:
            chosen = self.dock.chooser.current()
            return chosen if isinstance(chosen, Image) else None
        image = field.layer or layers.image
        return image if image is not None and image in self.session.viewer.layers else None

    def _wanted(self) -> Wanted | str:
        """What to preview, or why nothing can be."""
        setup, image, field = self.dock.setup, self._image(), self.session.field
        if setup.cells.layer is not None or setup.cells.segmenter != "classical":
            return ONLY_HERE
        if image is None or field is None:
            return NO_IMAGE
        try:
            parameters = setup.parameters()
            size = pixel_size_of_layer(field.layer) if field.layer is not None else None
        except AllSubtypeError as error:
            return f"⚠ {error}"
        step = self.session.viewer.dims.current_step
        pixels = pixels_in_view(field, self.session.layers.view, step)
        if pixels is None:
            return NO_IMAGE
        return Wanted(pixels, field.name, size, visible_of(image), parameters)


def visible_of(image: Image) -> Region:
    """What is in sight of `image`, in pixels of its finest level."""
    corners = np.asarray(image.corner_pixels, float)[:, -2:]
    if image.multiscale:
        corners = corners * np.asarray(image.downsample_factors)[image.data_level][-2:]
    (y0, x0), (y1, x1) = corners
    return Region(int(y0), int(x0), int(y1) + 1, int(x1) + 1)
