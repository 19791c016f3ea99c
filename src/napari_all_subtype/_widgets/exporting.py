"""Writes the results of the window: the same files as the command line, with the same code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError, OutputExistsError
from napari_all_subtype.workflow.batch import BATCH_FILE, smears_of, write_batch
from napari_all_subtype.workflow.export import write_analysis
from napari_all_subtype.workflow.inputs import Field, name_fields, readable
from napari_all_subtype.workflow.outcomes import Outcome, failure_of
from napari_all_subtype.workflow.result_state import ResultState
from napari_all_subtype.workflow.summarise import FieldCells


def export_fields(
    fields: Sequence[SmearField],
    pixels: Sequence[np.ndarray | None],
    folder: Path,
    reading: ReadingParameters,
    result: ResultState | None = None,
) -> int:
    """Write a result folder per analysed field, and ``batch.json``; gives the number of fields.

    Parameters
    ----------
    fields : sequence of SmearField
        The smear; a field without result and error was not reached by a stopped run.
    pixels : sequence of ndarray or None
        Of the fields that are layers.
    result : ResultState, optional
        How final the result is, where the fields are of a project; by default preliminary.

    Raises
    ------
    OutputExistsError, OutputError
        If results are there already or cannot be written.
    """
    outputs = name_fields(
        [field.path or Path(field.name) for field in fields],
        [readable(field.name) for field in fields],
    )
    _refuse_existing(outputs, folder)
    outcomes = []
    for field, array, output in zip(fields, pixels, outputs, strict=True):
        if field.result:
            outcomes.append(_written(field, array, output, folder / output.folder, reading, result))
        elif field.error:
            outcomes.append(failure_of(output, AllSubtypeError(field.error)))
    state = "complete" if len(outcomes) == len(fields) else "stopped"
    write_batch(folder, state, outcomes, smears_of(outcomes), result)
    return sum(field.result is not None for field in fields)


def _written(
    field: SmearField,
    array: np.ndarray | None,
    output: Field,
    folder: Path,
    reading: ReadingParameters,
    result: ResultState | None,
) -> Outcome:
    source = as_source(field.path if array is None else array, reading, name=output.name)
    analysis = replace(field.result.unpack(), name=output.name)
    write_analysis(analysis, source, folder, state=result)
    return Outcome(output, FieldCells.of(analysis), same_as=field.same_as)


def _refuse_existing(outputs: Sequence[Field], folder: Path) -> None:
    there = [n for n in (BATCH_FILE, *(o.folder for o in outputs)) if (folder / n).exists()]
    if there:
        raise OutputExistsError(
            f"{folder.name} holds results already ({there[0]}). Choose another folder."
        )
