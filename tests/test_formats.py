"""Formats: told by the first bytes, and a name that says otherwise is noted with care."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from napari_all_subtype.cells.formats import format_of, name_mismatch
from napari_all_subtype.cells.image import open_image


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("field.png", None),
        ("field.PNG", None),
        ("field.jpg", "content is PNG although the name ends in '.jpg'"),
        # What follows the last dot may be a person's name.
        ("x.Mustermann", "content is PNG although the name has an unknown ending"),
        ("x", "content is PNG although the name has no ending"),
    ],
)
def test_wrong_suffix_is_noted_and_an_unknown_one_not_repeated(
    tmp_path: Path, name: str, note: str | None
) -> None:
    path = tmp_path / name
    Image.new("RGB", (20, 20)).save(path, format="PNG")
    assert format_of(path) == "PNG"
    assert name_mismatch(path, "PNG") == note


def test_note_stands_in_the_history_of_the_image(tmp_path: Path) -> None:
    path = tmp_path / "field.jpg"
    Image.new("RGB", (20, 20), (235, 200, 210)).save(path, format="PNG")
    assert open_image(path).history == (name_mismatch(path, "PNG"),)
