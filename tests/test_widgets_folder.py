"""A folder of fields in a real child process: stages, overlaps, and what a stop leaves."""

from __future__ import annotations

import cv2
import pytest

from fake_child import FakeClassifier, serve_fake
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.gauge import STAGES
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype._widgets.messages import (
    Ended,
    FieldDone,
    FieldFlagged,
    FieldRequest,
    Run,
    Step,
)
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.workflow.batch import analyse_batch
from napari_all_subtype.workflow.inputs import name_fields

pytestmark = pytest.mark.slow

LONG_MS = 90_000


@pytest.fixture(scope="module")
def overlapping(smear, tmp_path_factory):
    """Four fields; the second shows half of the first again, the fourth is the first."""
    folder = tmp_path_factory.mktemp("smear")
    fields = {
        "1.png": smear.pixels[:, :420],
        "2.png": smear.pixels[:, 210:630],
        "3.png": smear.pixels[::-1, :420],
        "4.png": smear.pixels[:, :420],
    }
    for name, pixels in fields.items():
        cv2.imwrite(str(folder / name), pixels[..., ::-1])
    return folder


@pytest.fixture(scope="module")
def flags_of_batch(overlapping, tmp_path_factory):
    """Flags by field, as the command line finds them."""
    fields = name_fields(sorted(overlapping.iterdir()))
    out = tmp_path_factory.mktemp("out") / "results"
    done = analyse_batch(fields, out, classifier=FakeClassifier())
    return done.smears[0].flags


@pytest.fixture
def heard(qtbot, overlapping):
    """Every message of a run over the folder."""
    heard = []
    worker = Worker(target=serve_fake)
    worker.message.connect(heard.append)
    paths = sorted(overlapping.iterdir())
    fields = tuple(FieldRequest(path.name, path) for path in paths)
    worker.run(Run(AnalysisParameters(), fields), [None] * len(fields))
    qtbot.waitUntil(lambda: bool(heard) and isinstance(heard[-1], Ended), timeout=LONG_MS)
    worker.close()
    return heard


def test_every_stage_that_a_run_reports_is_known_to_the_bar(heard):
    stages = {message.stage for message in heard if isinstance(message, Step)}
    assert stages <= set(STAGES)
    assert {"measure colours", "measure red cells", "compare fields"} <= stages


def test_overlap_is_flagged_as_the_command_line_flags_it(heard, flags_of_batch):
    found = {
        f"{message.field + 1}.png": message.flags
        for message in heard
        if isinstance(message, FieldFlagged)
    }
    assert found == {"2.png": ("overlaps 1.png",)}
    own = {m.result.analysis.name: m.result.analysis.flags for m in heard if type(m) is FieldDone}
    together = {name: (*flags, *found.get(name, ())) for name, flags in own.items()}
    assert {name: flags for name, flags in together.items() if flags} == flags_of_batch


def test_same_picture_is_counted_once(heard, flags_of_batch):
    class Viewer:
        """Nothing of a viewer is needed."""

    viewer = Viewer()
    session = Session(viewer)
    session.set_fields([SmearField(f"{n}.png") for n in range(1, 5)], "smear")
    for message in heard:
        session._on_message(message)
    counts = [session.summary(n).n_cells for n in range(4)]
    assert counts[3] == counts[0] > 0
    assert session.summary().n_cells == sum(counts[:3])
    assert flags_of_batch["4.png"] == session.summary().flags["4.png"]
    assert "same picture as 1.png: counted once" in session.summary().flags["4.png"]
