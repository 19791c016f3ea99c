"""Which project what is shown belongs to: nothing of one ever goes into another."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype._widgets.fields import SmearField


@dataclass(frozen=True)
class ProjectSmear:
    """A slide of a project, as a source of fields.

    Parameters
    ----------
    folder : Path
        Of the project.
    slide_id : int
    name : str
        What it is called in the window.
    """

    folder: Path
    slide_id: int
    name: str


def same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, however they are spelt."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one is gone
        return os.path.abspath(one) == os.path.abspath(other)


def homes_of(source: object, fields: Iterable[SmearField]) -> set[Path]:
    """Folders of the projects that a smear belongs to.

    Parameters
    ----------
    source : object
        A layer, a folder of images, or a slide of a project.
    fields : iterable of SmearField
    """
    of_source = {source.folder} if isinstance(source, ProjectSmear) else set()
    return of_source | {field.home for field in fields if field.home is not None}


def belongs_elsewhere(source: object, fields: Iterable[SmearField], folder: Path) -> bool:
    """Whether a smear, or a field of it, belongs to another project than that in `folder`."""
    return any(not same_folder(home, folder) for home in homes_of(source, fields))
