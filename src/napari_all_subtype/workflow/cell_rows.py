"""Which pictures of single cells come in, and what was said of them: from a table or folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

import pandas as pd

from napari_all_subtype.cells.folders import is_image_name, list_images
from napari_all_subtype.errors import ImageReadError, NoImagesError, RecordError
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.own_classes import UNLABELLED, class_name
from napari_all_subtype.taxonomy import Taxonomy

FILE, WORD, GROUP = "file", "annotation", "group"
FIELD = "field"  # of a project, in the queues it writes
ROW = "row"  # of the table, 1 for the first below its heading
NO_ROW = 0  # what is of no table
SEPARATORS = (",", ";", "\t")


def rows_of_csv(path: Path, of_files: bool = False) -> pd.DataFrame:
    """Rows for `import_cells` from a CSV file: ``file``, ``annotation``, ``group``, and ``row``.

    Files are looked for beside the CSV file. ``label`` stands for ``annotation`` as well;
    without ``group`` the pictures of one folder are one. Commas, semicolons or tabulators part
    the columns, as the first line tells. A row that is there twice counts once.

    Parameters
    ----------
    of_files : bool
        Pass over rows that name a field of the project and no file.

    Raises
    ------
    ImageReadError
        If it cannot be read.
    RecordError
        If it has no column of files, or none of annotations, or a row without a file.
    """
    given = table_of_csv(path)
    if of_files and FIELD in given and FILE not in given:
        given[FILE] = ""
    named = WORD if WORD in given else "label"
    if FILE not in given or named not in given:
        raise RecordError(
            f"{path.name} has the columns {', '.join(given)}: expected {FILE}, {WORD} and, if "
            f"pictures belong together, {GROUP}."
        )
    # A spreadsheet leaves rows of nothing at the end.
    given = given[(given != "").any(axis=1)]
    if of_files and FIELD in given:
        given = given[(given[FILE].str.strip() != "") | (given[FIELD] == "")]
    names, numbers = [name.strip() for name in given[FILE]], given.index + 1
    if "" in names:
        row = numbers[names.index("")]
        raise RecordError(
            f"{path.name} names no file in row {row} below its heading. Expected one in each row."
        )
    files = [path.parent / name for name in names]
    # Absolute: two folders of two patients are both '.' to one who stands in them.
    folders = [os.path.dirname(os.path.abspath(file)) for file in files]
    groups = [g.strip() or f for g, f in zip(given.get(GROUP, folders), folders, strict=True)]
    words = [word_of(word) for word in given[named]]
    rows = pd.DataFrame({FILE: files, WORD: words, GROUP: groups, ROW: numbers})
    return rows.drop_duplicates([FILE, WORD, GROUP], ignore_index=True)


def words_in(rows: pd.DataFrame, taxonomy: Taxonomy) -> list[Word | None]:
    """What was said in each of `rows`; None where nothing was.

    Raises
    ------
    RecordError
        If a word is neither a class of `taxonomy` nor an exclusion; it says in which row.
    """
    said: list[Word | None] = []
    for at, text in zip(rows.get(ROW, [NO_ROW] * len(rows)), rows[WORD], strict=True):
        try:
            said.append(Word.of(taxonomy, text) if text else None)
        except RecordError as error:
            where = f"Row {at} below the heading of the table: " if at != NO_ROW else ""
            raise RecordError(f"{where}{error}") from error
    return said


def table_of_csv(path: Path) -> pd.DataFrame:
    """The table as text; names of columns without spaces, in small letters.

    Raises
    ------
    ImageReadError
        If it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            blank, first = _heading_of(stream)
        marks = {mark: first.count(mark) for mark in SEPARATORS}
        given = pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            sep=max(marks, key=marks.__getitem__),
            skiprows=blank,
            skip_blank_lines=False,  # below the heading rows count as in an editor
        )
        if not isinstance(given.index, pd.RangeIndex):
            raise ValueError("its rows have more values than its heading has names")
    except (OSError, ValueError) as error:
        # The text of a system's error holds the whole path.
        why = error.strerror if isinstance(error, OSError) else error
        if isinstance(error, UnicodeDecodeError):
            why = "it is not in UTF-8: save it as CSV UTF-8"
        raise ImageReadError(
            f"{path.name} cannot be read as CSV ({why}). Expected a table with the columns "
            f"{FILE}, {WORD} and {GROUP}."
        ) from error
    # A row that is too short has nothing in its last columns.
    return given.rename(columns=lambda name: str(name).strip().lower()).fillna("")


def _heading_of(stream: TextIO) -> tuple[int, str]:
    """How many lines of nothing stand above the heading, and the heading; empty without one."""
    nothing = "".join((*SEPARATORS, " ", "\n"))
    blank = 0
    for line in stream:
        if line.strip(nothing):
            return blank, line
        blank += 1
    return blank, ""


def word_of(text: str) -> str:
    """What was said, as the name of a class; empty where nobody said anything."""
    name = class_name(text)
    return "" if name == UNLABELLED else name


def rows_of_class_folders(folder: Path) -> pd.DataFrame:
    """Rows for `import_cells` from a folder with one folder of pictures per class.

    A folder ``unlabelled`` holds pictures that nobody has named. Folders in the folder of a class
    tell what belongs together, as a patient's pictures do: of one name in two classes they are one
    group. Pictures beside them are one group, since nothing tells them apart.

    Raises
    ------
    NoImagesError
        If there is no folder of pictures in it.
    """
    whole = str(folder.absolute())
    found = []
    for home in _folders_in(folder):
        # Programs begin the names of folders of theirs with a sign.
        cases = [case for case in _folders_in(home) if case.name[0] not in "._@"]
        groups = [(home, whole), *((case, case.name) for case in cases)]
        found += [
            (image, word_of(home.name), group)
            for place, group in groups
            if any(is_image_name(path.name) for path in place.iterdir())
            for image in list_images(place)
        ]
    if not found:
        raise NoImagesError(
            f"{folder.name} holds no folder of pictures. Expected one for each class, called by "
            "its name, and 'unlabelled' for the rest; in each the pictures, or a folder of them "
            "for each case."
        )
    files, words, groups = zip(*found, strict=True)
    # Together with rows of tables the numbers of these stay whole.
    return pd.DataFrame({FILE: files, WORD: words, GROUP: groups, ROW: NO_ROW})


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())
