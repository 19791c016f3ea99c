"""The cells of a field as last segmented, and where its marked cells are among them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.matching import Sought
from napari_all_subtype.project.records import PlacedCell
from napari_all_subtype.project.smears import field_of


@dataclass(frozen=True)
class Segmentation:
    """How the cells of a field were found.

    Parameters
    ----------
    segmenter : str
        The name it gives itself.
    content : dict
        All that the analysis says besides masks and table, ready for JSON; without a path.
    masks, cell_table : str, optional
        Names of the kept masks and of the kept table, both as they were found.
    segmentation_id : int, optional
        Given by the project.
    """

    segmenter: str
    content: dict = field(default_factory=dict)
    masks: str | None = None
    cell_table: str | None = None
    segmentation_id: int | None = None


def marked_in(database: Database, field_id: int) -> list[Sought]:
    """Marked cells of a field, for `matching.match_cells`."""
    rows = database.rows("SELECT * FROM marked_cells WHERE field_id = ? ORDER BY id", (field_id,))
    return [Sought(row["id"], row["label"], (row["y_px"], row["x_px"])) for row in rows]


def store_segmentation(
    database: Database,
    field_id: int,
    made: Segmentation,
    cells: Sequence[PlacedCell],
    found: Mapping[int, int],
) -> int:
    """Id of a new segmentation of a field, whose cells take the place of the last ones.

    Parameters
    ----------
    database : Database
    field_id : int
    made : Segmentation
    cells : sequence of PlacedCell
    found : mapping of int to int
        Labels of the marked cells by `marked_id`, from `matching.match_cells`; those that
        are missing are orphaned.

    Raises
    ------
    LockedError
        If the result of the smear is locked.
    RecordError
        If there is no such field, or a marked cell was found at a label that no cell has.
    """
    centroids = {cell.label: cell.centroid_yx_px for cell in cells}
    if lost := sorted(set(found.values()) - set(centroids)):
        raise RecordError(
            f"A marked cell was found at label {lost[0]}, which none of the {len(cells)} cells "
            "has. Match with the same masks that the cells are from."
        )
    content = json.dumps(made.content, ensure_ascii=False, allow_nan=False)
    with database.transaction() as connection:
        refuse_locked(database, field_of(database, field_id).slide_id)
        segmentation = connection.execute(
            "INSERT INTO segmentations "
            "(field_id, at_utc, segmenter, content, masks, cell_table) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (field_id, utc_now(), made.segmenter, content, made.masks, made.cell_table),
        )
        connection.execute("DELETE FROM cells WHERE field_id = ?", (field_id,))
        connection.executemany(
            "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(field_id, cell.label, *cell.centroid_yx_px, *cell.box) for cell in cells],
        )
        # All labels go before one comes: two cells may change places. A lost cell keeps the
        # position it had, where a later segmentation may find it.
        connection.execute("UPDATE marked_cells SET label = NULL WHERE field_id = ?", (field_id,))
        connection.executemany(
            "UPDATE marked_cells SET label = ?, y_px = ?, x_px = ? WHERE id = ? AND field_id = ?",
            [(label, *centroids[label], key, field_id) for key, label in found.items()],
        )
    return segmentation.lastrowid


def last_segmentation(database: Database, field_id: int) -> Segmentation | None:
    """How the cells of a field were found last, if they were."""
    row = database.row(
        "SELECT * FROM segmentations WHERE field_id = ? ORDER BY id DESC LIMIT 1", (field_id,)
    )
    if row is None:
        return None
    content = json.loads(row["content"])
    return Segmentation(row["segmenter"], content, row["masks"], row["cell_table"], row["id"])


def count_fields(database: Database) -> tuple[int, int]:
    """How many fields were analysed, and how many are pictures of one cell, which were not."""
    row = database.row(
        "SELECT count(*), coalesce(sum(content = '{}'), 0) FROM segmentations "
        "WHERE id IN (SELECT max(id) FROM segmentations GROUP BY field_id)"
    )
    return row[0] - row[1], row[1]


def cells_of(database: Database, field_id: int) -> list[PlacedCell]:
    """Cells of a field as last segmented, in order of their labels."""
    rows = database.rows("SELECT * FROM cells WHERE field_id = ? ORDER BY label", (field_id,))
    return [
        PlacedCell(
            row["label"],
            (row["y_px"], row["x_px"]),
            Region(row["y0"], row["x0"], row["y1"], row["x1"]),
        )
        for row in rows
    ]
