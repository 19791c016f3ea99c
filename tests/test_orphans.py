"""A process that learns and its window that is killed: it ends, and nobody writes beside it."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from fake_learning_child import serve_slow
from learning_project import learning_project
from napari_all_subtype._widgets.train.choices import TrainChoices
from napari_all_subtype._widgets.train.orders import Train
from napari_all_subtype.project import writer_lock
from napari_all_subtype.project.database import create_project, open_lent, open_project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks processes up in /proc"),
]
SPAWN = multiprocessing.get_context("spawn")
LONG_S = 60
PROC = Path("/proc")


def _deaf(folder, sent):
    """A child that never notices anything."""
    with open_lent(folder) as database:
        sent.put((os.getpid(), database.read_only))
        time.sleep(LONG_S)


def _window(child, folder, *given):
    """A window that has a child process and is killed."""
    with open_project(folder):
        SPAWN.Process(target=child, args=given, daemon=True).start()
        time.sleep(LONG_S)


def state_of(process):
    """Letter of its state and the number of its parent, as Linux tells them."""
    try:
        return (process / "stat").read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return ["gone", "0"]


def parent_of(process):
    return int(state_of(process)[1])


def is_there(pid):
    return state_of(PROC / str(pid))[0] not in ("gone", "Z")


def wait_until(true, seconds=20):
    end_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_nobody_writes_beside_a_process_whose_window_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_lock, "LEAVES_S", 0.2)
    folder, sent = tmp_path / "p", SPAWN.Queue()
    create_project(folder).close()
    window = SPAWN.Process(target=_window, args=(_deaf, folder, folder, sent))
    window.start()
    child, refused = sent.get(timeout=LONG_S)
    try:
        assert refused == ""
        window.kill()
        window.join()
        with open_project(folder) as project:
            assert "a training goes on in it whose window was ended" in project.read_only
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: not is_there(child))
        with open_project(folder) as project:
            assert project.read_only == ""
    finally:
        if is_there(child):
            os.kill(child, signal.SIGKILL)


def test_right_that_the_parent_lost_is_not_borrowed(tmp_path):
    with create_project(tmp_path / "p"):
        lock, reason = writer_lock.borrow(tmp_path / "p")
    assert lock is None
    assert "gone" in reason


def test_training_ends_with_its_window_also_if_the_pipe_stays_open(tmp_path):
    folder = tmp_path / "p"
    learning_project(folder).close()
    ours, theirs = SPAWN.Pipe()
    window = SPAWN.Process(target=_window, args=(serve_slow, folder, theirs))
    window.start()
    ours.send(Train(folder, TrainChoices()))
    wait_until(lambda: ours.poll(0.1), LONG_S)  # it works
    children = [int(one.name) for one in PROC.glob("[0-9]*") if parent_of(one) == window.pid]
    assert children
    window.kill()
    window.join()
    wait_until(lambda: not any(map(is_there, children)))
    with open_project(folder) as project:
        assert project.read_only == ""
    assert not theirs.closed  # nothing but the death of the window told it
