"""Many images, one after the other: one that fails is recorded and the others are done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.quality import overlapping_fields
from napari_all_subtype.cells.source import ArraySource, ImageSource
from napari_all_subtype.config import AnalysisParameters, QualityParameters
from napari_all_subtype.errors import OutputExistsError, Stopped
from napari_all_subtype.files import write_json
from napari_all_subtype.model.classifier import Classifier
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.analyse import Analyser
from napari_all_subtype.workflow.export import write_analysis
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.outcomes import IMAGES, BatchResult, Outcome, failure_of
from napari_all_subtype.workflow.smear_scale import SmearScale, scale_of_smear, with_scale
from napari_all_subtype.workflow.summarise import FieldCells, Summary, summarise

BATCH_FILE = "batch.json"
OVERVIEW_SIDE_PX = 1024


def analyse_batch(
    fields: Sequence[Field],
    out: Path,
    parameters: AnalysisParameters = AnalysisParameters(),
    overwrite: bool = False,
    monitor: Monitor = SILENT,
    classifier: Classifier | None = None,
) -> BatchResult:
    """Analyse `fields` and write a result folder for each, and ``batch.json``, into `out`.

    Parameters
    ----------
    fields : sequence of Field
        See :func:`napari_all_subtype.workflow.inputs.name_fields`.
    out : Path
        Folder of the results; made if absent.
    parameters : AnalysisParameters
        The same for all.
    overwrite : bool
        Replace results that are there; otherwise they are refused before any work.
    monitor : Monitor
        Counts images.
    classifier : Classifier, optional
        The model; by default the one that `parameters` name.

    Raises
    ------
    OutputExistsError, OutputError
        If results are there already, or nothing can be written.
    ModelNotFoundError, ModelIntegrityError
        If the model cannot be used.
    Stopped
        If asked for; finished folders and a ``batch.json`` that names them stay.
    """
    _refuse_existing(fields, out, overwrite)
    analyser = Analyser(parameters, classifier)
    write_json(out / BATCH_FILE, {"state": "running", "notice": RESEARCH_USE_ONLY}, True)
    outcomes: list[Outcome] = []
    overviews: dict[str, ArraySource] = {}
    scales: dict[str, SmearScale] = {}
    state = "stopped"
    try:
        for n, field in enumerate(fields):
            checkpoint(monitor, Progress(IMAGES, n, len(fields)))
            if field.smear not in scales:
                members = [f.path for f in fields if f.smear == field.smear]
                scales[field.smear] = scale_of_smear(members, parameters, monitor)
            scale = scales[field.smear]
            outcomes.append(
                _analyse_one(field, analyser, scale, out, overwrite, monitor, overviews)
            )
        state = "complete"
    finally:
        smears = _smears(outcomes, overviews, parameters.quality)
        _write_batch(out, state, outcomes, smears)
    monitor.report(Progress(IMAGES, len(fields), len(fields)))
    return BatchResult(tuple(outcomes), smears)


def _refuse_existing(fields: Sequence[Field], out: Path, overwrite: bool) -> None:
    there = [name for name in (BATCH_FILE, *(f.folder for f in fields)) if (out / name).exists()]
    if there and not overwrite:
        raise OutputExistsError(
            f"{out.name} holds results already ({there[0]}). "
            "Choose another --out or say --overwrite."
        )


def _analyse_one(
    field: Field,
    analyser: Analyser,
    scale: SmearScale,
    out: Path,
    overwrite: bool,
    monitor: Monitor,
    overviews: dict[str, ArraySource],
) -> Outcome:
    try:
        source = with_scale(as_source(field.path, analyser.parameters.reading), scale)
        analysis = replace(analyser(source, monitor), name=field.name)
        write_analysis(analysis, source, out / field.folder, overwrite)
        overviews[field.folder] = _overview(source)
    except Stopped:
        raise
    except Exception as error:  # the edge: recorded, and the others go on
        return failure_of(field, error)
    return Outcome(field, FieldCells.of(analysis))


def _overview(source: ImageSource) -> ArraySource:
    """The field made small by a power of two, to look for overlaps when all are done."""
    halvings = max(0, math.ceil(math.log2(max(source.shape) / OVERVIEW_SIDE_PX)))
    level = source.read()
    for _ in range(halvings):
        level = cv2.resize(level, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return ArraySource(level, source.name)


def _smears(
    outcomes: Sequence[Outcome], overviews: dict[str, ArraySource], quality: QualityParameters
) -> tuple[Summary, ...]:
    done: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.cells is not None:
            done.setdefault(outcome.field.smear, []).append(outcome)
    return tuple(
        summarise(_flag_overlaps(members, overviews, quality), smear)
        for smear, members in done.items()
    )


def _flag_overlaps(
    members: Sequence[Outcome], overviews: dict[str, ArraySource], quality: QualityParameters
) -> list[FieldCells]:
    """Cells of the fields of one smear; a field that shows part of an earlier one says so."""
    fields = [member.cells for member in members]
    pictures = [overviews[member.field.folder] for member in members]
    for pair in overlapping_fields(pictures, quality):
        again, before = fields[pair.second], fields[pair.first]
        flags = (*again.flags, f"overlaps {before.name}")
        fields[pair.second] = replace(again, flags=flags)
    return fields


def _write_batch(
    out: Path, state: str, outcomes: Sequence[Outcome], smears: Sequence[Summary]
) -> None:
    images = [
        {
            "file": outcome.field.name,
            "folder": outcome.field.folder if not outcome.error else None,
            "smear": outcome.field.smear,
            "smear_assumed_from": "images in one folder",
            "cells": len(outcome.cells.cells) if outcome.cells is not None else None,
            "error": outcome.error or None,
        }
        for outcome in outcomes
    ]
    content = {
        "state": state,
        "images": images,
        "smears": [smear.model_dump(mode="json") for smear in smears],
        "notice": RESEARCH_USE_ONLY,
    }
    write_json(out / BATCH_FILE, content, overwrite=True)
