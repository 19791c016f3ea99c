"""Many images, one after the other: one that fails is recorded and the others are done."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import OutputError, OutputExistsError, Stopped
from napari_all_subtype.files import new_file, write_json
from napari_all_subtype.model.classifier import Classifier
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.analyse import Analyser
from napari_all_subtype.workflow.export import SUMMARY_FILE, write_analysis, write_compared
from napari_all_subtype.workflow.given_masks import segmenter_for
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.outcomes import IMAGES, BatchResult, Outcome, failure_of
from napari_all_subtype.workflow.overlaps import SmearOverviews, same_picture
from napari_all_subtype.workflow.preliminary import state_of, told_of
from napari_all_subtype.workflow.result_state import ResultState
from napari_all_subtype.workflow.smear_ruler import compared_in_smear
from napari_all_subtype.workflow.smear_scale import SmearScale, scale_of_smear, with_scale
from napari_all_subtype.workflow.summarise import FieldCells, Summary, summarise

log = logging.getLogger(__name__)

BATCH_FILE = "batch.json"


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
        Folders of an earlier run that this one does not write stay, and are named.
    monitor : Monitor
        Counts images.
    classifier : Classifier, optional
        The model; by default the one that `parameters` name.

    Raises
    ------
    OutputExistsError, OutputError
        If results are there already, or nothing can be written.
    ModelNotFoundError, ModelIntegrityError, ProfileError
        If the model or the instrument profile cannot be used.
    Stopped
        If asked for; finished folders and a ``batch.json`` that names them stay.
    """
    _refuse_existing(fields, out, overwrite)
    analyser = Analyser(parameters, classifier)
    earlier = _earlier(out)
    write_json(out / BATCH_FILE, {"state": "running", "notice": RESEARCH_USE_ONLY}, True)
    outcomes: list[Outcome] = []
    overviews: dict[str, SmearOverviews] = {}
    overlaps: dict[str, tuple[str, ...]] = {}
    state = "stopped"
    try:
        for outcome in _outcomes(fields, analyser, out, overwrite, monitor, overviews):
            outcomes.append(outcome)
        for smear in overviews.values():
            overlaps |= smear.flags(parameters.quality, monitor)
        state = "complete"
    finally:
        outcomes = _compared(outcomes, out)
        outcomes = [_flagged(outcome, overlaps, out) for outcome in outcomes]
        smears = smears_of(outcomes)
        if smears:
            write_batch(out, state, outcomes, smears)
        else:
            _leave_as_before(out, earlier)
    monitor.report(Progress(IMAGES, len(fields), len(fields)))
    return BatchResult(tuple(outcomes), smears, _left_over(out, outcomes))


def _outcomes(
    fields: Sequence[Field],
    analyser: Analyser,
    out: Path,
    overwrite: bool,
    monitor: Monitor,
    overviews: dict[str, SmearOverviews],
) -> Iterator[Outcome]:
    """Analyse one field after the other; `overviews` is filled on the way."""
    scales: dict[str, SmearScale] = {}
    for n, field in enumerate(fields):
        checkpoint(monitor, Progress(IMAGES, n, len(fields)))
        if field.smear not in scales:
            members = [f.path for f in fields if f.smear == field.smear]
            scales[field.smear] = scale_of_smear(members, analyser.parameters, monitor)
        try:
            source = as_source(field.path, analyser.parameters.reading)
            source = with_scale(source, scales[field.smear])
            segmenter = segmenter_for(field, analyser.parameters)
            analysis = replace(analyser(source, monitor, segmenter), name=field.name)
            write_analysis(analysis, source, out / field.folder, overwrite)
            smear = overviews.setdefault(field.smear, SmearOverviews())
            same_as = smear.add(field.folder, field.name, source)
            yield Outcome(field, FieldCells.of(analysis), same_as=same_as)
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            yield failure_of(field, error)


def _refuse_existing(fields: Sequence[Field], out: Path, overwrite: bool) -> None:
    there = [name for name in (BATCH_FILE, *(f.folder for f in fields)) if (out / name).exists()]
    if there and not overwrite:
        raise OutputExistsError(
            f"{out.name} holds results already ({there[0]}). "
            "Choose another --out or say --overwrite."
        )


def _earlier(out: Path) -> bytes | None:
    """What an earlier run said of itself."""
    try:
        return (out / BATCH_FILE).read_bytes()
    except OSError:
        return None


def _leave_as_before(out: Path, earlier: bytes | None) -> None:
    """Without any result no file stays that would stand in the way of the next try."""
    if earlier is None:
        (out / BATCH_FILE).unlink(missing_ok=True)
        with suppress(OSError):
            out.rmdir()
        return
    with suppress(OutputError), new_file(out / BATCH_FILE, overwrite=True) as partial:
        partial.write_bytes(earlier)


def _left_over(out: Path, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Result folders in `out` that an earlier run wrote and this one did not replace."""
    written = {outcome.field.folder for outcome in outcomes if not outcome.error}
    there = {path.parent.name for path in out.glob(f"*/{SUMMARY_FILE}")}
    return tuple(sorted(there - written))


def _compared(outcomes: Sequence[Outcome], out: Path) -> list[Outcome]:
    """`outcomes` whose blasts are compared with the ruler of their smear, in their files too."""
    result = list(outcomes)
    for members in _smears(outcomes).values():
        counted = [n for n in members if not outcomes[n].same_as]
        repeated = [n for n in members if outcomes[n].same_as]
        fields = compared_in_smear(*([outcomes[n].cells for n in p] for p in (counted, repeated)))
        for n, field in zip((*counted, *repeated), fields, strict=True):
            result[n] = _rewritten(outcomes[n], field, out)
    return result


def _rewritten(outcome: Outcome, field: FieldCells, out: Path) -> Outcome:
    if field.cells is not outcome.cells.cells:
        try:
            write_compared(field, out / outcome.field.folder)
        except OutputError as error:
            # Its files and its cells stay as they were, and the smear tells of two rulers.
            log.warning("%s keeps a ruler of its own: %s", outcome.field.folder, error)
            return outcome
    return replace(outcome, cells=field)


def _smears(outcomes: Sequence[Outcome]) -> dict[str, list[int]]:
    """Which of `outcomes` that worked belong to each smear."""
    done: dict[str, list[int]] = {}
    for n, outcome in enumerate(outcomes):
        if outcome.cells is not None:
            done.setdefault(outcome.field.smear, []).append(n)
    return done


def _flagged(outcome: Outcome, overlaps: dict[str, tuple[str, ...]], out: Path) -> Outcome:
    """`outcome` with the overlaps found since, in its own summary as well."""
    more = overlaps.get(outcome.field.folder, ())
    if outcome.same_as:
        more = (same_picture(outcome.same_as),)
    if outcome.cells is None or not more:
        return outcome
    cells = replace(outcome.cells, flags=(*outcome.cells.flags, *more))
    path = out / outcome.field.folder / SUMMARY_FILE
    summary = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, summary | {"flags": {cells.name: list(cells.flags)}}, overwrite=True)
    return replace(outcome, cells=cells)


def smears_of(outcomes: Sequence[Outcome]) -> tuple[Summary, ...]:
    """One summary per smear of which anything worked; the same picture counts once."""
    return tuple(
        summarise(
            [outcomes[n].cells for n in members if not outcomes[n].same_as],
            smear,
            repeated=[outcomes[n].cells for n in members if outcomes[n].same_as],
        )
        for smear, members in _smears(outcomes).items()
    )


def write_batch(
    out: Path,
    state: str,
    outcomes: Sequence[Outcome],
    smears: Sequence[Summary],
    result: ResultState | None = None,
) -> None:
    """Write ``batch.json`` into `out`: what became of each image, and the smears.

    Parameters
    ----------
    state : str
        ``complete``, or ``stopped`` where images are left out.
    result : ResultState, optional
        How final the smears are; by default preliminary.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    images = [
        {
            "file": outcome.field.name,
            "folder": outcome.field.folder if not outcome.error else None,
            "smear": outcome.field.smear,
            "smear_assumed_from": "images in one folder",
            "cells": len(outcome.cells.cells) if outcome.cells is not None else None,
            "segmenter": outcome.cells.segmenter if outcome.cells is not None else None,
            "same_picture_as": outcome.same_as or None,
            "error": outcome.error or None,
        }
        for outcome in outcomes
    ]
    content = {
        "state": state,
        "images": images,
        "smears": [
            smear.model_dump(mode="json") | told_of(result or state_of(smear)) for smear in smears
        ],
        "notice": RESEARCH_USE_ONLY,
    }
    write_json(out / BATCH_FILE, content, overwrite=True)
