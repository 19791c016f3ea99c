"""What is neither a file nor a folder: refused in a sentence, never waited for or replaced."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from napari_all_subtype.cells.folders import list_images
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.errors import ImageReadError, OutputError, OutputExistsError
from napari_all_subtype.files import new_file
from napari_all_subtype.workflow.inputs import find_images, prepare, unique
from napari_all_subtype.workflow.outcomes import failure_of
from napari_all_subtype.workflow.pseudonyms import Pseudonyms

pytestmark = pytest.mark.skipif(os.name != "posix", reason="such files exist on Linux and macOS")


@pytest.fixture(autouse=True)
def never_waits():
    """A read that waits for a writer ends the test instead of hanging it."""
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def pipe(tmp_path) -> Path:
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path / "pipe.png"


def test_pipe_is_refused_at_once(pipe):
    with pytest.raises(ImageReadError, match=r"pipe\.png is a pipe.*[Ee]xpected"):
        open_image(pipe)


def test_socket_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket has few letters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.png")
        with pytest.raises(ImageReadError, match="socket"):
            open_image("s.png")


def test_device_is_refused_at_once():
    with pytest.raises(ImageReadError, match="device"):
        open_image("/dev/zero")


def test_pseudonym_of_a_pipe_needs_no_reading(pipe, tmp_path):
    (name,) = Pseudonyms(tmp_path / "key.json").name_all([pipe])
    assert name.startswith("image-")


def test_pipe_is_no_key_file(pipe):
    with pytest.raises(OutputError, match="key file"):
        Pseudonyms(pipe)


def test_pipe_or_device_is_never_replaced_by_an_output(pipe):
    with pytest.raises(OutputExistsError, match="no ordinary file"), new_file(pipe, overwrite=True):
        pass
    assert pipe.is_fifo()


def test_links_in_a_circle_are_one_clear_error(tmp_path):
    (tmp_path / "a.png").symlink_to("b.png")
    (tmp_path / "b.png").symlink_to("a.png")
    (field,) = prepare([tmp_path / "a.png"])
    with pytest.raises(ImageReadError, match=r"a\.png") as caught:
        open_image(field.path)
    assert str(tmp_path) not in failure_of(field, caught.value).error


def test_folder_of_links_in_a_circle_is_one_clear_error(tmp_path):
    (tmp_path / "fields").symlink_to("fields")
    (field,) = prepare([tmp_path / "fields" / "a.png"])
    with pytest.raises(ImageReadError, match=r"a\.png"):
        open_image(field.path)


def test_name_longer_than_any_disk_holds_is_one_clear_error(tmp_path):
    path = tmp_path / ("x" * 300 + ".png")
    assert find_images([path]) == [path]
    with pytest.raises(ImageReadError, match="long"):
        open_image(path)


def test_name_that_no_file_can_have_is_one_clear_error():
    with pytest.raises(ImageReadError, match="name"):
        open_image("a\0b.png")


def test_result_folders_are_short_enough_for_any_disk():
    names = unique(["ä" * 200, "ä" * 200, "x" * 255])
    assert len(set(names)) == 3
    assert max(len(name.encode()) for name in names) <= 255


@pytest.mark.skipif(
    os.name == "posix" and os.geteuid() == 0, reason="nothing is closed to the super-user"
)
def test_closed_folder_is_one_clear_error(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(ImageReadError, match="closed cannot be opened"):
        list_images(tmp_path / "closed")
