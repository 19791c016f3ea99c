"""The preview: the same cells as the analysis, in the part of the image that is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells import stain
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource, Region
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.workflow import preview as module
from napari_all_subtype.workflow.preview import Previewer, middle_of

UM_PER_PX = 0.13


@pytest.fixture(scope="module")
def previewer(smear):
    return Previewer(ArraySource(smear.pixels), UM_PER_PX)


def test_preview_of_the_whole_image_counts_the_cells_of_the_analysis(previewer, smear):
    seen = previewer(Region(0, 0, *smear.pixels.shape[:2]))
    assert seen.count == segment(ArraySource(smear.pixels), UM_PER_PX).count > 5


def test_lines_lie_on_the_borders_of_the_cells_of_the_analysis(previewer, smear):
    shape = smear.pixels.shape[:2]
    seen = previewer(Region(0, 0, *shape))
    labels = segment(ArraySource(smear.pixels), UM_PER_PX).labels
    ys, xs = (
        np.round((axis + 0.5) * seen.zoom - 0.5).astype(int) for axis in np.nonzero(seen.lines)
    )
    near = [
        len(np.unique(labels[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5])) > 1
        for y, x in zip(ys, xs, strict=True)
    ]
    assert np.mean(near) > 0.9


def test_part_has_fewer_cells_and_only_those_centred_in_it(previewer, smear):
    height, width = smear.pixels.shape[:2]
    whole = previewer(Region(0, 0, height, width)).count
    halves = [previewer(Region(0, x0, height, x0 + width // 2)).count for x0 in (0, width // 2)]
    assert abs(sum(halves) - whole) <= 1
    assert max(halves) < whole


def test_image_is_read_whole_once_whatever_is_moved(smear, monkeypatch):
    read = []
    monkeypatch.setattr(module, "overview", lambda *given: read.append(1) or stain.overview(*given))
    previewer, part = Previewer(ArraySource(smear.pixels), UM_PER_PX), Region(0, 0, 300, 300)
    for sensitivity in (0.3, 0.5, 0.7, 0.5):
        previewer(part, SegmentationParameters(sensitivity=sensitivity))
    assert len(read) == 1


def test_stains_of_a_wheel_that_is_turned_do_not_pile_up(smear):
    previewer = Previewer(ArraySource(smear.pixels), UM_PER_PX)
    for sensitivity in np.linspace(0.2, 0.8, 9):
        previewer(Region(0, 0, 200, 200), SegmentationParameters(sensitivity=sensitivity))
    assert len(previewer._stains) < 9


def test_parameter_changes_what_is_found(previewer, smear):
    whole = Region(0, 0, *smear.pixels.shape[:2])
    large = SegmentationParameters(min_nucleus_diameter_um=10)
    assert previewer(whole, large).count < previewer(whole).count


def test_blank_image_shows_no_cell():
    seen = Previewer(ArraySource(np.full((200, 300, 3), 230, np.uint8)), UM_PER_PX)(
        Region(0, 0, 200, 300)
    )
    assert seen.count == 0
    assert not seen.lines.any()


def test_large_view_is_previewed_in_its_middle():
    region = middle_of(Region(0, 0, 8000, 10_000), (8000, 10_000), 2e6)
    area = (region.y1 - region.y0) * (region.x1 - region.x0)
    assert 1.9e6 < area <= 2.1e6
    assert abs(region.y0 + region.y1 - 8000) <= 2
    assert abs(region.x0 + region.x1 - 10_000) <= 2


def test_stop_is_heard(previewer):
    class Stopping:
        stop_requested = True

        def report(self, progress):
            pass

    with pytest.raises(Stopped):
        previewer(Region(0, 0, 300, 300), monitor=Stopping())
