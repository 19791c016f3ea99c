"""Crops are kept once, whole, as the reader saw them."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_all_subtype.errors import (
    ProjectDamagedError,
    ProjectReadOnlyError,
    ProjectWriteError,
    RecordError,
)
from napari_all_subtype.project import kept_files
from napari_all_subtype.project.crops import CROPS, keep_crop, keep_crops, read_crop
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.leftovers import sweep


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with create_project(tmp_path_factory.mktemp("project")) as project:
        yield project


def files(project):
    return sorted((project.folder / "crops").rglob("*.*"))


def some_crop(seed, planes=4):
    return np.random.default_rng(seed).integers(0, 256, (12, 12, planes), np.uint8)


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(1, 9), st.sampled_from([3, 4]))
def test_crop_is_read_as_it_was_kept(project, data, side, planes):
    crop = data.draw(arrays(np.uint8, (side, side, planes)))
    assert np.array_equal(read_crop(project, keep_crop(project, crop)), crop)


def test_same_crop_is_one_file(project):
    name = keep_crop(project, some_crop(1))
    before = files(project)
    written = (project.folder / "crops" / name[:2] / name).stat().st_mtime_ns
    assert keep_crop(project, some_crop(1)[::-1][::-1]) == name
    assert files(project) == before
    assert (project.folder / "crops" / name[:2] / name).stat().st_mtime_ns == written
    assert keep_crop(project, some_crop(2)) != name


def test_many_crops_are_kept_as_one_by_one_and_their_names_after_them(project, monkeypatch):
    synced = []
    monkeypatch.setattr(
        kept_files, "folder_to_disk", lambda folder: synced.append((folder, len(files(project))))
    )
    before, mask = len(files(project)), os.umask(0o022)
    try:
        crops = [some_crop(seed) for seed in range(100, 160)]
        names = keep_crops(project, [*crops, crops[0]])
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(mask)
    assert names[-1] == names[0]
    assert names[:-1] == [keep_crop(project, crop) for crop in crops]
    assert all(np.array_equal(read_crop(project, n), c) for n, c in zip(names, crops, strict=False))
    assert {count for _, count in synced} == {before + 60}
    assert {project.folder / "crops" / name[:2] for name in names} < {one for one, _ in synced}


def test_changed_or_missing_file_is_told(project):
    name = keep_crop(project, some_crop(3))
    path = project.folder / "crops" / name[:2] / name
    other = keep_crop(project, some_crop(4))
    path.write_bytes((project.folder / "crops" / other[:2] / other).read_bytes())
    with pytest.raises(ProjectDamagedError, match="not those its name tells"):
        read_crop(project, name)
    for content in (b"", b"no picture"):
        path.write_bytes(content)
        with pytest.raises(ProjectDamagedError, match="it is no crop"):
            read_crop(project, name)
    path.unlink()
    with pytest.raises(ProjectDamagedError, match="No such file"):
        read_crop(project, name)


def test_crop_cut_short_is_written_again(project):
    name = keep_crop(project, some_crop(8))
    path = CROPS.place(project, name)
    path.write_bytes(path.read_bytes()[:-9])
    assert keep_crop(project, some_crop(8)) == name
    assert np.array_equal(read_crop(project, name), some_crop(8))


def test_names_are_on_the_disk_before_they_are_told_and_waited_for_once(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(kept_files, "folder_to_disk", synced.append)
    with create_project(tmp_path) as project:
        place = CROPS.place(project, keep_crop(project, some_crop(9))).parent
        assert synced == [place, place.parent, tmp_path]
        keep_crop(project, some_crop(9))
        assert len(synced) == 3
    # Whoever wrote it may have been killed before the name was there.
    with open_project(tmp_path) as project:
        keep_crop(project, some_crop(9))
        assert synced[3:] == [place, place.parent, tmp_path]


def test_second_crop_waits_for_the_folder_that_is_new_to_it(tmp_path, monkeypatch):
    with create_project(tmp_path) as project:
        first = CROPS.place(project, keep_crop(project, some_crop(0)))
        synced = []
        monkeypatch.setattr(kept_files, "folder_to_disk", synced.append)
        second = next(
            path
            for seed in range(1, 100)
            if (path := CROPS.place(project, keep_crop(project, some_crop(seed)))).parent
            != first.parent
        )
        assert synced[-2:] == [second.parent, second.parent.parent]
        second.unlink()
        keep_crops(project, [read_crop(project, first.name)])
        assert len(synced) == 2


@pytest.mark.parametrize("name", ["", "../project.sqlite", "a.png", "A" * 64 + ".png"])
def test_name_of_anything_else_is_refused(project, name):
    with pytest.raises(RecordError, match="no name of a crop"):
        read_crop(project, name)


@pytest.mark.parametrize(
    "crop", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 0, 3), np.uint8)]
)
def test_what_is_no_crop_is_refused(project, crop):
    with pytest.raises(RecordError, match="cannot be kept"):
        keep_crop(project, crop)


def test_read_only_project_keeps_no_crop(project):
    with open_project(project.folder, write=False) as other, pytest.raises(ProjectReadOnlyError):
        keep_crop(other, some_crop(5))


def test_crop_that_cannot_be_written_is_told(tmp_path):
    with create_project(tmp_path) as project:
        (tmp_path / "crops").touch()
        with pytest.raises(ProjectWriteError, match="could not be kept"):
            keep_crop(project, some_crop(6))


def test_half_written_crops_are_swept_away_and_whole_ones_kept(tmp_path):
    with create_project(tmp_path) as project:
        assert CROPS.sweep(project) == 0
        name = keep_crop(project, some_crop(7))
        (tmp_path / "crops" / name[:2] / ".partial-abc.png").write_bytes(b"half")
        assert CROPS.sweep(project) == 1
        assert np.array_equal(read_crop(project, name), some_crop(7))
        assert [path.name for path in files(project)] == [name]


def test_what_cannot_be_swept_away_is_told_in_words(tmp_path):
    with create_project(tmp_path) as project:
        name = keep_crop(project, some_crop(8))
        (tmp_path / "crops" / name[:2] / ".partial-a-folder").mkdir()
        with pytest.raises(ProjectWriteError, match=r"half-written .* could not be") as told:
            sweep(project)
        assert str(tmp_path) not in str(told.value)
