"""The program stopped from outside, or started where there is nothing to stand on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals"),
]
PROGRAM = [sys.executable, "-m", "napari_all_subtype.cli"]


def stopped(words, folder, number, reached, times=1):
    """Status and stderr of the program, sent a signal once `reached()` is true."""
    with subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_ctrl_c,
    ) as process:
        deadline = time.monotonic() + 90
        while not reached(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.1)
        _, errors = process.communicate(timeout=60)
    # Python ends itself by the signal where the interrupt hit an `exec` of a library's import
    # (its `unhandled_keyboard_interrupt`); a shell tells both the same way, as 130.
    status = process.returncode
    return (128 - status if status < 0 else status), errors


def _hear_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def after(seconds):
    """True that many seconds after it was first asked."""
    begun = []

    def reached(process):
        begun.append(time.monotonic())
        return begun[-1] - begun[0] > seconds

    return reached


@pytest.mark.parametrize("seconds", [1.0, 2.0, 4.0])
def test_ctrl_c_while_the_program_loads_is_one_line(seconds, smear_file, tmp_path):
    words = ["analyse", smear_file, "--out", "out"]
    status, errors = stopped(words, tmp_path, signal.SIGINT, after(seconds))
    assert (status, errors.splitlines()[-1:]) == (
        130,
        ["Stopped. What was finished before, if anything, is kept; nothing is half-written."],
    )
    assert "Traceback" not in errors
    assert not [path for path in tmp_path.rglob("*") if "partial" in path.name]


@pytest.mark.parametrize(
    ("number", "status", "times"), [(signal.SIGINT, 130, 2), (signal.SIGTERM, 143, 1)]
)
def test_stopped_batch_keeps_whole_results_only(number, status, times, smear_file, tmp_path):
    fields = tmp_path / "fields"
    fields.mkdir()
    for n in range(12):
        (fields / f"{n}.png").write_bytes(smear_file.read_bytes())
    words = ["analyse", "fields", "--out", "out", "--pixel-size", 0.13]
    out = tmp_path / "out"
    done = stopped(words, tmp_path, number, lambda _: (out / "1").exists(), times)
    assert done[0] == status
    assert "Traceback" not in done[1]
    assert '"state": "stopped"' in (out / "batch.json").read_text()
    assert not list(out.glob(".partial*"))
    assert (out / "0" / "summary.json").is_file()


def test_lost_folder_is_one_clear_line(tmp_path):
    lost = tmp_path / "lost"
    lost.mkdir()
    script = f'cd "{lost}" && rmdir "{lost}" && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *PROGRAM, "analyse", "a.png", "--out", "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "current folder" in line
