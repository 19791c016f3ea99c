"""What a project holds: its smears in a table, and how far each was read."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from napari_all_subtype.amounts import amount
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.locks import state_of
from napari_all_subtype.project.lost_files import lost_of
from napari_all_subtype.project.packets import packet_facts
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import fields_of, path_of, slides_of
from napari_all_subtype.project.versions import damage_of
from napari_all_subtype.workflow.result_state import DAMAGED

COLUMNS = (
    "slide",
    "case",
    "specimen",
    "fields",
    "missing_files",
    "cells",
    "annotated",
    "orphaned",
    "state",
)


def status_of(database: Database) -> pd.DataFrame:
    """One row per slide.

    Returns
    -------
    pandas.DataFrame
        ``slide``, ``case`` (pseudonym), ``specimen``, ``fields``, ``missing_files`` (fields
        whose image is not where it was), ``cells`` (found), ``annotated`` (words on a
        cell) and ``orphaned`` (words whose cell was lost), ``state`` of the result, which is
        ``damaged`` where a locked version is not what was locked.
    """
    with database.snapshot():
        rows, places = _rows(database), _places(database)
    # A network share may take its time: nobody's writing waits for it.
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["missing_files"] = [
        sum(not os.path.isfile(path) for path in places.get(slide, ())) for slide in table["slide"]
    ]
    return table


def status_lines(database: Database) -> list[str]:
    """The same as lines of text for a terminal, with what is to be done next."""
    table = status_of(database)
    lines = [*database.notes, *_packet_lines(database)]
    if table.empty:
        return [*lines, "The project is empty. Add images: napari-all-subtype project add --help"]
    readers = ", ".join(reader.name for reader in readers_of(database)) or "none yet"
    totals = table[["fields", "cells", "annotated", "orphaned"]].sum()
    orphans = f", {totals['orphaned']} orphaned" if totals["orphaned"] else ""
    lines += [
        f"{amount(len(table), 'slide')} of {amount(table['case'].nunique(), 'case')}, "
        f"{amount(totals['fields'], 'field')}, {amount(totals['cells'], 'cell')} found, "
        f"{totals['annotated']} annotated{orphans}; readers: {readers}",
        table.to_string(index=False),
    ]
    if missing := table["missing_files"].sum():
        lines.append(
            f"Not where they were: {amount(missing, 'image')}. Add them again from where they are "
            "now: they are known by their pixels."
        )
    return lines


def _packet_lines(database: Database) -> list[str]:
    facts = packet_facts(database)
    if facts is None:
        return []
    reader = f" by {facts.reader}" if facts.reader else ""
    hidden = ", without what a model said" if facts.model_hidden else ""
    return [f"A packet of {facts.made_utc[:10]}, to be read blind{reader}{hidden}."]


def damages(database: Database) -> list[str]:
    """A line for each smear that is not what was locked, or of which files are gone."""
    slides = [slide.slide_id for slide in slides_of(database)]
    told = (tell(database, slide) for slide in slides for tell in (damage_of, lost_of))
    return [line for line in told if line]


def _rows(database: Database) -> list[tuple[object, ...]]:
    """A row per slide; the missing files are not counted yet."""
    said: dict[int, list[Standing]] = {}
    for one in standing(database):
        said.setdefault(one.annotation.seen.field_id, []).append(one)
    cells = dict(
        database.rows(
            "SELECT slide_id, count(*) FROM cells JOIN fields ON fields.id = field_id "
            "GROUP BY slide_id"
        )
    )
    rows: list[tuple[object, ...]] = []
    for slide in slides_of(database):
        fields = fields_of(database, slide.slide_id)
        words = [one for field in fields for one in said.get(field.field_id, ())]
        rows.append(
            (
                slide.slide_id,
                slide.case_id,
                slide.specimen_kind,
                len(fields),
                0,
                cells.get(slide.slide_id, 0),
                sum(one.label is not None for one in words),
                sum(one.label is None for one in words),
                DAMAGED
                if damage_of(database, slide.slide_id)
                else state_of(database, slide.slide_id),
            )
        )
    return rows


def _places(database: Database) -> dict[int, list[Path]]:
    """Where the images of each slide are."""
    places: dict[int, list[Path]] = {}
    for field in fields_of(database):
        places.setdefault(field.slide_id, []).append(path_of(database, field.field_id))
    return places
