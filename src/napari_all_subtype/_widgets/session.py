"""What one viewer knows: its smear, its layers and its project, and the process that works."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from napari_all_subtype._widgets.cell_pixels import CellPixels
from napari_all_subtype._widgets.classes_in_use import ClassesInUse
from napari_all_subtype._widgets.crop_files import CropFiles
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.gauge import Gauge
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype._widgets.layers import ResultLayers
from napari_all_subtype._widgets.messages import (
    Classified,
    Classify,
    Ended,
    Explain,
    Explained,
    FieldCompared,
    FieldDone,
    FieldFailed,
    FieldFlagged,
    FieldRequest,
    Ready,
    Run,
    Step,
)
from napari_all_subtype._widgets.record import Record
from napari_all_subtype._widgets.sent_mask import SentMask
from napari_all_subtype._widgets.shown_smear import ShownSmear
from napari_all_subtype._widgets.train.learning import Learning
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.workflow.review_parameters import CellFilter

if TYPE_CHECKING:
    from napari_all_subtype.cells.levels import ArrayLike


class Session(ShownSmear):
    """State of the plugin in one viewer; widgets listen to its signals.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    """

    filter_changed = Signal()
    progressed = Signal(int, str)
    started = Signal()
    ended = Signal(object)
    device_changed = Signal(str)
    cell_picked = Signal(int)
    place_wanted = Signal(int, int)
    cells_clicked = Signal(int, int)
    cell_told = Signal(int)
    tool_taken = Signal(object)
    step_wanted = Signal(str)
    look_wanted = Signal(object)
    classified = Signal(object)
    classifying_changed = Signal()
    explained = Signal(object)
    model_wanted = Signal(str)
    queue_wanted = Signal(object, bool)
    hiding_changed = Signal()

    def __init__(self, viewer) -> None:
        super().__init__()
        self._viewer = weakref.ref(viewer)
        self.layers = ResultLayers(viewer)
        self.worker = Worker()
        self.worker.message.connect(self._on_message)
        self.device = ""
        self.model = ""
        self.cell_filter = CellFilter()
        self.record = Record(self)
        self.classes = ClassesInUse(self)
        self.learning = Learning(self.record)
        self.wanted_model = ""
        self.pixels = CellPixels(self)
        self.crops = CropFiles(self)
        self.told_of = 0
        self._gauge = Gauge()
        self._crop_specs: dict[str, CropSpec] = {}
        self.classifying = self.explaining = self.model_hidden = False

    @property
    def viewer(self):
        """The viewer, or None when it is gone."""
        return self._viewer()

    def hide_model(self, on: bool) -> None:
        """Have nothing ordered or counted by what the model says, while nobody is to see it."""
        if on != self.model_hidden:
            self.model_hidden = on
            self.hiding_changed.emit()

    @property
    def hides_model(self) -> bool:
        """Whether nobody is to see what the model says: here, or in the packet that is open."""
        packet = self.record.packet
        return self.model_hidden or (packet is not None and packet.model_hidden)

    @property
    def running(self) -> bool:
        """True while an analysis is going on."""
        return self.worker.running and not (self.classifying or self.explaining)

    def run(
        self,
        parameters: AnalysisParameters,
        arrays: Sequence[np.ndarray | None],
        pixel_sizes: Sequence[PixelSize | None],
        masks: Sequence[ArrayLike | None] | None = None,
        look_of: int | None = None,
    ) -> None:
        """Analyse every field of the smear in the child process.

        Parameters
        ----------
        arrays : sequence of ndarray or None
            Pixels of the fields that are layers; None for files.
        pixel_sizes : sequence of PixelSize or None
            What the layers say of their scale.
        masks : sequence of array or None, optional
            Cells that are given; None where they are to be found.
        look_of : int, optional
            Slide of the open project whose result is locked: what is found is only looked at.
        """
        self.selection.clear()
        self.fields = tuple(replace(one.bare, look_of=look_of) for one in self.fields)
        masks = [None] * len(self.fields) if masks is None else masks
        every = zip(self.fields, arrays, pixel_sizes, masks, strict=True)
        requests = tuple(_request(*each) for each in every)
        self._gauge, self.failure = Gauge(), ""
        self.worker.run(Run(parameters, requests), arrays)
        self.started.emit()
        self.fields_changed.emit()

    def classify(
        self, parameters: AnalysisParameters, labels: Sequence[int], crops: np.ndarray
    ) -> None:
        """Have the child process say what `crops` of cells show; `classified` has its answer."""
        request = FieldRequest("crops", None, crops.shape, str(crops.dtype))
        self.classifying = True
        self.worker.run(Classify(parameters, tuple(labels), (request,)), [crops])
        self.classifying_changed.emit()

    def explain(self, parameters: AnalysisParameters, crop: np.ndarray) -> None:
        """Have the child process say what the network looks at in `crop`; see `explained`."""
        request = FieldRequest("crop", None, crop.shape, str(crop.dtype))
        self.explaining = True
        self.worker.run(Explain(parameters, (request,)), [crop])
        self.classifying_changed.emit()

    def filter_cells(self, shown: CellFilter) -> None:
        """Have queue and gallery show only cells that pass `shown`."""
        if shown != self.cell_filter:
            self.cell_filter = shown
            self.filter_changed.emit()

    def crop_spec_of(self, analysis: Analysis) -> CropSpec:
        """How the model of `analysis` wants its crops."""
        from napari_all_subtype.workflow.models import known_models

        if analysis.model not in self._crop_specs:
            # A result from a project, whose model this process was never asked for.
            cards = [one.card for one in known_models() if one.card is not None]
            known = {card.identity: card.crop_spec for card in cards}
            self._crop_specs[analysis.model] = known.get(analysis.model, CropSpec())
        return self._crop_specs[analysis.model]

    def use_model(self, folder: str) -> None:
        """Have analyses from now on made with the model in `folder`."""
        self.wanted_model = folder
        self.model_wanted.emit(folder)

    def stop(self) -> None:
        """Ask for a stop; what is done of the smear so far stays."""
        self.worker.stop()

    def close(self) -> None:
        """End the child process; results stay."""
        self.worker.close()
        self.classifying = self.explaining = False

    @property
    def in_view(self) -> bool:
        """Whether the layers show the result of the selected field, not one before it."""
        view, result = self.layers.view, self.result()
        return view is not None and result is not None and view.key is result.labels

    def _in_project(self, n: int) -> bool:
        """Whether the open project has the result of field `n`, or is about to."""
        field = self.fields[n]
        return field.kept is not None or field.result.labels in self.record.keeper.keeping

    def _on_message(self, message: object) -> None:
        match message:
            case Step() if self.classifying or self.explaining:
                pass  # over before a bar could show it
            case Step():
                self.progressed.emit(self._gauge.update(message), self._gauge.words)
            case Ready(model, device, crop_spec):
                self.model, self.device = model, device
                self._crop_specs[model] = crop_spec
                self.device_changed.emit(device)
            case FieldDone(n, result, same_as):
                self.update(n, result=result, same_as=same_as)
            case FieldFailed(n, text):
                self.update(n, error=text)
            case FieldFlagged(n, flags):
                self.update(n, result=self.fields[n].result.flagged(flags))
            case FieldCompared(n, ruler, rows) if not self._in_project(n):
                self.update(n, result=self.fields[n].result.compared(ruler, rows))
            case FieldCompared():
                pass  # a person spoke of its cells meanwhile: the project has it as it is
            case Ended() if self.classifying:
                self.classifying = False
                self.classified.emit(message)
                self.classifying_changed.emit()
            case Ended() if self.explaining:
                self.explaining = False
                self.explained.emit(message)
                self.classifying_changed.emit()
            case Explained():
                self.explained.emit(message)
            case Classified():
                self.classified.emit(message)
            case Ended():
                self.ended.emit(message)


def _request(
    field: SmearField,
    array: ArrayLike | None,
    pixel_size: PixelSize | None,
    mask: ArrayLike | None,
) -> FieldRequest:
    if array is None:
        return FieldRequest(field.name, field.path)
    cells = None if mask is None else SentMask(mask)
    return FieldRequest(field.name, None, array.shape, str(array.dtype), pixel_size, cells)


# The one exception to "no module state": each dock gets its own proxy of the
# viewer, so the session of a viewer is found by the viewer itself.
_SESSIONS: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def session_of(viewer) -> Session:
    """The one session of `viewer`, made at the first call; a proxy finds the same."""
    real = getattr(viewer, "__wrapped__", viewer)
    if real not in _SESSIONS:
        _SESSIONS[real] = Session(real)
    return _SESSIONS[real]
