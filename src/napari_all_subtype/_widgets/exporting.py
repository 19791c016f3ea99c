"""Writes the results of the window with the same code as the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.workflow.export import write_analysis
from napari_all_subtype.workflow.inputs import unique


def export_fields(
    fields: Sequence[SmearField],
    pixels: Sequence[np.ndarray | None],
    folder: Path,
    reading: ReadingParameters,
) -> list[Path]:
    """One result folder per analysed field in `folder`; gives them back.

    Parameters
    ----------
    fields : sequence of SmearField
        Each with a result.
    pixels : sequence of ndarray or None
        Of the fields that are layers.

    Raises
    ------
    OutputExistsError, OutputError
        If results are there already or cannot be written.
    """
    written = []
    for field, array, name in zip(
        fields, pixels, unique(Path(field.name).stem for field in fields), strict=True
    ):
        image = field.path if array is None else array
        source = as_source(image, reading, name=field.name)
        written.append(write_analysis(field.result.unpack(), source, folder / name))
    return written
