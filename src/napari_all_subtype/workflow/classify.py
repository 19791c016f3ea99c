"""Images of one centred cell each: one table of what the model says of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.cells.scale import refuse_unknown_profile
from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import OutputExistsError, Stopped
from napari_all_subtype.files import new_file
from napari_all_subtype.model.classifier import Classifier
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint, steps
from napari_all_subtype.taxonomy import FAB5, UNKNOWN, Taxonomy
from napari_all_subtype.workflow.blank_rate import blank_rate
from napari_all_subtype.workflow.card_facts import facts_of
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.lone_evidence import KeptCell, measures_of, with_evidence
from napari_all_subtype.workflow.models import classifier_of
from napari_all_subtype.workflow.outcomes import IMAGES, BatchResult, Outcome, failure_of
from napari_all_subtype.workflow.picture_scale import (
    SharedScale,
    assumed_lines,
    scale_lines,
    shared_scale,
)
from napari_all_subtype.workflow.preliminary import preliminary, with_state
from napari_all_subtype.workflow.said import as_files_have, said_of
from napari_all_subtype.workflow.scale_check import unseen_lines
from napari_all_subtype.workflow.scale_doubt import scale_doubt
from napari_all_subtype.workflow.stain_check import stain_warning
from napari_all_subtype.workflow.summarise import SUBTYPE_NOTE
from napari_all_subtype.workflow.unknown_note import judged, unknown_note


@dataclass(frozen=True)
class _Seen:
    """What is kept of one picture: its crop, the size of its pixels, where its cell lies."""

    field: Field
    crop: np.ndarray
    found: bool
    pixel_size: PixelSize
    cell: KeptCell | None


def classify_batch(
    fields: Sequence[Field],
    out: Path,
    parameters: AnalysisParameters = AnalysisParameters(),
    overwrite: bool = False,
    monitor: Monitor = SILENT,
    classifier: Classifier | None = None,
) -> BatchResult:
    """Classify images of one centred cell each and write one table, a row per image in order.

    Images of one folder and size share one ruler of red cells, as far as they do not bring a
    scale of their own: see :func:`napari_all_subtype.workflow.picture_scale.shared_scale`.

    Parameters
    ----------
    fields : sequence of Field
        One image of one cell each; cells cut out on black ground are accepted.
    out : Path
        CSV file: ``file``, probabilities, decision, the FAB evidence of blasts (where the
        classes are those of FAB), whether a cell was recognised
        (else the probabilities are of the middle of the image, and the word is
        *unknown*), pixel size with origin and uncertainty, model, and that the result
        is preliminary. The row of an image that failed has its name and empty
        values. Without any row that worked nothing is written.
    classifier : Classifier, optional
        The model; by default the one that `parameters` name.

    Raises
    ------
    OutputExistsError, OutputError
        If `out` is there already or cannot be written.
    ModelNotFoundError, ModelIntegrityError, ProfileError
        If the model or the instrument profile cannot be used.
    Stopped
        If asked for; no file is written.
    """
    if os.path.exists(out) and not overwrite:
        raise OutputExistsError(f"{out.name} is there already. Say --overwrite to replace it.")
    refuse_unknown_profile(parameters.scale)
    classifier = classifier or classifier_of(parameters.model.model)
    shared = shared_scale(fields, parameters, monitor)
    cells, outcomes = [], []
    for n, field in enumerate(fields):
        checkpoint(monitor, Progress(IMAGES, n, len(fields)))
        try:
            one = _cell_of(field, parameters, classifier, shared, monitor)
            cells.append(one)
            outcomes.append(Outcome(field, cell_found=one.found))
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            outcomes.append(failure_of(field, error))
    sizes = [one.pixel_size for one in cells]
    facts = facts_of(classifier.card)
    notes = scale_lines(sizes) + unseen_lines(sizes, facts.um_per_px)
    if cells:
        rows = _table(outcomes, cells, classifier, parameters, monitor)
        with new_file(out, overwrite) as partial:
            write_csv(rows, partial)
        found = rows[rows["cell_found"].eq(True)]
        errors = found["um_relative_uncertainty"].to_numpy(float)
        doubt = scale_doubt(found, errors, parameters.decision.blast_threshold)
        notes = [*_counts(found, classifier.taxonomy, facts, parameters), *notes]
        notes += ["" if doubt is None else doubt.text, stain_warning(found, facts.stain)]
    monitor.report(Progress(IMAGES, len(fields), len(fields)))
    return BatchResult(
        tuple(outcomes),
        (),
        notes=tuple(note for note in notes if note),
        warnings=tuple(assumed_lines(sizes)),
        subtype_note=SUBTYPE_NOTE if classifier.taxonomy.children("blast") else "",
    )


def _counts(
    found: pd.DataFrame, taxonomy: Taxonomy, facts: ModelFacts, parameters: AnalysisParameters
) -> list[str]:
    """How many cells are of each class, and the model's own rate of blasts where there are none."""
    counts = found["subtype"].value_counts()
    each = [f"{one.title} {counts.get(one.name, 0)}" for one in (*taxonomy.classes, UNKNOWN)]
    told = [f"{len(found)} cells: {', '.join(each)}.", unknown_note(found, outlined=False)]
    if taxonomy.blasts:
        n_blasts = int(found["subtype"].isin(taxonomy.family("blast")).sum())
        threshold = parameters.decision.blast_threshold
        rate = blank_rate(facts, int(judged(found).sum()), threshold, n_blasts)
        told += [rate.text] if rate else []
    return told


def _cell_of(
    field: Field,
    parameters: AnalysisParameters,
    classifier: Classifier,
    shared: SharedScale,
    monitor: Monitor,
) -> _Seen:
    source = as_source(field.path, parameters.reading, dark_ground=True)
    pixel_size = shared.size_of(field, source, parameters, monitor)
    spec, um_per_px = classifier.crop_spec, pixel_size.um_per_px
    cell = crop_single_cell(source.read(), um_per_px, spec, parameters.segmentation)
    return _Seen(field, cell.crop, cell.found, pixel_size, KeptCell.of(cell))


def _measures(
    cells: Sequence[_Seen], blasts: np.ndarray, parameters: AnalysisParameters, monitor: Monitor
) -> dict[int, pd.DataFrame | str]:
    """The FAB criteria of the cells called blast, or why there are none; others need none."""
    wanted = [k for k in np.flatnonzero(blasts).tolist() if cells[k].cell is not None]
    measures: dict[int, pd.DataFrame | str] = {}
    for k in steps(wanted, "measure FAB criteria", monitor):
        one = cells[k]
        try:
            pixels = as_source(one.field.path, parameters.reading, dark_ground=True).read()
            measures[k] = measures_of(pixels, one.cell, one.pixel_size, parameters.fab)
        except Stopped:
            raise
        except Exception as error:  # the class of the cell stands without them
            measures[k] = failure_of(one.field, error).error
    return measures


def _table(
    outcomes: Sequence[Outcome],
    cells: Sequence[_Seen],
    classifier: Classifier,
    parameters: AnalysisParameters,
    monitor: Monitor,
) -> pd.DataFrame:
    """One row per outcome; `cells`, at least one, are those of the outcomes without an error."""
    crops = np.stack([one.crop for one in cells])
    sizes = [one.pixel_size for one in cells]
    doubt = np.array([size.relative_uncertainty for size in sizes])
    said = said_of(crops, classifier, parameters, monitor, doubt)
    found = np.array([one.found for one in cells], bool)
    said.loc[~found, ["subtype", "best_guess"]] = UNKNOWN.name
    if classifier.taxonomy == FAB5:
        blasts = said["subtype"].isin(FAB5.family("blast")).to_numpy(bool)
        measures = _measures(cells, blasts, parameters, monitor)
        said = with_evidence(said, measures, parameters.fab)
    said["cell_found"] = found
    said["um_per_px"] = [size.um_per_px for size in sizes]
    said["pixel_size_origin"] = [size.origin for size in sizes]
    said["pixel_size_note"] = [size.note for size in sizes]
    said["um_relative_uncertainty"] = doubt
    said["model"] = classifier.card.identity
    said = as_files_have(with_state(said, preliminary(len(cells))), classifier.taxonomy)
    worked = [n for n, outcome in enumerate(outcomes) if not outcome.error]
    said = said.set_axis(worked, axis=0).reindex(range(len(outcomes)))
    said.insert(0, "file", [outcome.field.name for outcome in outcomes])
    return said
