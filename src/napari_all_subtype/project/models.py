"""The models that a project made or took in: drafts until a named person releases them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.errors import ModelNotFoundError, RecordError
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database

MODELS_FOLDER = "models"
# Beside what a model was released on, in the line of its release.
_RELEASED_CARD = "released_card_sha256"
_LISTED = """
SELECT models.*, releases.at_utc AS released_utc, readers.name AS released_by,
    releases.content AS control, removals.at_utc AS removed_utc
FROM models
LEFT JOIN releases ON releases.model_id = models.id
LEFT JOIN readers ON readers.id = releases.reader_id
LEFT JOIN removals ON removals.model_id = models.id
"""


@dataclass(frozen=True)
class StoredModel:
    """One model of a project.

    Parameters
    ----------
    model_id : str
    at_utc : str
    parent : str
        Id of the model it started from, ``bundled``, or the name of its starting weights.
    folder : str
        Name of its folder among the project's models.
    card_sha256 : str
        Of its card, which records the hash of every other file.
    split_sha256 : str
        Of which group was in which split.
    content : dict
        Settings, scores and what else is to be known of it.
    released_utc, released_by : str
        When and by whom it was released; empty for a draft.
    control : dict
        What it was released on.
    released_card_sha256 : str
        Of its card since it was released, which says so; empty for a draft.
    removed : bool
        Its files were taken away; the record stays.
    """

    model_id: str
    at_utc: str
    parent: str
    folder: str
    card_sha256: str
    split_sha256: str
    content: dict
    released_utc: str = ""
    released_by: str = ""
    control: Mapping[str, object] | None = None
    released_card_sha256: str = ""
    removed: bool = False

    @property
    def kind(self) -> str:
        """``released`` or ``draft``."""
        return "released" if self.released_utc else "draft"

    @property
    def card_hashes(self) -> tuple[str, ...]:
        """What its card may have: as it was made, and as it was released.

        Both, since a program can be killed after the record and before the card.
        """
        return tuple(one for one in (self.card_sha256, self.released_card_sha256) if one)

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> StoredModel:
        """The model in a row of the table."""
        control = None if row["control"] is None else json.loads(row["control"])
        released = (control or {}).pop(_RELEASED_CARD, "")
        return cls(
            row["id"],
            row["at_utc"],
            row["parent"],
            row["folder"],
            row["card_sha256"],
            row["split_sha256"],
            json.loads(row["content"]),
            row["released_utc"] or "",
            row["released_by"] or "",
            control,
            released,
            row["removed_utc"] is not None,
        )


def models_folder(database: Database) -> Path:
    """Where the folders of the models are."""
    return database.folder / MODELS_FOLDER


def folder_of(database: Database, model: StoredModel) -> Path:
    """Where the files of a model are."""
    return models_folder(database) / model.folder


def unrecorded(database: Database) -> list[Path]:
    """Folders of models that were trained here and never recorded: the program was killed before.

    A folder that a person put there has another name, and is none of them.
    """
    known = {row["folder"] for row in database.rows("SELECT folder FROM models")}
    ours = re.compile(rf"{re.escape(_first_part(database))}-[0-9]+")
    home = models_folder(database)
    names = sorted(path.name for path in home.iterdir()) if home.is_dir() else []
    return [home / name for name in names if ours.fullmatch(name) and name not in known]


def _first_part(database: Database) -> str:
    return database.row("SELECT value FROM project WHERE key = 'id'")["value"][:6]


def next_model_id(database: Database) -> str:
    """An id that no model of this or any other project has.

    Its first part tells the project, its last one is the number of the model in it.
    """
    project = _first_part(database)
    known = {row["id"] for row in database.rows("SELECT id FROM models")}
    home = models_folder(database)
    number = len(known) + 1
    # A folder without a record is of a training that was killed before it was recorded.
    while (name := f"{project}-{number}") in known or (home / name).exists():
        number += 1
    return name


def add_model(
    database: Database,
    model_id: str,
    *,
    parent: str,
    card_sha256: str,
    split_sha256: str,
    content: Mapping[str, object],
    folder: str = "",
) -> StoredModel:
    """Record a model whose files are whole and in their place; it is a draft.

    Parameters
    ----------
    folder : str
        Name of its folder; by default its id.

    Raises
    ------
    RecordError
        If there is one of that id, its id or folder is no plain name, or it has no folder.
    ProjectReadOnlyError, ProjectWriteError
        If it could not be recorded.
    """
    folder = folder or model_id
    for name in (model_id, folder):
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
            raise RecordError(f"{name!r} cannot be the id of a model: use a-z, 0-9, . _ and -.")
    if not (models_folder(database) / folder).is_dir():
        raise RecordError(f"The project has no folder of a model {folder}. Write its files first.")
    values = (
        model_id,
        utc_now(),
        parent,
        folder,
        card_sha256,
        split_sha256,
        json.dumps(content, ensure_ascii=False),
    )
    with database.transaction() as connection:
        if database.row("SELECT 1 FROM models WHERE id = ?", (model_id,)) is not None:
            raise RecordError(
                f"The project has a model {model_id} already. Give the new one another id."
            )
        connection.execute("INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return model_of(database, model_id)


def models_of(database: Database) -> list[StoredModel]:
    """All models, in the order in which they came, those that were removed included."""
    return [StoredModel.of_row(row) for row in database.rows(f"{_LISTED} ORDER BY models.rowid")]


def model_of(database: Database, model_id: str) -> StoredModel:
    """The model with this id.

    Raises
    ------
    ModelNotFoundError
        If there is none, or its files were removed.
    """
    row = database.row(f"{_LISTED} WHERE models.id = ?", (model_id,))
    if row is not None and row["removed_utc"] is None:
        return StoredModel.of_row(row)
    there = [one.model_id for one in models_of(database) if not one.removed]
    what = "was removed from this project" if row is not None else "is not in this project"
    raise ModelNotFoundError(
        f"Model {model_id!r} {what}. It has: {', '.join(there) or 'none; train one first'}."
    )


def release_model(
    database: Database,
    model_id: str,
    reader_id: int,
    control: Mapping[str, object],
    card_sha256: str = "",
) -> StoredModel:
    """Note that a person releases a model, and on what control set.

    Parameters
    ----------
    card_sha256 : str
        Of the card that says so, which takes the place of the draft's.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    RecordError
        If it is released already, or there is no such reader.
    """
    if model_of(database, model_id).released_utc:
        raise RecordError(f"Model {model_id} is released already. Nothing was changed.")
    content = dict(control) | ({_RELEASED_CARD: card_sha256} if card_sha256 else {})
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO releases VALUES (?, ?, ?, ?)",
            (model_id, utc_now(), reader_id, json.dumps(content, ensure_ascii=False)),
        )
    return model_of(database, model_id)


def remove_model(database: Database, model_id: str, reader_id: int | None = None) -> StoredModel:
    """Note that the files of a model are to go; whoever calls this takes them away after it.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    RecordError
        If it is released.
    """
    model = model_of(database, model_id)
    if model.released_utc:
        raise RecordError(
            f"Model {model_id} was released by {model.released_by} and stays: results refer to it. "
            "Remove drafts only."
        )
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO removals VALUES (?, ?, ?)", (model_id, utc_now(), reader_id)
        )
    return model
