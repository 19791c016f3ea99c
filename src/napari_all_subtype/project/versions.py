"""Whether the locked versions of a result are what was locked, each amending the one before."""

from __future__ import annotations

from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.locks import Lock, damaged, locks_of


def damage_of(database: Database, slide_id: int) -> str:
    """What is wrong with the first damaged version of a slide's result; empty if all are whole.

    Whoever rewrites a version together with its hash is told by the next one, which holds the
    hash of what it amended; the last version has nobody after it, so keep its hash elsewhere
    (an export writes it).
    """
    with database.snapshot():
        before = None
        for version in locks_of(database, slide_id):
            try:
                _refuse_damaged(database, version, before)
            except ProjectDamagedError as error:
                return str(error)
            before = version
    return ""


def _refuse_damaged(database: Database, version: Lock, before: Lock | None) -> None:
    """Raise unless `version` is what was locked, in the place of `before`."""
    amends = version.amends_sha256
    if before is None:
        if version.amends_id is not None or amends is not None:
            raise damaged(version, "the one that it amends is not there")
        return
    if (version.amends_id, amends) != (before.lock_id, before.sha256):
        raise damaged(version, f"it does not amend version {before.lock_id} as that is now")
    reason = database.row("SELECT 1 FROM amendments WHERE lock_id = ?", (before.lock_id,))
    if reason is None:
        raise damaged(version, f"the reason for amending version {before.lock_id} is gone")
    if version.last_step_id < before.last_step_id:
        raise damaged(version, f"it says that it is older than version {before.lock_id}")
