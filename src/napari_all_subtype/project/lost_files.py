"""Files of a project that are gone from its folder, though its records speak of them."""

from __future__ import annotations

import os

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.crops import CROPS
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.kept_files import KeptFiles
from napari_all_subtype.project.masks import MASKS
from napari_all_subtype.project.tables import TABLES

_LAST = "SELECT max(id) FROM segmentations GROUP BY field_id"
_OF_SLIDE = "fields.slide_id = ?"
# What a slide's records name: kind of file, what one is called, and where the names stand.
_KINDS = (
    (
        MASKS,
        ("file of masks", "files of masks"),
        f"SELECT s.masks FROM segmentations s JOIN fields ON fields.id = s.field_id "
        f"WHERE s.masks IS NOT NULL AND s.id IN ({_LAST}) AND {_OF_SLIDE}",
    ),
    (
        TABLES,
        ("table of cells", "tables of cells"),
        f"SELECT s.cell_table FROM segmentations s JOIN fields ON fields.id = s.field_id "
        f"WHERE s.cell_table IS NOT NULL AND s.id IN ({_LAST}) AND {_OF_SLIDE}",
    ),
    (
        CROPS,
        ("crop", "crops"),
        "SELECT DISTINCT a.crop FROM annotations a JOIN fields ON fields.id = a.field_id "
        f"WHERE a.crop IS NOT NULL AND {_OF_SLIDE}",
    ),
)


class LostFiles:
    """Which files of each slide are gone; the folders are looked through once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._there = {kind.folder: _there(database, kind) for kind, _, _ in _KINDS}

    def of(self, slide_id: int) -> str:
        """What is gone of a slide and what to do, in one sentence; empty if nothing is."""
        gone = []
        for kind, word, names in _KINDS:
            named = {row[0] for row in self._database.rows(names, (slide_id,))}
            if lost := len(named - self._there[kind.folder]):
                gone.append(f"{amount(lost, *word)} in the folder {kind.folder}")
        if not gone:
            return ""
        return (
            f"Slide {slide_id} has lost {', '.join(gone)}. Put the files back from a copy of the "
            "project; what was said of the cells is kept."
        )


def refuse_lost(database: Database, slide_id: int) -> None:
    """Nothing is made of a slide of which files are gone.

    Raises
    ------
    ProjectDamagedError
        If some are.
    """
    if lost := LostFiles(database).of(slide_id):
        raise ProjectDamagedError(lost)


def _there(database: Database, kind: KeptFiles) -> set[str]:
    """Names of the files of a kind that hold something."""
    found = set()
    home = database.folder / kind.folder
    if not home.is_dir():
        return found
    with os.scandir(home) as folders:
        for folder in folders:
            if folder.is_dir():
                with os.scandir(folder) as files:
                    found |= {file.name for file in files if file.stat().st_size}
    return found
