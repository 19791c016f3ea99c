"""Files of a project that are gone from its folder, though its records speak of them."""

from __future__ import annotations

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.crops import CROPS
from napari_all_subtype.project.database import Database
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


def lost_of(database: Database, slide_id: int) -> str:
    """What is gone of a slide and what to do, in one sentence; empty if nothing is."""
    gone = []
    for kind, word, sql in _KINDS:
        names = {row[0] for row in database.rows(sql, (slide_id,))}
        if lost := sum(not kind.holds(database, name) for name in names):
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
    if lost := lost_of(database, slide_id):
        raise ProjectDamagedError(lost)
