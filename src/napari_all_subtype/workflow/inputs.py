"""What a person names: images and folders, in order, each with its smear and its own folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.cells.folders import images_below, list_images
from napari_all_subtype.errors import NoImagesError
from napari_all_subtype.workflow.pseudonyms import Pseudonyms

# What a result folder cannot be called: it stands beside the batch's own file.
RESERVED = ("batch.json",)
NAMELESS = "image"
MAX_STEM_BYTES = 200


@dataclass(frozen=True)
class Field:
    """One image to work on.

    Parameters
    ----------
    path : Path
        Where it is; never written to an output.
    name : str
        What outputs call it: its file name without folder, or a pseudonym.
    folder : str
        Name of its result folder, unique in the run.
    smear : str
        The smear it belongs to: images of one folder are taken for one smear.
    cells : Path, optional
        File with the mask of its cells; without it they are looked for.
    nuclei : Path, optional
        File with the mask of their nuclei; without it these are found in the cells.
    """

    path: Path
    name: str
    folder: str
    smear: str
    cells: Path | None = None
    nuclei: Path | None = None


def prepare(
    inputs: Sequence[Path],
    key_file: Path | None = None,
    repeats: bool = False,
    own_secret: bool = False,
) -> list[Field]:
    """Fields of all `inputs`, under pseudonyms if there is a file for their key.

    A file that is named twice is one field, unless `repeats` are wanted. A new key
    file gets an `own_secret` on demand: its pseudonyms are found in no other output.

    Raises
    ------
    NoImagesError
        If nothing was named, or a folder holds no image.
    OutputError
        If the key file cannot be used.
    """
    paths = find_images(inputs)
    if not repeats:
        paths = list({path.absolute(): path for path in paths}.values())
    if key_file is None:
        return name_fields(paths)
    return name_fields(paths, Pseudonyms(key_file, own_secret).name_all(paths))


def find_images(inputs: Sequence[Path]) -> list[Path]:
    """Files as named, folders as the images they hold, in order.

    Raises
    ------
    NoImagesError
        If nothing was named, or a folder holds no image.
    """
    if not inputs:
        raise NoImagesError("No image was named: give one or more images or folders of images.")
    return [
        image for path in inputs for image in (list_images(path) if os.path.isdir(path) else [path])
    ]


def unread_images(inputs: Sequence[Path]) -> tuple[int, int]:
    """Images in subfolders of the folders among `inputs` that nobody named, and those subfolders.

    Returns
    -------
    tuple of int
        Number of images, number of subfolders.
    """
    named = {os.path.realpath(path) for path in inputs}
    unread = {
        os.path.realpath(image)
        for folder in inputs
        if os.path.isdir(folder)
        for image in images_below(folder)
    }
    unread = {
        image for image in unread if image not in named and os.path.dirname(image) not in named
    }
    return len(unread), len({os.path.dirname(image) for image in unread})


def name_fields(paths: Sequence[Path], names: Sequence[str] | None = None) -> list[Field]:
    """Fields with unique result folders: ``<stem>``, ``<stem>-2``, ...

    Parameters
    ----------
    paths : sequence of Path
        The images.
    names : sequence of str, optional
        What to call them; by default their file names.

    Examples
    --------
    >>> [f.folder for f in name_fields([Path("a/x.png"), Path("b/x.png"), Path("a/x.tif")])]
    ['x', 'x-2', 'x-3']
    """
    names = [readable(path.name) for path in paths] if names is None else names
    folders = unique(Path(name).stem for name in names)
    # The folder's own place, not that of a file a link points to.
    homes = [os.path.realpath(path.parent) for path in paths]
    smears = {home: f"smear-{n}" for n, home in enumerate(dict.fromkeys(homes), 1)}
    return [
        Field(path, name, folder, smears[home])
        for path, name, folder, home in zip(paths, names, folders, homes, strict=True)
    ]


def readable(name: str) -> str:
    """`name` with what is no text at all replaced, so that every file can hold it."""
    return os.fsencode(name).decode("utf-8", "replace")


def shortened(stem: str) -> str:
    """The first 200 bytes of `stem`: a disk holds 255 in a name, and a number may follow."""
    return stem.encode("utf-8")[:MAX_STEM_BYTES].decode("utf-8", "ignore")


def unique(stems: Iterable[str]) -> list[str]:
    """Stems with ``-2``, ``-3`` … where one repeats, also on a disk that ignores case."""
    taken: set[str] = set(RESERVED)
    result = []
    for stem in stems:
        stem = shortened(stem).strip(". ") or NAMELESS
        name, n = stem, 1
        while name.casefold() in taken:
            n += 1
            name = f"{stem}-{n}"
        taken.add(name.casefold())
        result.append(name)
    return result
