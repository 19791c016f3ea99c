"""The commands of a project, a file for each thing a person does with one."""

from napari_all_subtype.project_commands import (  # noqa: F401
    adding,
    leaving,
    packets,
    reading,
    showing,
)
from napari_all_subtype.project_commands.app import project

__all__ = ["project"]
