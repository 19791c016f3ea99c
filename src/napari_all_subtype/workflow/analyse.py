"""The main job: one field of a smear in, its cells found, measured and classified."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.crops import crop_cells
from napari_all_subtype.cells.given import GivenCells
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.plausible import cell_flags
from napari_all_subtype.cells.quality import is_blurred
from napari_all_subtype.cells.scale import (
    checked_by_red_cells,
    pixel_size_of,
    refuse_unknown_profile,
)
from napari_all_subtype.cells.segmenter import Segmenter, find_cells
from napari_all_subtype.cells.source import ImageSource, PixelSize
from napari_all_subtype.config import AnalysisParameters, QualityParameters
from napari_all_subtype.errors import ParameterError, ParameterTypeError
from napari_all_subtype.model.classifier import Classifier
from napari_all_subtype.model.segmenters import segmenter_of
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.workflow.card_facts import facts_of
from napari_all_subtype.workflow.fab_evidence import with_fab
from napari_all_subtype.workflow.models import classifier_of
from napari_all_subtype.workflow.said import said_of, with_said

BLURRED = "blur"
SCALE_UNCERTAIN = "scale uncertain"


class Analyser:
    """Analyses any number of fields with one loaded model.

    Parameters
    ----------
    parameters : AnalysisParameters
        All that the result depends on.
    classifier : Classifier, optional
        The model; by default the one that `parameters` name.
    segmenter : Segmenter, optional
        What finds the cells; by default what `parameters` name.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError
        If the model does not exist or its files are not the recorded ones.
    ExtraMissingError
        If the segmenter that `parameters` name is not installed.
    ProfileError
        If the instrument profile that `parameters` name cannot be used.
    """

    def __init__(
        self,
        parameters: AnalysisParameters = AnalysisParameters(),
        classifier: Classifier | None = None,
        segmenter: Segmenter | None = None,
    ):
        refuse_unknown_profile(parameters.scale)
        self.segmenter = segmenter or segmenter_of(parameters)
        self.parameters = parameters
        self.classifier = classifier or classifier_of(parameters.model.model)

    def __call__(
        self,
        image: ImageSource | np.ndarray | str | Path,
        monitor: Monitor = SILENT,
        segmenter: Segmenter | None = None,
    ) -> Analysis:
        """Analysis of one field.

        Parameters
        ----------
        image : path, ndarray of shape (Y, X, 3) uint8 RGB, or ImageSource
            The field.
        monitor : Monitor
            Told of every stage; stops the work at the next step when asked.
        segmenter : Segmenter, optional
            For this field only: masks that were given belong to one image.

        Raises
        ------
        ImageReadError, NotColourError, ImageTooLargeError
            If the image cannot be used.
        Stopped
            If the monitor asked for it.
        """
        p, clock = self.parameters, Clock(monitor)
        segmenter = segmenter or self.segmenter
        with clock.stage("read"):
            source = as_source(image, p.reading)
        with clock.stage("measure scale"):
            pixel_size = pixel_size_of(source, p.scale, monitor)
            pixel_size = checked_by_red_cells(pixel_size, source, p.scale, monitor)
        with clock.stage("segment"):
            masks = find_cells(segmenter, source, pixel_size.um_per_px, monitor)
        with clock.stage("measure"):
            cells = measure(masks, pixel_size.um_per_px)
        with clock.stage("crop"):
            crops = crop_cells(
                source,
                masks,
                cells,
                pixel_size.um_per_px,
                self.classifier.crop_spec,
                monitor,
            )
        with clock.stage("classify"):
            doubt = pixel_size.relative_uncertainty
            said = said_of(crops, self.classifier, p, monitor, doubt)
        with clock.stage("measure FAB criteria"):
            taxonomy = self.classifier.taxonomy
            cells = with_said(cells, said, taxonomy)
            cells = with_fab(cells, source, masks, pixel_size, p.fab, taxonomy, monitor=monitor)
        with clock.stage("summarise"):
            flags = (*_flags(source, pixel_size, p.quality), *cell_flags(cells), *masks.flags)
        return Analysis(
            name=source.name,
            masks=masks,
            cells=cells,
            pixel_size=pixel_size,
            flags=flags,
            model=self.classifier.card.identity,
            device=self.classifier.device,
            parameters=p,
            taxonomy=self.classifier.taxonomy,
            history=(*source.history, *masks.notes),
            seconds=clock.seconds,
            segmenter=segmenter.name,
            facts=facts_of(self.classifier.card),
        )


def analyse(
    image: ImageSource | np.ndarray | str | Path,
    *,
    pixel_size_um: float | None = None,
    profile: str | None = None,
    model: str | Path | None = None,
    cells: object | None = None,
    nuclei: object | None = None,
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> Analysis:
    """Find, measure and classify every white cell of one field.

    Parameters
    ----------
    image : path, ndarray of shape (Y, X, 3) uint8 RGB, Pillow image, or ImageSource
        The field.
    pixel_size_um : float, optional
        Micrometres per pixel, 0.02–1.0. Without it the file, and then the red
        cells, are asked.
    profile : str, optional
        Name of a saved instrument profile.
    model : str or Path, optional
        Model id, or the folder of a model.
    cells : array of whole numbers, Labels layer, or path of a mask, optional
        The cells, if they are known: 0 background, one number per cell, kept as the
        row of the table. They are then not looked for.
    nuclei : the same, optional
        Their nuclei; without them, these are found in `cells` by their stain.
    parameters : AnalysisParameters
        Everything else; the arguments above overrule it.
    monitor : Monitor
        Progress and stop.

    Raises
    ------
    ImageTypeError, ImageReadError, NotColourError, ImageTooLargeError
        If the image cannot be used.
    ParameterTypeError, PixelSizeError
        If the pixel size cannot be used.
    ModelNotFoundError, ModelIntegrityError, ExtraMissingError
        If the model, or what finds the cells, cannot be used.
    MaskReadError, MaskTypeError, MaskError
        If `cells` or `nuclei` are no masks of this image.
    Stopped
        If the monitor asked for it.

    Examples
    --------
    >>> from napari_all_subtype import analyse
    >>> analysis = analyse("smear.png", pixel_size_um=0.13)  # doctest: +SKIP
    >>> analysis.cells[["subtype", "confidence"]]  # doctest: +SKIP
    """
    _refuse_types(pixel_size_um, parameters)
    values = parameters.model_dump()
    if pixel_size_um is not None or profile is not None:
        size = None if pixel_size_um is None else float(pixel_size_um)
        values["scale"] |= {"pixel_size_um": size, "profile": profile}
    if model is not None:
        values["model"]["model"] = str(model)
    whole = AnalysisParameters.of(**values)
    if cells is None and nuclei is not None:
        raise ParameterError(
            "nuclei are given without cells. Expected both, or cells alone; give cells as well."
        )
    given = None
    if cells is not None:
        called = _called(cells, "The mask"), _called(nuclei, "The mask of nuclei")
        given = GivenCells(cells, nuclei, whole.segmentation, *called)
    return Analyser(whole, segmenter=given)(image, monitor)


def _called(given: object, otherwise: str) -> str:
    """What messages call a mask: of a file its name, never its folder."""
    return f"The mask {Path(given).name}" if isinstance(given, (str, Path)) else otherwise


def _refuse_types(pixel_size_um: object, parameters: object) -> None:
    is_number = isinstance(pixel_size_um, Real) and not isinstance(pixel_size_um, bool)
    if pixel_size_um is not None and not is_number:
        raise ParameterTypeError(
            f"pixel_size_um is {type(pixel_size_um).__name__} ({pixel_size_um!r}). Expected a "
            "number, the micrometres per pixel: pixel_size_um=0.1."
        )
    if not isinstance(parameters, AnalysisParameters):
        raise ParameterTypeError(
            f"parameters is {type(parameters).__name__}. Expected AnalysisParameters; make them "
            "with AnalysisParameters.of(decision={'blast_threshold': 0.6})."
        )


class Clock:
    """Times the stages of a job and reports each to the monitor as it begins."""

    def __init__(self, monitor: Monitor):
        self.monitor = monitor
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside under `name`, in seconds."""
        checkpoint(self.monitor, Progress(name))
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


def _flags(
    source: ImageSource, pixel_size: PixelSize, quality: QualityParameters
) -> tuple[str, ...]:
    flags = []
    if is_blurred(source, pixel_size.um_per_px, quality):
        flags.append(BLURRED)
    if pixel_size.origin in ("red cells", "assumed"):
        flags.append(SCALE_UNCERTAIN)
    return tuple(flags)
