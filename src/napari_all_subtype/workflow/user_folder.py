"""The user's own folder for data: a secret, preferences, projects without a place."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

DATA_VARIABLE = "NAPARI_ALL_SUBTYPE_DATA"


def data_folder() -> Path:
    """The folder that NAPARI_ALL_SUBTYPE_DATA names, else the user's own folder for data."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named or platformdirs.user_data_dir("napari-all-subtype", appauthor=False))
