"""A folder of fields in a real child process: stages, overlaps, and what a stop leaves."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import pandas as pd
import pytest

from fake_child import FakeClassifier, serve_fake
from napari_all_subtype._widgets.exporting import export_fields
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.gauge import STAGES
from napari_all_subtype._widgets.jobs import Worker
from napari_all_subtype._widgets.messages import (
    Ended,
    FieldCompared,
    FieldDone,
    FieldFlagged,
    FieldRequest,
    Run,
    Step,
)
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.cells.edits import delete
from napari_all_subtype.config import AnalysisParameters, ReadingParameters
from napari_all_subtype.errors import OutputExistsError
from napari_all_subtype.workflow.batch import analyse_batch
from napari_all_subtype.workflow.corrections import remeasured
from napari_all_subtype.workflow.inputs import name_fields
from napari_all_subtype.workflow.project_keeping import KeptField

pytestmark = pytest.mark.slow

LONG_MS = 180_000
TIMES = ("seconds", "created")
# Some of the cells that the fake model calls normal are a ruler.
PARAMETERS = AnalysisParameters.of(
    fab={
        "min_small_lymphocytes": 2,
        "min_small_lymphocyte_p": 0.5,
        "max_small_lymphocyte_um": 20.0,
        "min_small_lymphocyte_nc": 0.1,
        "max_small_lymphocyte_nc": 1.0,
        "min_lymphocytes_per_blast": 0.0,
    }
)


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
def results_of_batch(overlapping, tmp_path_factory):
    """Folder of the results that the command line leaves."""
    fields = name_fields(sorted(overlapping.iterdir()))
    out = tmp_path_factory.mktemp("out") / "results"
    analyse_batch(fields, out, PARAMETERS, classifier=FakeClassifier())
    return out


@pytest.fixture(scope="module")
def flags_of_batch(results_of_batch):
    """Flags by field, as the command line finds them."""
    return json.loads((results_of_batch / "batch.json").read_text())["smears"][0]["flags"]


@pytest.fixture
def heard(qtbot, overlapping):
    """Every message of a run over the folder."""
    heard = []
    worker = Worker(target=serve_fake)
    worker.message.connect(heard.append)
    paths = sorted(overlapping.iterdir())
    fields = tuple(FieldRequest(path.name, path) for path in paths)
    worker.run(Run(PARAMETERS, fields), [None] * len(fields))
    qtbot.waitUntil(lambda: bool(heard) and isinstance(heard[-1], Ended), timeout=LONG_MS)
    worker.close()
    return heard


@pytest.fixture
def session(heard, overlapping):
    """A session that has heard it."""

    class Viewer:
        """Nothing of a viewer is needed."""

    viewer = Viewer()
    session = Session(viewer)
    paths = sorted(overlapping.iterdir())
    session.set_fields([SmearField(path.name, path) for path in paths], "smear")
    for message in heard:
        session._on_message(message)
    return session


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
    together = {name: [*flags, *found.get(name, ())] for name, flags in own.items()}
    assert {name: flags for name, flags in together.items() if flags} == flags_of_batch


def test_same_picture_is_counted_once(session, flags_of_batch):
    counts = [session.summary(n).n_cells for n in range(4)]
    assert counts[3] == counts[0] > 0
    assert session.summary().n_cells == sum(counts[:3])
    assert flags_of_batch["4.png"] == list(session.summary().flags["4.png"])
    assert "same picture as 1.png: counted once" in session.summary().flags["4.png"]


def test_blasts_of_all_fields_are_compared_with_one_ruler(heard, session):
    compared = [message for message in heard if isinstance(message, FieldCompared)]
    assert [message.field for message in compared] == [0, 1, 2, 3]
    assert {message.ruler.kind for message in compared} == {"small lymphocytes"}
    assert {session.result(n).analysis.ruler for n in range(4)} == {compared[0].ruler}
    before = [m.result.analysis.cells["fab_ruler"] for m in heard if type(m) is FieldDone]
    assert any((kinds == "red cells").any() for kinds in before)
    cells = pd.concat([session.result(n).analysis.cells for n in range(3)])
    patterns = cells.loc[cells["fab_pattern"] != "", "fab_pattern"]
    said = session.summary().smear_score
    counts = patterns.value_counts(normalize=True)
    assert said.patterns == pytest.approx({n: counts.get(n, 0.0) for n in said.patterns})
    assert compared[0].ruler.text in said.text


def test_field_that_was_edited_meanwhile_is_compared_as_it_is_now(heard):
    done = next(m for m in heard if type(m) is FieldDone)
    message = next(m for m in heard if isinstance(m, FieldCompared))
    blast = int(message.rows.index[0])
    analysis = done.result.unpack()
    edit = delete(analysis.masks, analysis.cells, blast)
    edited = done.result.edited((edit,), replace(analysis, cells=remeasured(analysis, edit)))
    after = edited.compared(message.ruler, message.rows).analysis
    assert after.ruler == message.ruler
    assert after.cells.loc[blast, "fab_pattern"] == ""
    rest = message.rows.drop(index=blast)
    pd.testing.assert_frame_equal(after.cells.loc[rest.index, rest.columns], rest)


def test_field_that_a_project_has_by_now_is_not_changed_behind_its_back(heard, session):
    # A person spoke of its cells while the other fields were still being analysed.
    before = next(m.result for m in heard if type(m) is FieldDone)
    message = next(m for m in heard if isinstance(m, FieldCompared))
    session.put(0, result=before, kept=KeptField(1, 1, 1))
    session._on_message(message)
    assert session.result(0) is before
    session.put(0, kept=None)
    session.record.keeper.keeping.add(before.labels)
    session._on_message(message)
    assert session.result(0) is before
    text = session.summary().smear_score.text
    assert "in 2 fields, and a usual small lymphocyte" in text


def content_of(path):
    """What a file says, without the time it took to find out."""
    if path.suffix not in (".json", ".geojson"):
        return path.read_bytes()
    content = json.loads(path.read_text())
    provenance = content.get("provenance", {})
    return content | {"provenance": {k: v for k, v in provenance.items() if k not in TIMES}}


def test_export_leaves_the_files_of_the_command_line(session, results_of_batch, tmp_path):
    export_fields(session.fields, [None] * 4, tmp_path, ReadingParameters())
    files = {path.relative_to(tmp_path) for path in tmp_path.rglob("*")}
    assert files == {path.relative_to(results_of_batch) for path in results_of_batch.rglob("*")}
    for file in files:
        if (tmp_path / file).is_file():
            assert content_of(tmp_path / file) == content_of(results_of_batch / file), file


def test_export_names_what_failed_and_what_a_stop_left_out(session, tmp_path):
    done, failed, open_field, _ = session.fields
    failed = replace(failed, result=None, error="2.png is empty; copy it again.")
    open_field = replace(open_field, result=None)
    export_fields([done, failed, open_field], [None] * 3, tmp_path, ReadingParameters())
    batch = json.loads((tmp_path / "batch.json").read_text())
    assert batch["state"] == "stopped"
    assert [(i["file"], i["folder"], i["error"]) for i in batch["images"]] == [
        ("1.png", "1", None),
        ("2.png", None, failed.error),
    ]
    assert batch["smears"][0]["n_cells"] == session.summary(0).n_cells


def test_export_touches_nothing_where_results_are(session, tmp_path):
    (tmp_path / "batch.json").write_text("{}")
    with pytest.raises(OutputExistsError, match="already"):
        export_fields(session.fields, [None] * 4, tmp_path, ReadingParameters())
    assert [path.name for path in tmp_path.iterdir()] == ["batch.json"]
