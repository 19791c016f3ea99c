"""The group of commands *project*, and what all of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from napari_all_subtype.options import option_name

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2

Folder = Annotated[Path, Parameter(help="Folder of the project.")]

project = App(
    name="project",
    help="A folder that remembers smears, and what people said of their cells.",
    default_parameter=Parameter(name_transform=option_name),
)
