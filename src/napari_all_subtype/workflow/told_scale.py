"""The size of a pixel that people stated for the pictures of a project."""

from __future__ import annotations

from napari_all_subtype.config import ScaleParameters
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.smears import fields_of

BY_A_PERSON = ("user", "profile")


def told_scale(database: Database) -> ScaleParameters:
    """The size that people stated for every picture whose size is known, if it is one.

    Other pictures of the same laboratory are likely to have it, too. Where pictures tell their
    size themselves, or sizes differ, each picture must.
    """
    known = [field for field in fields_of(database) if field.um_per_px]
    sizes = {field.um_per_px for field in known}
    if len(sizes) != 1 or any(field.um_origin not in BY_A_PERSON for field in known):
        return ScaleParameters()
    return ScaleParameters(pixel_size_um=sizes.pop())
