"""A folder of fields in a real child process: stages, overlaps, and what a stop leaves."""

from __future__ import annotations

import cv2
import pytest

from fake_child import FakeClassifier, serve_fake
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
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.workflow.batch import analyse_batch
from napari_all_subtype.workflow.inputs import name_fields

pytestmark = pytest.mark.slow

LONG_MS = 90_000


@pytest.fixture(scope="module")
def overlapping(smear, tmp_path_factory):
    """Three fields; the second shows half of the first again."""
    folder = tmp_path_factory.mktemp("smear")
    fields = {
        "1.png": smear.pixels[:, :420],
        "2.png": smear.pixels[:, 210:630],
        "3.png": smear.pixels[::-1, :420],
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
