"""One ruler for a smear: the red cells of several fields measured together.

A field with few separate red cells makes a poor ruler; the fields of a smear
come from one instrument and can share one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.scale import pixel_sizes_of
from napari_all_subtype.cells.source import ImageSource, PixelSize, pixel_digest
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.progress import SILENT, Monitor, steps

log = logging.getLogger(__name__)

MAX_FIELDS = 8

SmearScale = Mapping[tuple[int, int], PixelSize]


def scale_of_smear(
    paths: Sequence[Path], parameters: AnalysisParameters, monitor: Monitor = SILENT
) -> SmearScale:
    """Pixel size by image shape (Y, X), from up to eight evenly chosen fields.

    Empty where it is not needed: a single field, or a size that a person gave.
    Fields that cannot be read are passed over; their own analysis reports them.
    Of fields with the same pixels one is measured.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    given = parameters.scale.pixel_size_um or parameters.scale.profile
    if len(paths) < 2 or given:
        return {}
    chosen = np.unique(np.linspace(0, len(paths) - 1, MAX_FIELDS).round().astype(int))
    sources: dict[str, ImageSource] = {}
    for at in steps(chosen.tolist(), "measure scale", monitor):
        try:
            source = as_source(paths[at], parameters.reading)
        except Stopped:
            raise
        except Exception as error:  # its own analysis reports it
            log.debug("no ruler from field %d: %s", at, type(error).__name__)
            continue
        if source.pixel_size is None:
            # The same picture twice would feign more red cells than there are.
            sources.setdefault(pixel_digest(source), source)
    sizes = pixel_sizes_of(list(sources.values()), parameters.scale, monitor)
    return {source.shape: size for source, size in zip(sources.values(), sizes, strict=True)}


def with_scale(source: ImageSource, scale: SmearScale) -> ImageSource:
    """`source` with the smear's pixel size, unless it has a trustworthy one of its own."""
    if source.pixel_size is not None or source.shape not in scale or not is_dataclass(source):
        return source
    return replace(source, pixel_size=scale[source.shape])
