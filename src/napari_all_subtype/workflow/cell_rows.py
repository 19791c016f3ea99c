"""Which pictures of single cells come in, and what was said of them: from a table or folders."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from napari_all_subtype.cells.folders import is_image_name, list_images
from napari_all_subtype.errors import ImageReadError, NoImagesError, RecordError

FILE, WORD, GROUP = "file", "annotation", "group"
UNLABELLED = "unlabelled"


def rows_of_csv(path: Path) -> pd.DataFrame:
    """Rows for `import_cells` from a CSV file: ``file``, ``annotation``, ``group``.

    Files are looked for beside the CSV file. ``label`` stands for ``annotation`` as well;
    without ``group`` the pictures of one folder are one.

    Raises
    ------
    ImageReadError
        If it cannot be read.
    RecordError
        If it has no column of files, or none of annotations.
    """
    try:
        given = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        # The text of a system's error holds the whole path.
        why = error.strerror if isinstance(error, OSError) else error
        raise ImageReadError(
            f"{path.name} cannot be read as CSV ({why}). Expected a table with the columns "
            f"{FILE}, {WORD} and {GROUP}."
        ) from error
    named = WORD if WORD in given else "label"
    if FILE not in given or named not in given:
        raise RecordError(
            f"{path.name} has the columns {', '.join(given)}: expected {FILE}, {WORD} and, if "
            f"pictures belong together, {GROUP}."
        )
    files = [path.parent / name for name in given[FILE]]
    # Absolute: two folders of two patients are both '.' to one who stands in them.
    folders = [os.path.dirname(os.path.abspath(file)) for file in files]
    groups = [g.strip() or f for g, f in zip(given.get(GROUP, folders), folders, strict=True)]
    words = [word.strip().lower().replace(" ", "_") for word in given[named]]
    return pd.DataFrame({FILE: files, WORD: words, GROUP: groups})


def rows_of_class_folders(folder: Path) -> pd.DataFrame:
    """Rows for `import_cells` from a folder with one folder of pictures per class.

    A folder ``unlabelled`` holds pictures that nobody has named. Nothing tells which pictures
    belong together: they are one group.

    Raises
    ------
    NoImagesError
        If there is no folder of pictures in it.
    """
    found = [
        (image, "" if home.name.lower() == UNLABELLED else home.name.lower().replace(" ", "_"))
        for home in sorted(path for path in folder.iterdir() if path.is_dir())
        if any(is_image_name(path.name) for path in home.iterdir())
        for image in list_images(home)
    ]
    if not found:
        raise NoImagesError(
            f"{folder.name} holds no folder of pictures. Expected one for each class, called by "
            "its name, and 'unlabelled' for the rest."
        )
    files, words = zip(*found, strict=True)
    return pd.DataFrame({FILE: files, WORD: words, GROUP: str(folder.absolute())})
