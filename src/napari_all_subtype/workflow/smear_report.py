"""A report per smear: one page that holds all it shows, to be read on screen and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import jinja2
import numpy as np
from pydantic import ValidationError

from napari_all_subtype.amounts import amount
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.errors import ProjectDamagedError, RecordError
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import Lock, locks_of
from napari_all_subtype.project.records import Slide
from napari_all_subtype.project.smears import slides_of
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY, CellClass
from napari_all_subtype.workflow.count_words import count_words
from napari_all_subtype.workflow.export_formats import HTML
from napari_all_subtype.workflow.exported_field import ExportedField
from napari_all_subtype.workflow.project_count import count_smear, names_of_readers
from napari_all_subtype.workflow.provenance import provenance
from napari_all_subtype.workflow.report_counts import CountRow, Tally, count_row
from napari_all_subtype.workflow.report_pictures import Gallery, field_picture
from napari_all_subtype.workflow.result_state import DAMAGED, FINAL, ResultState, result_state
from napari_all_subtype.workflow.summarise import Summary

INDEX = "index.html"
_TEMPLATES = "templates"
_BLAST_SIDE = CellClass("", "Blast side (Blast, L1–L3)", "B*", FAB5["blast"].colour)


@dataclass
class _Smear:
    """What has been gathered of one smear."""

    slide: Slide
    tally: Tally = field(default_factory=Tally)
    gallery: Gallery = field(default_factory=Gallery)
    fields: list[dict[str, object]] = field(default_factory=list)


class ReportWriter:
    """Writes ``html/slide-1.html`` and so on, and ``html/index.html`` with a line for each.

    Parameters
    ----------
    database : Database
    folder : Path
        Of the export.
    told : mapping
        Provenance.
    identifiers : bool
        With names of readers and files, and reasons of amendments.
    monitor : Monitor
        Stops while the fields of a smear are compared.
    """

    needs_pixels = True

    def __init__(
        self,
        database: Database,
        folder: Path,
        told: Mapping[str, object],
        identifiers: bool = False,
        monitor: Monitor = SILENT,
    ):
        self.database, self.folder = database, folder / HTML
        self.told, self.identifiers, self._monitor = told, identifiers, monitor
        self._smears = {one.slide_id: _Smear(one) for one in slides_of(database)}

    def add(self, exported: ExportedField, pixels: np.ndarray | None) -> None:
        """Take counts and pictures of one field."""
        smear = self._smears[exported.field.slide_id]
        smear.tally.add(exported)
        analysis = exported.analysis
        picture = ""
        if pixels is not None:
            smear.gallery.add(exported, pixels)
            picture = field_picture(exported, pixels)
        smear.fields.append(
            {
                "name": exported.file or exported.name,
                "id": exported.field.field_id,
                "cells": len(exported.cells),
                "reviewed": len(exported.said),
                "picture": picture,
                "missing": pixels is None,
                "sha256": exported.field.sha256,
                "provenance": None if analysis is None else provenance(analysis),
            }
        )

    def finish(self) -> None:
        """Write the pages."""
        self.folder.mkdir(exist_ok=True)
        listed = []
        for smear in self._smears.values():
            state = result_state(self.database, smear.slide.slide_id)
            name = f"slide-{smear.slide.slide_id}.html"
            page = _render("smear.html", self._page(smear, state))
            (self.folder / name).write_text(page, encoding="utf-8")
            listed.append({"file": name, "slide": smear.slide, "state": state})
        page = _render("index.html", {**self._common(), "smears": listed})
        (self.folder / INDEX).write_text(page, encoding="utf-8")

    def _common(self) -> dict[str, object]:
        return {
            "notice": RESEARCH_USE_ONLY,
            "told": self.told,
            "identifiers": self.identifiers,
        }

    def _count(self, slide_id: int) -> dict[str, object]:
        """The differential of a smear as a table of words, and what stands beside it."""
        try:
            count = count_smear(self.database, slide_id, monitor=self._monitor)
        except RecordError as error:
            return {"count": None, "count_lines": [str(error)]}
        names = names_of_readers(self.database) if self.identifiers else {}
        table = count_words(count, names)
        told = {"heads": list(table.columns), "rows": list(table.fillna("–").itertuples(name=None))}
        # How final the result is stands at the head of the page.
        return {"count": told, "count_lines": [one for one in count.lines if one != count.result]}

    def _page(self, smear: _Smear, state: ResultState) -> dict[str, object]:
        """All that the page of one smear shows."""
        tally, versions = smear.tally, locks_of(self.database, smear.slide.slide_id)
        now = tally.summary(f"slide {smear.slide.slide_id}")
        locked = _locked_summary(versions, state)
        # Of a locked smear the counts are those that were signed for.
        summary = locked if locked is not None and state.state in FINAL else now
        heads, readings = tally.readings()
        analysed = [one for one in smear.fields if one["provenance"]]
        return {
            **self._common(),
            "slide": smear.slide,
            "state": state,
            "versions": versions,
            "summary": summary,
            "rows": tally.rows(summary),
            "blast_row": _blast_row(summary),
            "locked_rows": _rows_of(locked) if state.version and state.state not in FINAL else [],
            "excluded": tally.excluded(summary),
            "n_unnamed": tally.n_unnamed,
            **self._count(smear.slide.slide_id),
            "heads": heads,
            "readings": readings,
            "classes": [
                (one, smear.gallery[one.name])
                for one in tally.in_order()
                if smear.gallery[one.name]
            ],
            "fields": smear.fields,
            "models": sorted({one["provenance"]["model"] for one in analysed} - {FOUND_ONLY}),
            "settings": _settings(analysed),
        }


def _settings(fields: list[dict]) -> list[tuple[list[str], dict]]:
    """Settings that differ, each with the names of its fields."""
    made: list[tuple[list[str], dict]] = []
    for one in fields:
        known = next((n for n, p in made if p == one["provenance"]["parameters"]), None)
        if known is None:
            made.append(([one["name"]], one["provenance"]["parameters"]))
        else:
            known.append(one["name"])
    return made


def _locked_summary(versions: list[Lock], state: ResultState) -> Summary | None:
    """Counts of the last locked version; None without one, or where it holds none."""
    if not versions or state.state == DAMAGED:
        return None
    try:
        return Summary.model_validate(versions[-1].result["summary"])
    except (ProjectDamagedError, ValidationError, LookupError, TypeError):
        return None


def _rows_of(summary: Summary | None) -> list[CountRow]:
    """Rows of a locked version, whose words may be none of those of today."""
    return [] if summary is None else Tally().rows(summary)


def _blast_row(summary: Summary | None) -> CountRow | None:
    if summary is None or summary.blast_any is None:
        return None
    return count_row(_BLAST_SIDE, summary.blast_any, strong=True)


def _render(name: str, values: Mapping[str, object]) -> str:
    folder = files(__package__).joinpath(_TEMPLATES)
    loader = jinja2.FunctionLoader(lambda one: folder.joinpath(one).read_text(encoding="utf-8"))
    made = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["amount"] = amount
    return made.get_template(name).render(values)
