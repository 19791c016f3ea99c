"""Parts worked on by several threads come back in order, few at a time, and can be stopped."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.cells.workers import in_order, usable_cores
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.errors import Stopped
from smear_pictures import UM_PER_PX, Picture


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_keep_the_order_of_their_parts(workers: int) -> None:
    def slow_at_first(k: int) -> int:
        time.sleep(0.02 if k == 0 else 0)
        return -k

    assert list(in_order(slow_at_first, range(12), workers)) == [-k for k in range(12)]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_few_parts_are_taken_ahead_of_what_was_given_back(workers: int) -> None:
    taken = []

    def parts():
        for k in range(20):
            taken.append(k)
            yield k

    for given_back, _ in enumerate(in_order(abs, parts(), workers)):
        assert len(taken) <= given_back + workers + 1


def test_parts_are_taken_in_the_thread_of_the_caller() -> None:
    def parts():
        for _ in range(6):
            yield threading.get_ident()

    assert set(in_order(lambda thread: thread, parts(), 2)) == {threading.get_ident()}


def test_error_of_a_part_reaches_the_caller_and_no_further_part_begins() -> None:
    begun = []

    def work(k: int) -> int:
        begun.append(k)
        if k == 3:
            raise ValueError("third")
        return k

    with pytest.raises(ValueError, match="third"):
        list(in_order(work, range(50), 2))
    assert max(begun) <= 6


def test_at_least_one_core_can_be_used() -> None:
    assert usable_cores() >= 1


def picture() -> np.ndarray:
    """Twenty white cells, some across the seams of tiles."""
    field = Picture(120, 150).red_cells()
    for row in range(4):
        for column in range(5):
            y, x = 15 + 30 * row, 15 + 30 * column
            field.disc(y, x, 16, (235, 228, 222)).white_cell(y, x, 12, 9 + (row + column) % 3)
    return field.finished()


def test_masks_do_not_depend_on_the_number_of_threads() -> None:
    source, parameters = ArraySource(picture()), SegmentationParameters(tile_px=256)
    alone = segment(source, UM_PER_PX, parameters, workers=1)
    assert alone.count == 20
    for workers in (2, 3, 8):
        masks = segment(source, UM_PER_PX, parameters, workers=workers)
        np.testing.assert_array_equal(masks.labels, alone.labels)
        np.testing.assert_array_equal(masks.nuclei, alone.nuclei)


def test_source_is_read_by_one_thread_only() -> None:
    class Watched(ArraySource):
        def read(self, region=None, level=0):
            readers.add(threading.get_ident())
            return super().read(region, level)

    readers: set[int] = set()
    segment(Watched(picture()), UM_PER_PX, SegmentationParameters(tile_px=256), workers=3)
    assert readers == {threading.get_ident()}


def test_stop_during_the_tiles_leaves_no_thread_behind() -> None:
    class StopAtTheThirdTile:
        stop_requested = False

        def report(self, progress) -> None:
            if progress.stage == "segment" and progress.done == 2:
                self.stop_requested = True

    before = threading.active_count()
    with pytest.raises(Stopped):
        segment(
            ArraySource(picture()),
            UM_PER_PX,
            SegmentationParameters(tile_px=256),
            StopAtTheThirdTile(),
            workers=2,
        )
    assert threading.active_count() == before
