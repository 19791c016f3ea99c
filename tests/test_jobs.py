"""The child process: its runs, its end, its death; and what goes through the pipe."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as some_array

from examples import example_analysis
from fake_child import serve_dying, serve_fake, serve_stuck
from fake_learning_child import serve_lingering
from fake_learning_child import serve_stuck as deaf_learner
from napari_all_subtype._widgets.child import serve
from napari_all_subtype._widgets.gauge import STAGES, Gauge
from napari_all_subtype._widgets.jobs import Role, Worker
from napari_all_subtype._widgets.messages import (
    Classified,
    Classify,
    Ended,
    Explain,
    Explained,
    FieldDone,
    FieldFailed,
    FieldRequest,
    Ready,
    Run,
    Step,
    receive_array,
    send_array,
)
from napari_all_subtype._widgets.packing import PackedAnalysis, PackedMask
from napari_all_subtype.cells import table
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters

pytestmark = pytest.mark.slow

START_MS = 60_000  # a busy machine may need long to start a process
LARGEST_INT32 = 2**31 - 1


class Heard(list):
    """Every message of a worker."""

    @property
    def ended(self):
        return [m for m in self if isinstance(m, Ended)]

    def of(self, kind):
        return [m for m in self if isinstance(m, kind)]


@pytest.fixture
def worker_of(qtbot):
    """Makes workers with what they say, and ends them after the test."""
    made = []

    def make(target):
        worker, heard = Worker(target=target), Heard()
        worker.message.connect(heard.append)
        made.append(worker)
        return worker, heard

    yield make
    for worker in made:
        worker.close()


def wait_for_the_death_of(process, qtbot):
    """A killed process is gone soon, not at once: a busy system takes its time."""
    qtbot.waitUntil(lambda: not process.is_alive(), timeout=5000)


def run_of(smear, *names):
    """A run over copies of `smear`, and their arrays."""
    size = PixelSize(smear.um_per_px, "layer", 0.02)
    pixels = smear.pixels
    fields = tuple(FieldRequest(n, None, pixels.shape, str(pixels.dtype), size) for n in names)
    return Run(AnalysisParameters(), fields), [pixels] * len(names)


def test_array_and_file_come_back_as_analyses_in_order(qtbot, worker_of, smear, smear_file):
    worker, heard = worker_of(serve_fake)
    run, arrays = run_of(smear, "one")
    grey = np.full((200, 200), 120, np.uint8)
    fields = (
        *run.fields,
        FieldRequest("grey", None, grey.shape, "uint8"),
        FieldRequest(smear_file.name, smear_file),
    )
    worker.run(Run(run.parameters, fields), [*arrays, grey, None])
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)
    assert heard.of(Ready) == [Ready("fake 0", "CPU")]
    assert [m.field for m in heard.of(FieldDone)] == [0, 2]
    assert [m.field for m in heard.of(FieldFailed)] == [1]
    assert heard.ended == [Ended()]
    analysis = heard.of(FieldDone)[0].result.unpack()
    assert analysis.masks.labels.shape == smear.masks.labels.shape
    assert set(np.unique(analysis.masks.labels)) == {0, *table.present(analysis.cells)["label"]}
    # The next run uses the same process.
    pid = worker.pid
    heard.clear()
    worker.run(run, arrays)
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)
    assert worker.pid == pid
    assert len(heard.of(FieldDone)) == 1


def test_child_says_what_the_network_looked_at_in_a_crop_and_refuses_a_wrong_one(qtbot, worker_of):
    worker, heard = worker_of(serve)
    for crop in (np.full((96, 96, 4), 90, np.uint8), np.zeros((8, 8, 3), np.uint8)):
        request = FieldRequest("crop", None, crop.shape, str(crop.dtype))
        worker.run(Explain(AnalysisParameters(), (request,)), [crop])
        qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)
        said, ended = heard.of(Explained), heard.ended
        heard.clear()
        if len(crop) == 96:
            assert said[0].saliency.for_blast.shape == (96, 96)
            assert ended == [Ended()]
        else:
            assert not said
            assert "(96, 96, 4) uint8" in ended[0].message


def test_second_run_is_refused_while_one_goes_on(worker_of, smear):
    worker, _ = worker_of(serve_stuck)
    worker.run(*run_of(smear, "one"))
    with pytest.raises(RuntimeError, match="stop it or wait"):
        worker.run(*run_of(smear, "two"))


def test_stop_ends_within_a_second_also_while_the_model_loads(qtbot, worker_of, smear):
    worker, heard = worker_of(serve_stuck)
    worker.run(*run_of(smear, "one"))
    qtbot.waitUntil(lambda: bool(heard.of(Step)), timeout=START_MS)
    process = worker._link.process
    began_s = time.monotonic()
    worker.stop()
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=5000)
    assert time.monotonic() - began_s < 1.0
    assert heard.ended == [Ended(stopped=True)]
    assert not worker.running
    wait_for_the_death_of(process, qtbot)


def test_child_that_finishes_after_a_stop_is_killed_only_when_it_tells_nothing(qtbot):
    role = Role("learning", 500, "died", killed="It told nothing.", finishes=True)
    for target, why in ((serve_lingering, "It was kept."), (deaf_learner, "It told nothing.")):
        worker, heard = Worker(target=target, role=role), Heard()
        worker.message.connect(heard.append)
        worker.run("anything", [])
        worker.stop()
        # A busy machine may take longer to start the process than it may be silent.
        worker._patience.stop()
        if target is serve_lingering:
            qtbot.waitUntil(lambda: bool(heard), timeout=START_MS)  # noqa: B023
        worker._patience.start()
        qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)  # noqa: B023
        assert heard.ended == [Ended(stopped=True, message=why)]
        worker.close()


def test_stop_right_after_run_ends_it_as_well(qtbot, worker_of, smear):
    worker, heard = worker_of(serve_fake)
    worker.run(*run_of(smear, "one"))
    worker.stop()
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=5000)
    assert heard.ended == [Ended(stopped=True)]
    assert not heard.of(FieldDone)


def test_dead_child_is_told_once_and_the_next_run_starts_another(qtbot, worker_of, smear):
    worker, heard = worker_of(serve_dying)
    worker.run(*run_of(smear, "one"))
    dead = worker.pid
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)
    (ended,) = heard.ended
    assert "exit code 9" in ended.message
    assert not worker.running
    worker.run(*run_of(smear, "one"))
    assert worker.pid not in (None, dead)


def test_closing_kills_the_child_and_says_nothing(qtbot, worker_of, smear):
    worker, heard = worker_of(serve_stuck)
    worker.run(*run_of(smear, "one"))
    process = worker._link.process
    worker.close()
    assert worker.pid is None
    wait_for_the_death_of(process, qtbot)
    qtbot.wait(50)
    assert heard.ended == []


def test_closing_is_quiet_when_qt_has_deleted_the_worker(qtbot, smear):
    """As at the end of the program, where Qt deletes in an order of its own."""
    worker = Worker(target=serve_stuck)
    worker.run(*run_of(smear, "one"))
    process = worker._link.process
    worker.deleteLater()
    qtbot.wait(50)
    worker.close()
    wait_for_the_death_of(process, qtbot)


def test_child_goes_when_its_worker_is_forgotten(qtbot, smear):
    import gc

    worker = Worker(target=serve_stuck)
    worker.run(*run_of(smear, "one"))
    process = worker._link.process
    del worker
    gc.collect()
    wait_for_the_death_of(process, qtbot)


def test_lazy_layer_that_cannot_be_computed_ends_the_run_with_a_reason(qtbot, worker_of):
    class Broken:
        shape, dtype = (64, 64, 3), np.dtype(np.uint8)

        def __array__(self, *_, **__):
            raise OSError("the share is gone")

    worker, heard = worker_of(serve_fake)
    broken = Broken()
    run = Run(AnalysisParameters(), (FieldRequest("lazy", None, broken.shape, "uint8"),))
    worker.run(run, [broken])
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)
    assert "the share is gone" in heard.ended[0].message


class Pipe:
    """Both ends of a pipe in memory."""

    def __init__(self):
        self.pieces = []

    def send_bytes(self, piece):
        self.pieces.append(bytes(piece))

    def recv_bytes_into(self, view):
        view[:] = self.pieces.pop(0)


@pytest.mark.parametrize("shape", [(4, 5, 3), (1700, 1000, 3), (0, 4)])
def test_array_survives_the_pipe_in_pieces(shape):
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)[::-1]
    pipe = Pipe()
    send_array(pipe, array)
    assert max(map(len, pipe.pieces), default=0) <= 4 << 20
    np.testing.assert_array_equal(receive_array(pipe, array.shape, "uint16"), array)


@settings(deadline=None, max_examples=40)  # a busy machine is no failure
@given(
    some_array(
        np.int32,
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        elements=st.integers(0, LARGEST_INT32),
    )
)
def test_packed_mask_is_the_mask_again(mask):
    back = PackedMask.of(mask).unpack()
    assert back.dtype == np.int32
    np.testing.assert_array_equal(back, mask)


def test_packed_analysis_is_small_and_whole():
    analysis = example_analysis()
    packed = PackedAnalysis.of(analysis)
    assert packed.analysis.masks.labels.size == 0
    assert len(packed.labels.content) < analysis.masks.labels.nbytes / 20
    back = packed.unpack()
    np.testing.assert_array_equal(back.masks.labels, analysis.masks.labels)
    np.testing.assert_array_equal(back.masks.nuclei, analysis.masks.nuclei)
    assert back.cells is analysis.cells


STEPS = st.builds(
    Step,
    field=st.integers(0, 3),
    fields=st.just(4),
    stage=st.sampled_from([*STAGES, "a stage of the future"]),
    done=st.integers(0, 9),
    total=st.integers(0, 9),
)


@settings(deadline=None, max_examples=40)  # a busy machine is no failure
@given(st.lists(STEPS, max_size=30))
def test_gauge_never_falls_and_never_says_done(messages):
    gauge, before = Gauge(), 0
    for message in messages:
        percent = gauge.update(message)
        assert before <= percent <= 99
        before = percent
        assert gauge.words


def test_gauge_moves_on_within_a_field_and_names_what_is_done():
    gauge = Gauge()
    places = [gauge.update(Step(0, 1, stage, 1, 2)) for stage in STAGES]
    assert places == sorted(places)
    assert places[-1] > 90
    gauge.update(Step(0, 1, "segment"))
    assert gauge.words == "Finding cells"


def test_crops_of_corrected_cells_are_classified_by_their_labels(worker_of, qtbot):
    worker, heard = worker_of(serve_fake)
    crops = np.zeros((2, 96, 96, 3), np.uint8)
    request = FieldRequest("crops", None, crops.shape, str(crops.dtype))
    worker.run(Classify(AnalysisParameters(), (7, 12), (request,)), [crops])
    qtbot.waitUntil(lambda: bool(heard.ended), timeout=START_MS)
    (answer,) = heard.of(Classified)
    assert answer.labels == (7, 12)
    assert answer.said["subtype"].to_dict() == {7: "normal", 12: "blast"}
    assert heard.ended == [Ended()]
