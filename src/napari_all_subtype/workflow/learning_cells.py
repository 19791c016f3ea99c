"""The cells of a project with their crops: those that people named, and those that nobody has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from napari_all_subtype.amounts import amount
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import TooFewCellsError
from napari_all_subtype.learning.familiar import shows_a_cell
from napari_all_subtype.progress import Monitor, steps
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.records import Field
from napari_all_subtype.project.smears import fields_of, slides_of
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.project_crops import cut_field, in_shape, kept_crop, with_errors

CUT = "cut cells"
_LABELS = 1_000_000  # more than a field has


@dataclass(frozen=True)
class FoundCells:
    """Cells with their crops: what they are, in which field."""

    cells: tuple
    fields: tuple[int, ...]
    crops: np.ndarray


def place_of(unlabelled_id: int) -> tuple[int, int]:
    """Number of the field and label of an unlabelled cell.

    Examples
    --------
    >>> place_of(17_000_003)
    (17, 3)
    """
    return divmod(int(unlabelled_id), _LABELS)


def cases_of_fields(database: Database) -> dict[int, str]:
    """Case of each field."""
    slides = {slide.slide_id: slide.case_id for slide in slides_of(database)}
    return {field.field_id: slides[field.slide_id] for field in fields_of(database)}


def labelled_cells(
    database: Database, taxonomy: Taxonomy, spec: CropSpec, monitor: Monitor
) -> tuple[FoundCells, list[str]]:
    """Cells that people named in this taxonomy, with their crops."""
    stands = standing(database)
    mine = [one for one in stands if one.word.taxonomy == taxonomy.name]
    foreign = sum(bool(one.word.taxonomy) for one in stands) - len(mine)
    crops: dict[int, np.ndarray] = {}
    missing: dict[int, list[Standing]] = {}
    for one in steps(mine, CUT, monitor):
        crop = kept_crop(database, one.annotation.seen.crop, spec)
        if crop is not None:
            crops[one.annotation.marked_id] = crop
        elif one.label is not None:
            missing.setdefault(one.annotation.seen.field_id, []).append(one)
    fields = [field for field in fields_of(database) if field.field_id in missing]
    why = ""

    def cutter(field: Field):
        return cut_field(database, field, [one.label for one in missing[field.field_id]], spec)

    for field, found, error in with_errors(list(steps(fields, CUT, monitor)), cutter):
        why = why or error
        if found is not None:
            by_label = dict(zip(found.labels, found.crops, strict=True))
            for one in missing[field.field_id]:
                if one.label in by_label:
                    crops[one.annotation.marked_id] = by_label[one.label]
    there = [one for one in mine if one.annotation.marked_id in crops]
    notes = _notes(len(mine) - len(there), foreign, why)
    if mine and not there:
        raise TooFewCellsError(f"None of the {len(mine)} labelled cells has a crop. {why}")
    places = tuple(one.annotation.seen.field_id for one in there)
    pictures = in_shape([crops[one.annotation.marked_id] for one in there], spec)
    return FoundCells(tuple(there), places, pictures), notes


def _notes(lost: int, foreign: int, why: str) -> list[str]:
    notes = []
    if lost:
        are, take = ("cell has", "takes") if lost == 1 else ("cells have", "take")
        notes.append(f"{lost} labelled {are} no crop and {take} no part. {why}".strip())
    if foreign:
        words = amount(foreign, "word of another taxonomy takes", "words of other taxonomies take")
        notes.append(f"{words} no part.")
    return notes


def nameless_cells(
    database: Database, spec: CropSpec, monitor: Monitor
) -> tuple[FoundCells, list[str]]:
    """Cells that nobody has said anything of, with their crops."""
    named: dict[int, set[int]] = {}
    for one in standing(database):
        if one.label is not None:
            named.setdefault(one.annotation.seen.field_id, set()).add(one.label)
    ids, crops, failed = [], [], Counter()

    def cutter(field: Field):
        return cut_field(database, field, _unnamed(database, field, named), spec)

    fields = [f for f in fields_of(database) if _unnamed(database, f, named)]
    for field, found, error in with_errors(list(steps(fields, CUT, monitor)), cutter):
        if found is None:
            failed[error] += 1
            continue
        ids += [field.field_id * _LABELS + label for label in found.labels]
        crops += list(found.crops)
    pictures = in_shape(crops, spec)
    there = shows_a_cell(pictures)
    notes = [f"{failed.total()} images take no part. {next(iter(failed))}"] if failed else []
    if (~there).any():
        n = int((~there).sum())
        told = amount(n, "unlabelled picture shows", "unlabelled pictures show")
        notes.append(f"{told} no cell and {'take' if n > 1 else 'takes'} no part.")
    kept = tuple(one for one, good in zip(ids, there, strict=True) if good)
    return FoundCells(kept, tuple(place_of(one)[0] for one in kept), pictures[there]), notes


def _unnamed(database: Database, field: Field, named: Mapping[int, set[int]]) -> list[int]:
    labels = [
        row["label"]
        for row in database.rows(
            "SELECT label FROM cells WHERE field_id = ? ORDER BY label", (field.field_id,)
        )
    ]
    return [label for label in labels if label not in named.get(field.field_id, ())]
