"""Cases, slides, fields and readers: entered once, and names of people kept apart."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.readers import (
    begin_reading,
    reader_named,
    readers_of,
    readings_of,
)
from napari_all_subtype.project.records import Field, Slide
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    field_of,
    fields_of,
    move_field,
    path_of,
    plain_text,
    slides_of,
)
from project_examples import SHA

IDENTIFIERS = ("case_identifiers", "field_files")


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "project") as project:
        yield project


@pytest.fixture
def slide_id(project):
    return add_slide(project, add_specimen(project, add_case(project), "blood"))


def test_same_identifier_is_the_same_case(project):
    first = add_case(project, identifier="Maria Muster *1971")
    assert first == "case-1"
    assert add_case(project) == "case-2"
    assert add_case(project, identifier=" Maria Muster *1971") == first
    assert add_case(project, "case-1", "Maria Muster *1971") == first


def test_pseudonym_may_be_named_again_for_the_same_case(project):
    assert add_case(project, "fox") == add_case(project, " fox ") == "fox"
    assert add_case(project, "fox", "Maria") == add_case(project, identifier="Maria") == "fox"
    assert [row["id"] for row in project.rows("SELECT id FROM cases")] == ["fox"]


@pytest.mark.parametrize("named", [("hare", "Maria"), ("fox", "Anna")])
def test_pseudonym_of_another_patient_is_refused(project, named):
    add_case(project, "fox", "Maria")
    with pytest.raises(RecordError, match="fox already") as caught:
        add_case(project, *named)
    assert not any(name in str(caught.value) for name in ("Maria", "Anna"))


def test_free_pseudonym_is_found_among_taken_ones(project):
    add_case(project, "case-2")
    assert [add_case(project), add_case(project)] == ["case-3", "case-4"]


def test_identifiers_stand_in_tables_of_their_own(project, slide_id):
    add_case(project, identifier="Maria Muster")
    add_field(project, slide_id, Path("/scans/Maria Muster/1.png"), SHA, (4, 6))
    for row in project.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        text = repr([tuple(r) for r in project.rows(f"SELECT * FROM {row['name']}")])
        assert ("Maria" in text) == (row["name"] in IDENTIFIERS)


def test_field_is_found_as_it_was_entered(project, slide_id):
    field_id = add_field(project, slide_id, Path("a.png"), SHA, (480, 640), 0.1, "user")
    field = Field(field_id, slide_id, SHA, (480, 640), 0.1, "user")
    assert field_of(project, field_id) == field
    assert fields_of(project) == fields_of(project, slide_id) == [field]
    assert fields_of(project, 99) == []
    assert slides_of(project) == [Slide(slide_id, 1, "case-1", "blood")]


def test_field_of_a_slide_that_is_not_there_is_refused(project):
    with pytest.raises(RecordError, match="Nothing was changed"):
        add_field(project, 99, Path("a.png"), SHA, (4, 6))
    for ask in (field_of, path_of):
        with pytest.raises(RecordError, match="no field 99"):
            ask(project, 99)
    assert fields_of(project) == []


def test_file_inside_the_project_is_found_after_the_project_moved(project, slide_id, tmp_path):
    inside = add_field(project, slide_id, project.folder / "images" / "1.png", SHA, (4, 6))
    outside = add_field(project, slide_id, tmp_path / "2.png", SHA, (4, 6))
    project.close()
    shutil.copytree(project.folder, tmp_path / "moved")
    with open_project(tmp_path / "moved") as moved:
        assert path_of(moved, inside) == tmp_path / "moved" / "images" / "1.png"
        assert path_of(moved, outside) == tmp_path / "2.png"
        move_field(moved, outside, tmp_path / "3.png")
        assert path_of(moved, outside) == tmp_path / "3.png"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_file_whose_name_is_no_text_is_found(project, slide_id, tmp_path):
    path = tmp_path / os.fsdecode(b"smear-\xff.png")
    assert path_of(project, add_field(project, slide_id, path, SHA, (4, 6))) == path


def test_digest_tells_pixels_and_not_their_memory(project):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert pixels_sha256(pixels[::2, ::3]) == pixels_sha256(pixels[::2, ::3].copy())
    other = pixels.copy()
    other[0, 0, 0] ^= 1
    assert pixels_sha256(other) != pixels_sha256(pixels)


def test_reader_of_one_name_is_one_reader(project):
    first = reader_named(project, "Dr. Ärztin 医者 🩸'; DROP TABLE readers;--")
    assert reader_named(project, "Dr. A\u0308rztin 医者 🩸'; DROP TABLE readers;-- ") == first
    assert readers_of(project) == [first]
    with pytest.raises(RecordError, match="no name"):
        reader_named(project, " \n")


@given(st.text(min_size=1))
def test_any_characters_make_a_name_that_stays(text):
    name = plain_text(text)
    assert plain_text(name) == name


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "\u202eevil", "'\"%_;", "١٢٣"])
def test_any_characters_can_name_a_reader(project, name):
    reader = reader_named(project, name)
    assert readers_of(project) == [reader]


def test_readings_of_a_slide_are_told(project, slide_id):
    reader = reader_named(project, "B")
    reading = begin_reading(project, reader.reader_id, slide_id)
    assert reading.blind
    assert readings_of(project, slide_id) == [reading]
    with pytest.raises(RecordError):
        begin_reading(project, reader.reader_id, 99)
