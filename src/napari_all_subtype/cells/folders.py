"""The images of a folder, and those below it that are not read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from os import PathLike
from pathlib import Path

from napari_all_subtype.cells.formats import IMAGE_SUFFIXES
from napari_all_subtype.errors import ImageReadError, NoImagesError

MAX_FOLDERS = 1000
# A folder with one of these holds results of ours: its pictures are no fields.
_RESULTS = ("batch.json", "summary.json")


def list_images(folder: str | PathLike[str]) -> list[Path]:
    """Images directly in `folder`, in natural order (field 2 before field 10).

    Raises
    ------
    NoImagesError
        If the folder is missing or holds none.
    ImageReadError
        If it may not be read.
    """
    folder = Path(folder)
    name = folder.name or folder.resolve().name or "/"
    if not os.path.isdir(folder):
        raise NoImagesError(f"There is no folder {name}; check the name.")
    try:
        found = [path for path in folder.iterdir() if is_image_name(path.name) and path.is_file()]
    except OSError as error:
        raise ImageReadError(
            f"The folder {name} cannot be opened: {error.strerror}; check that it may be read."
        ) from None
    if not found:
        raise NoImagesError(
            f"No image in the folder {name}: expected files ending in "
            f"{', '.join(IMAGE_SUFFIXES)}.{_hint(folder)}"
        )
    return sorted(found, key=natural_order)


def images_below(folder: Path) -> Iterator[Path]:
    """Images in the subfolders of `folder`, of any depth, in at most a thousand of them.

    Links are not followed; hidden folders and earlier results are passed over.
    """
    below = os.walk(folder)
    for home, names, files in islice(below, MAX_FOLDERS):
        names[:] = [name for name in names if not name.startswith(".")]
        if Path(home) == folder:
            continue
        if not set(files).isdisjoint(_RESULTS):
            names.clear()
            continue
        yield from (Path(home, name) for name in files if is_image_name(name))


def is_image_name(name: str) -> bool:
    """Whether a file called `name` is taken for an image when a folder is named."""
    return Path(name).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".")


def counted(n_images: int, n_folders: int) -> str:
    """``3 images in 1 subfolder``."""
    images = "1 image" if n_images == 1 else f"{n_images} images"
    return f"{images} in {n_folders} subfolder{'s' if n_folders != 1 else ''}"


def _hint(folder: Path) -> str:
    below = list(images_below(folder))
    if not below:
        return ""
    n_folders = len({path.parent for path in below})
    return f" There are {counted(len(below), n_folders)} of it: name a subfolder instead."


def natural_order(path: Path) -> tuple[list[tuple[bool, int, str]], str]:
    """What files are sorted by, so that field 2 comes before field 10."""
    parts = re.findall(r"\d+|\D+", path.name.lower())
    return [(p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts], path.name
