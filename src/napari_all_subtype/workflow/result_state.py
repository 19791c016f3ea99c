"""How final the result of a smear is: preliminary, locked or amended, and how much was reviewed."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import count_standing
from napari_all_subtype.project.locks import AMENDED, LOCKED, Lock, locks_of, reasons_of, state_of
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.project.versions import damage_of

DAMAGED = "damaged"
FINAL = (LOCKED, AMENDED)


@dataclass(frozen=True)
class ResultState:
    """What every summary, report and export of a smear says of it.

    Parameters
    ----------
    slide_id : int
    state : str
        ``preliminary``, ``locked``, ``being amended``, ``amended``, or ``damaged`` where a locked
        version is not what was locked.
    n_cells, n_reviewed : int
        Cells, and those among them of which a person has said anything: of a locked result as
        they were then, else as they are now.
    n_orphaned : int
        Annotations whose cell the last segmentation did not find again.
    version : int
        How often it was locked.
    locked_utc, sha256 : str
        When the last version was locked, and its hash; empty without one.
    reader_id : int or None
        Who locked it.
    reader : str
        The same by name: it tells a person.
    models : tuple of str
        What spoke of its cells, in the last version.
    reasons : tuple of str
        Of all amendments; they may tell people.
    damage : str
        What is wrong with a locked version; empty if all are whole.
    """

    slide_id: int
    state: str
    n_cells: int
    n_reviewed: int
    n_orphaned: int = 0
    version: int = 0
    locked_utc: str = ""
    sha256: str = ""
    reader_id: int | None = None
    reader: str = ""
    models: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    damage: str = ""

    @property
    def reviewed_text(self) -> str:
        """``12 of 340 cells were reviewed``."""
        return f"{self.n_reviewed} of {amount(self.n_cells, 'cell')} were reviewed"

    def text(self, identifiers: bool = False) -> str:
        """All of it in a sentence.

        Parameters
        ----------
        identifiers : bool
            Name the reader and the reasons of amendments; else the reader has a code.

        Examples
        --------
        >>> ResultState(1, "preliminary", 340, 12).text()
        'Preliminary: 12 of 340 cells were reviewed.'
        """
        if self.damage:
            return f"Damaged: {self.damage}"
        text = f"{self.state[:1].upper()}{self.state[1:]}: {self.reviewed_text}."
        if not self.version:
            return text
        text += f" {self.signed(identifiers)}."
        if self.reasons and identifiers:
            text += f" Amended because: {'; '.join(self.reasons)}."
        return text

    def signed(self, identifiers: bool = False) -> str:
        """Who locked it and when, with the reader's name or a code: ``Locked by reader-1, …``."""
        who = self.reader if identifiers else f"reader-{self.reader_id}"
        verb = "Locked" if self.state in FINAL else "Last locked"
        when = f"{self.locked_utc[:16].replace('T', ' ')} UTC"
        return f"{verb} by {who}, {when} (version {self.version})"

    def to_dict(self, identifiers: bool = False) -> dict[str, object]:
        """The same ready for JSON; without names of people and reasons unless asked for."""
        told = {
            "state": self.state,
            "cells": self.n_cells,
            "reviewed": self.n_reviewed,
            "orphaned_annotations": self.n_orphaned,
            "version": self.version,
            "locked_utc": self.locked_utc,
            "locked_by": f"reader-{self.reader_id}" if self.reader_id else "",
            "sha256": self.sha256,
            "models": list(self.models),
        }
        if identifiers:
            told |= {"locked_by": self.reader, "amended_because": list(self.reasons)}
        return told


def result_state(database: Database, slide_id: int) -> ResultState:
    """How final the result of a slide is."""
    with database.snapshot():
        versions = locks_of(database, slide_id)
        damage = damage_of(database, slide_id)
        state = DAMAGED if damage else state_of(database, slide_id)
        n_cells, n_reviewed, n_orphaned = _counts(database, slide_id)
        reasons = tuple(reasons_of(database, slide_id))
        names = {one.reader_id: one.name for one in readers_of(database)}
    if not versions:
        return ResultState(slide_id, state, n_cells, n_reviewed, n_orphaned)
    last = versions[-1]
    locked = {} if damage else _result_of(last)
    if state in FINAL:
        n_cells = locked.get("n_cells", n_cells)
        n_reviewed = locked.get("n_reviewed", n_reviewed)
    return ResultState(
        slide_id,
        state,
        n_cells,
        n_reviewed,
        n_orphaned,
        len(versions),
        last.at_utc,
        last.sha256,
        last.reader_id,
        names.get(last.reader_id, ""),
        tuple(locked.get("models", ())),
        reasons,
        damage,
    )


def _result_of(version: Lock) -> dict:
    try:
        return version.result
    except ProjectDamagedError:
        return {}


def _counts(database: Database, slide_id: int) -> tuple[int, int, int]:
    """Cells of a slide, those that a person spoke of, and annotations that lost their cell."""
    found = dict(database.rows("SELECT field_id, count(*) FROM cells GROUP BY field_id"))
    n_cells = n_reviewed = n_orphaned = 0
    for field in fields_of(database, slide_id):
        said, lost = count_standing(database, field.field_id)
        n_reviewed += said
        n_orphaned += lost
        # A picture of one cell that nobody segmented has no cell but the one that is spoken of.
        n_cells += max(found.get(field.field_id, 0), said)
    return n_cells, n_reviewed, n_orphaned
