"""A project that cannot be written is read all the same, and says why."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from napari_all_subtype.project.database import DATABASE_FILE, open_project
from napari_all_subtype.project.smears import slides_of
from project_examples import new_project

needs_other_user = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a folder is closed to its owner only on Unix"
)


def as_somebody_else(folder, action):
    """What `action` gives where `folder` is closed to writing, also under the super-user."""
    there, back = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            os.write(back, repr(action(folder)).encode())
        except BaseException as error:
            os.write(back, repr(error).encode())
        finally:
            os._exit(0)
    os.close(back)
    with os.fdopen(there) as stream:
        said = stream.read()
    os.waitpid(process, 0)
    return said


@pytest.fixture
def closed_folder():
    """A project in a folder that can be read and not written; left by a killed program."""
    parent = Path(tempfile.mkdtemp())
    folder = parent / "project"
    project = new_project(folder)
    yield folder, project
    project.close()
    for path in (parent, folder):
        path.chmod(0o755)
    shutil.rmtree(parent)


def close_to_writing(folder):
    for path in folder.iterdir():
        path.chmod(0o444)
    for path in (folder, folder.parent):
        path.chmod(0o555)


def read_cases(folder):
    with open_project(folder) as project:
        return [slide.case_id for slide in slides_of(project)], project.read_only


@pytest.mark.parametrize("name", ["a?b#c%20 d'é", os.fsdecode(b"smear-\xff")])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such names cannot be")
def test_folder_of_any_name_is_read_and_written(tmp_path, name):
    with (
        new_project(tmp_path / name) as project,
        open_project(tmp_path / name, write=False) as other,
    ):
        assert not project.read_only
        assert slides_of(other) == slides_of(project)


@needs_other_user
def test_folder_closed_to_writing_is_read_and_says_why(closed_folder):
    folder, project = closed_folder
    project.close()
    close_to_writing(folder)
    said = as_somebody_else(folder, read_cases)
    assert said.startswith("(['case-1'], 'its folder cannot be written")


@needs_other_user
def test_log_left_by_a_killed_program_is_read_where_nothing_can_be_written(closed_folder):
    folder, _project = closed_folder
    copy = folder.with_name("copy")
    # The copy of an open project is what a killed program leaves.
    shutil.copytree(folder, copy)
    (copy / f"{DATABASE_FILE}-shm").unlink()
    assert (copy / f"{DATABASE_FILE}-wal").stat().st_size
    close_to_writing(copy)
    said = as_somebody_else(copy, read_cases)
    copy.chmod(0o755)
    assert said.startswith("(['case-1'], 'its folder cannot be written")


@needs_other_user
def test_file_closed_to_writing_in_an_open_folder_is_read(closed_folder):
    folder, project = closed_folder
    project.close()
    (folder / DATABASE_FILE).chmod(0o444)
    for path in (folder, folder.parent):
        path.chmod(0o777)
    (folder / "project.lock").chmod(0o666)
    said = as_somebody_else(folder, read_cases)
    assert said.startswith("(['case-1'], 'its file cannot be written")


@needs_other_user
def test_file_that_may_not_be_read_is_told_in_words(closed_folder):
    folder, project = closed_folder
    project.close()
    close_to_writing(folder)
    (folder / DATABASE_FILE).chmod(0o000)
    said = as_somebody_else(folder, read_cases)
    assert said.startswith("ProjectReadError(")
    assert "cannot be read" in said
