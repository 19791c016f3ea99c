"""Progress of a command: lines where the output goes to a file, a whole bar in a terminal."""

import io
import time

import pytest
from rich.console import Console

from napari_all_subtype import progress_bar
from napari_all_subtype.progress import Progress, TrainingProgress
from napari_all_subtype.progress_bar import TerminalMonitor


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_redirected_output_names_each_stage_that_lasts_and_then_a_line_a_minute(capsys):
    clock = Clock()
    with TerminalMonitor(1, clock) as monitor:
        for second in range(241):  # four minutes
            clock.now = second
            monitor.report(Progress("cut cells" if second < 20 else "fold", second // 60, 5))
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["cut cells: 0 of 5", "fold: 0 of 5"]
    assert lines[2:] == ["fold: 1 of 5", "fold: 2 of 5", "fold: 3 of 5"]


def test_short_job_says_nothing_when_redirected(capsys):
    clock = Clock()
    with TerminalMonitor(1, clock) as monitor:
        for stage in ("read", "segment", "classify"):
            clock.now += 1
            monitor.report(Progress(stage))
    assert capsys.readouterr().err == ""


def test_curve_of_a_training_is_said_when_redirected(capsys):
    clock = Clock()
    with TerminalMonitor(1, clock) as monitor:
        clock.now = 9
        told = (("macro_f1", 0.8),)
        monitor.report(TrainingProgress("head", 3, 60, epoch=3, loss=0.5, measured=told))
    assert capsys.readouterr().err == "head, loss 0.500, macro f1 0.800: 3 of 60\n"


def test_question_to_a_person_is_not_painted_over(monkeypatch):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr(progress_bar, "Console", lambda stderr: console)
    with TerminalMonitor(1) as monitor:
        monitor.report(Progress("classify"))
        with monitor.paused():
            out.write("Accept this round?\n")
            time.sleep(0.3)  # the bar is painted ten times a second
            assert out.getvalue().endswith("Accept this round?\n")
        time.sleep(0.3)
        assert "classify" in out.getvalue().rpartition("Accept this round?")[2]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_long_words_do_not_cut_the_bar(width, monkeypatch):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, color_system=None)
    monkeypatch.setattr(progress_bar, "Console", lambda stderr: console)
    with TerminalMonitor(1) as monitor:
        told = (("macro_f1", 0.8), ("balanced_accuracy", 0.81), ("kappa", 0.7))
        stage = "models that judge cells out of sample"
        monitor.report(TrainingProgress(stage, 123, 1260, epoch=3, loss=0.5, measured=told))
    line = max(out.getvalue().replace("\r", "\n").splitlines(), key=len)
    assert "123/1260" in line
    assert "\u2501" * 18 in line or "\u2578" in line
    assert "-:--:--" in line or "0:" in line


def test_what_was_measured_last_stays_in_sight_on_a_narrow_terminal(monkeypatch):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr(progress_bar, "Console", lambda stderr: console)
    stage, told = "fine-tuning, pass 12 of 12", (("val_loss", 0.352), ("val_accuracy", 0.9))
    with TerminalMonitor(1) as monitor:
        monitor.report(TrainingProgress(stage, 88, 96, epoch=11, loss=0.4, measured=told))
        monitor.report(TrainingProgress(stage, 89, 96, epoch=12, loss=0.5))
    assert f"{stage}, val loss 0.352" in out.getvalue()
    out.truncate(0)
    with TerminalMonitor(1) as monitor:
        monitor.report(TrainingProgress(stage, 89, 96, epoch=12, loss=0.5, measured=told))
        monitor.report(TrainingProgress("head", 1, 96, epoch=1, loss=0.7))
    # Another model begins.
    assert "head, loss 0.700" in out.getvalue()
