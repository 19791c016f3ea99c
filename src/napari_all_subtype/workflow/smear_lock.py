"""Locking the result of a smear: what goes into the version that nobody can change."""

from __future__ import annotations

import json
from collections.abc import Sequence

from napari_all_subtype.cells import table
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.locks import Lock, begin_amendment, lock, refuse_locked
from napari_all_subtype.project.lost_files import refuse_lost
from napari_all_subtype.project.mask_edits import edits_of
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.workflow.kept_cells import KeptCells, kept_cells, refuse_unknown_slide
from napari_all_subtype.workflow.provenance import made_now, provenance
from napari_all_subtype.workflow.result_state import result_state
from napari_all_subtype.workflow.summarise import summarise


def lock_smear(database: Database, reader_id: int, slide_id: int) -> Lock:
    """The new version of a slide's result: what was found, what was said, and what it adds up to.

    Raises
    ------
    LockedError
        If it is locked already.
    RecordError
        If there is no such slide or reader, or nothing has been found or said there yet.
    ProjectDamagedError
        If a file of it is gone, or a table of its cells is damaged.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    refuse_unknown_slide(database, slide_id)
    # Nobody says a word between what is read here and its lock.
    with database.transaction():
        refuse_locked(database, slide_id)
        refuse_lost(database, slide_id)
        return lock(database, reader_id, slide_id, result_of(database, slide_id))


def amend_smear(database: Database, reader_id: int, slide_id: int, reason: str) -> None:
    """Let a locked smear be changed again; raises as `locks.begin_amendment` does."""
    refuse_unknown_slide(database, slide_id)
    begin_amendment(database, reader_id, slide_id, reason)


def result_of(database: Database, slide_id: int) -> dict[str, object]:
    """All that a reader signs for, ready for JSON and without a person's name.

    Returns
    -------
    dict
        ``n_cells``, ``n_reviewed``, ``models``, ``summary`` (as files have it, None without an
        analysis), ``fields`` (pixels, masks, edits, settings and a row per cell) and ``words``
        (of pictures that were never analysed, and orphaned ones, too).

    Raises
    ------
    RecordError
        If nothing has been found or said yet.
    ProjectDamagedError
        If a table is missing or damaged.
    """
    fields, state = kept_cells(database, slide_id), result_state(database, slide_id)
    stands = [
        one for field in fields_of(database, slide_id) for one in standing(database, field.field_id)
    ]
    if not fields and not stands:
        raise RecordError(
            f"Slide {slide_id} holds nothing to lock: analyse its fields, or say what its cells "
            "are, first."
        )
    return {
        **{name: value for name, value in made_now().items() if name != "created"},
        "n_cells": state.n_cells,
        "n_reviewed": state.n_reviewed,
        "models": sorted({one.analysis.model for one in fields}),
        "summary": _summary(fields, slide_id),
        "fields": [_field(database, one) for one in fields],
        "words": [_word(one) for one in stands],
    }


def _summary(fields: Sequence[KeptCells], slide_id: int) -> dict[str, object] | None:
    # Models with other classes cannot be added up.
    if not fields or len({one.analysis.taxonomy for one in fields}) > 1:
        return None
    summary = summarise([one.counted for one in fields], f"slide {slide_id}")
    return json.loads(summary.model_dump_json())


def _field(database: Database, one: KeptCells) -> dict[str, object]:
    told = {k: v for k, v in provenance(one.analysis).items() if k not in ("created", "seconds")}
    cells = table.present(one.analysis.cells)
    columns = ["centroid_y_px", "centroid_x_px", "area_px", "subtype", "confidence"]
    rows = cells.reindex(columns=columns).astype(object).where(cells[columns].notna(), None)
    return {
        "field": one.field.field_id,
        "pixels_sha256": one.field.sha256,
        "masks": one.made.masks,
        "table": one.made.cell_table,
        "edits": [edit.edit_id for edit in edits_of(database, one.field.field_id)],
        **{name: told[name] for name in ("segmenter", "model", "device", "pixel_size")},
        "parameters": json.loads(json.dumps(told["parameters"])),
        "columns": ["label", *columns],
        "cells": [[int(label), *map(_plain, row)] for label, *row in rows.itertuples(name=None)],
    }


def _word(one: Standing) -> list[object]:
    """Field, label, place, word, reader and time of an annotation."""
    said = one.annotation
    y, x = one.centroid_yx_px
    place = [said.seen.field_id, one.label, round(y, 2), round(x, 2)]
    return [*place, one.word.taxonomy, one.word.name, said.reader_id, said.at_utc]


def _plain(value: object) -> object:
    """A number as JSON has it: six digits tell all there is to a float32."""
    if value is None or isinstance(value, str):
        return value
    return float(f"{float(value):.6g}")
