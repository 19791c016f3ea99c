"""Which groups train, validate and test: assigned once, and never moved."""

from __future__ import annotations

from collections.abc import Mapping

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database

SPLITS = ("train", "val", "test")


def assign_groups(database: Database, splits: Mapping[str, str]) -> None:
    """Put new groups into ``train``, ``val`` or ``test``; one that is there must be the same.

    Parameters
    ----------
    database : Database
    splits : mapping of str to str
        Group, which is a case or what stands for one, to split.

    Raises
    ------
    RecordError
        If a group is in another split already, or there is no such split.
    """
    known = splits_of(database)
    for group, split in splits.items():
        if split not in SPLITS:
            raise RecordError(f"{split!r} is no split. Use one of these: {', '.join(SPLITS)}.")
        if known.get(group, split) != split:
            raise RecordError(
                f"Group {group} is in {known[group]} and cannot move to {split}: what was trained "
                "on may never be tested on. Leave it where it is."
            )
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO groups VALUES (?, ?, ?)",
            [(group, split, utc_now()) for group, split in splits.items() if group not in known],
        )


def splits_of(database: Database) -> dict[str, str]:
    """Split of every group, in the order in which they were assigned."""
    return {
        row["name"]: row["split"] for row in database.rows("SELECT * FROM groups ORDER BY rowid")
    }
