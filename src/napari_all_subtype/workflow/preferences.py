"""What a person prefers from day to day: a reader's name and keys; a small file of their own."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_all_subtype.errors import OutputError
from napari_all_subtype.files import write_json
from napari_all_subtype.workflow.user_folder import data_folder

PREFERENCES_FILE = "preferences.json"


class Preferences(BaseModel):
    """Preferences of the person at this machine.

    Parameters
    ----------
    reader : str
        Name or code under which they read; empty if they never gave one.
    keys : mapping of str to str
        Keys of the review that are others than at first, by action.
    last_project : str
        Folder of the project that was open last; empty before the first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    reader: str = ""
    keys: dict[str, str] = {}
    last_project: str = ""

    @classmethod
    def load(cls) -> Preferences:
        """What was saved; nothing preferred where nothing, or nothing sensible, was."""
        try:
            return cls.model_validate(json.loads(_place().read_text("utf-8")))
        except (OSError, ValueError, ValidationError):
            return cls()

    def save(self) -> None:
        """Keep them for another day; where that cannot be, for this one only."""
        try:
            _place().parent.mkdir(parents=True, exist_ok=True)
            write_json(_place(), self.model_dump(), overwrite=True)
        except (OSError, OutputError):
            pass

    def with_reader(self, name: str) -> Preferences:
        """The same with another reader."""
        return self.model_copy(update={"reader": name})

    def with_keys(self, keys: Mapping[str, str]) -> Preferences:
        """The same with other keys."""
        return self.model_copy(update={"keys": dict(keys)})

    @property
    def reader_name(self) -> str:
        """The reader's name, by default the one of the account."""
        if self.reader:
            return self.reader
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            return "reader 1"


def _place() -> Path:
    return data_folder() / PREFERENCES_FILE
