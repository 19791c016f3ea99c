"""The commands of a project, a file for each thing a person does with one."""

from napari_all_subtype.project_commands import adding, leaving, packets, showing  # noqa: F401
from napari_all_subtype.project_commands.app import project

__all__ = ["project"]
