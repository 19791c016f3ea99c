"""Formats: told by the first bytes, and a name that says otherwise is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from napari_all_subtype.cells.folders import is_image_name
from napari_all_subtype.cells.formats import format_of, refuse_wrong_name
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.errors import ImageReadError

FORMATS = {
    "PNG": ["a.png", "a.PNG"],
    "JPEG": ["a.jpg", "a.jpeg", "a.JPG", "a.jpe", "a.jfif"],
    "BMP": ["a.bmp"],
    "TIFF": ["a.tif", "a.tiff", "a.ome.tif", "a.ome.tiff"],
}


def saved(path: Path, file_format: str) -> Path:
    Image.new("RGB", (20, 20), (235, 200, 210)).save(path, format=file_format)
    return path


@pytest.mark.parametrize(
    ("name", "file_format"), [(name, f) for f, names in FORMATS.items() for name in names]
)
def test_every_usual_ending_of_a_format_is_accepted(
    tmp_path: Path, name: str, file_format: str
) -> None:
    path = saved(tmp_path / name, file_format)
    assert format_of(path) == file_format
    assert refuse_wrong_name(path, file_format) is None
    assert is_image_name(name)


@pytest.mark.parametrize(
    ("name", "file_format", "sentence"),
    [
        ("photo.png", "JPEG", "photo.png is a JPEG, not a PNG: rename it to end in .jpg"),
        ("photo.jpg", "PNG", "photo.jpg is a PNG, not a JPEG: rename it to end in .png"),
        ("photo.ome.tif", "BMP", "photo.ome.tif is a BMP, not a TIFF: rename it to end in .bmp"),
    ],
)
def test_wrongly_named_image_is_refused_with_the_remedy(
    tmp_path: Path, name: str, file_format: str, sentence: str
) -> None:
    path = saved(tmp_path / name, file_format)
    with pytest.raises(ImageReadError) as caught:
        open_image(path)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        # What follows the last dot may be a person's name.
        ("x.Mustermann", "content is PNG; the name has an unknown ending"),
        ("x", "content is PNG; the name has no ending"),
    ],
)
def test_name_that_promises_no_format_is_noted_and_not_repeated(
    tmp_path: Path, name: str, note: str
) -> None:
    assert open_image(saved(tmp_path / name, "PNG")).history == (note,)
