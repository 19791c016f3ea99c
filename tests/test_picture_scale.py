"""Pictures of one cell share one ruler: the red cells of all that follow each other."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.red_cells import pooled_red_cell_diameter_px
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.workflow.classify import classify_batch
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.lone_rulers import without_outliers
from napari_all_subtype.workflow.picture_scale import SharedScale, scale_lines, shared_scale
from napari_all_subtype.workflow.scale_check import unseen_lines
from test_analyse import SizeClassifier
from test_words import Listener

SIDE, RED_PX = 160, 48
GROUND, RED, NUCLEUS = (236, 226, 232), (214, 150, 160), (92, 52, 132)


def picture(seed=0, red_px=RED_PX, reds=1, side=SIDE):
    """A white cell in the middle, and `reds` whole red cells in its corners."""
    rng = np.random.default_rng(seed)
    image = np.full((side, side, 3), GROUND, np.float32)
    corners = [(32, 32), (side - 33, 33), (33, side - 34), (side - 33, side - 32)]
    for y, x in corners[:reds]:
        cv2.circle(image, (x, y), round(red_px / 2), RED, -1, cv2.LINE_AA)
    cv2.circle(image, (side // 2, side // 2), 24, NUCLEUS, -1, cv2.LINE_AA)
    return (cv2.GaussianBlur(image, (0, 0), 1) + rng.normal(0, 1.5, image.shape)).clip(0, 255)


@pytest.fixture
def folder(tmp_path):
    """Writes pictures into a folder, and gives them as fields of one smear."""

    def write(name, images):
        (tmp_path / name).mkdir(exist_ok=True)
        fields = []
        for n, image in enumerate(images):
            path = tmp_path / name / f"{n:03}.png"
            cv2.imwrite(str(path), image.astype(np.uint8)[..., ::-1])
            fields.append(Field(path, f"{name}-{path.name}", path.stem, name))
        return fields

    return write


def told(shared, field, shape=(SIDE, SIDE)):
    return shared.get(field, ArraySource(np.zeros((*shape, 3), np.uint8)))


def test_one_red_cell_each_make_a_ruler_together(folder):
    fields = folder("a", [picture(n) for n in range(10)])
    size = told(shared_scale(fields, AnalysisParameters()), fields[3])
    assert size.origin == "red cells"
    assert size.um_per_px == pytest.approx(7.2 / RED_PX, rel=0.06)
    assert size.note.endswith("of 10 pictures of this size together")


def test_the_same_picture_again_is_no_second_red_cell(folder):
    fields = folder("a", [picture(0)] * 12)
    assert told(shared_scale(fields, AnalysisParameters()), fields[0]) is None


def test_pictures_of_two_magnifications_have_two_rulers(folder):
    small = [picture(n, red_px=36, reds=2) for n in range(10)]
    large = [picture(n, red_px=54, reds=2) for n in range(10, 20)]
    fields = folder("a", small + large)
    shared = shared_scale(fields, AnalysisParameters())
    assert told(shared, fields[0]).um_per_px == pytest.approx(7.2 / 36, rel=0.07)
    assert told(shared, fields[-1]).um_per_px == pytest.approx(7.2 / 54, rel=0.07)


def test_run_with_too_few_red_cells_takes_those_of_its_folder(folder):
    fields = folder("a", [picture(n, reds=n < 10) for n in range(20)])
    shared = shared_scale(fields, AnalysisParameters())
    assert told(shared, fields[15]).um_per_px == pytest.approx(7.2 / RED_PX, rel=0.06)
    assert "of 20 pictures" in told(shared, fields[15]).note
    assert "of 10 pictures" in told(shared, fields[5]).note


def test_folder_with_too_few_red_cells_takes_those_of_all(folder):
    rich = folder("a", [picture(n) for n in range(10)])
    poor = folder("b", [picture(n, reds=0) for n in range(20, 23)])
    size = told(shared_scale([*rich, *poor], AnalysisParameters()), poor[0])
    assert "of 13 pictures" in size.note


def test_another_size_of_picture_takes_no_part(folder):
    fields = folder("a", [picture(n) for n in range(10)] + [picture(10, side=190)])
    shared = shared_scale(fields, AnalysisParameters())
    assert told(shared, fields[-1], (190, 190)) is None


def test_picture_with_a_scale_of_its_own_keeps_it(folder):
    fields = folder("a", [picture(n) for n in range(10)])
    shared = shared_scale(fields, AnalysisParameters())
    own = ArraySource(np.zeros((SIDE, SIDE, 3), np.uint8), pixel_size=PixelSize(0.1, "metadata", 0))
    assert shared.get(fields[0], own) is None


@pytest.mark.parametrize("scale", [{"pixel_size_um": 0.1}, {}])
def test_nothing_is_measured_where_a_person_said_it_or_one_picture_is_all(folder, scale):
    fields = folder("a", [picture(n) for n in range(10 if scale else 1)])
    listener = Listener()
    assert shared_scale(fields, AnalysisParameters.of(scale=scale), listener) == SharedScale()
    assert not listener.heard


def test_unreadable_picture_is_passed_over(folder):
    fields = folder("a", [picture(n) for n in range(12)])
    fields[4].path.write_text("no image")
    assert told(shared_scale(fields, AnalysisParameters()), fields[0]) is not None


def test_stop_is_heard_while_the_scale_is_measured(folder):
    fields = folder("a", [picture(n) for n in range(10)])
    with pytest.raises(Stopped):
        shared_scale(fields, AnalysisParameters(), Listener(stop_after=3))


def test_table_and_notes_say_whence_the_scale_came(folder, tmp_path):
    fields = folder("a", [picture(n) for n in range(10)])
    result = classify_batch(fields, tmp_path / "cells.csv", classifier=SizeClassifier())
    rows = pd.read_csv(tmp_path / "cells.csv")
    assert set(rows["pixel_size_origin"]) == {"red cells"}
    assert rows["pixel_size_note"].str.endswith("of 10 pictures of this size together").all()
    counts, scale, doubt = result.notes
    each = pd.read_csv(tmp_path / "cells.csv")["subtype"].value_counts()
    assert counts.startswith(f"10 cells: Normal {each.get('normal', 0)}, Blast ")
    assert "no cell changes sides" in doubt
    assert scale.startswith("Scale of 10 pictures: ")
    assert "together: 0.1" in scale


def with_scales(um_per_px_seen):
    """A classifier whose card states the scales that it learned from."""
    classifier = SizeClassifier()
    classifier.card = SimpleNamespace(identity="size 1", um_per_px_seen=um_per_px_seen)
    return classifier


def test_classified_pictures_of_an_unseen_scale_are_told(folder, tmp_path):
    fields = folder("a", [picture(n) for n in range(3)])
    given = AnalysisParameters.of(scale={"pixel_size_um": 0.4})
    seen, unseen = (
        classify_batch(fields, tmp_path / name, given, classifier=with_scales((0.05, coarsest)))
        for name, coarsest in (("a.csv", 0.5), ("b.csv", 0.19))
    )
    assert len(seen.notes) == 1
    _, note = unseen.notes
    assert note.startswith("Scale of 3 pictures (0.400 µm/px) is coarser than any the model")


def test_classified_pictures_of_an_assumed_scale_are_warned_of(folder, tmp_path):
    bare = folder("a", [picture(n, reds=0) for n in range(3)])
    result = classify_batch(bare, tmp_path / "a.csv", classifier=SizeClassifier())
    (warning,) = result.warnings
    assert warning.startswith("Scale assumed in 3 of 3 pictures: ")
    assert "--pixel-size" in warning


def test_given_scale_is_not_warned_of(folder, tmp_path):
    given = AnalysisParameters.of(scale={"pixel_size_um": 0.13})
    bare = folder("a", [picture(0, reds=0)])
    result = classify_batch(bare, tmp_path / "a.csv", given, classifier=SizeClassifier())
    assert result.warnings == ()


def test_unseen_scales_are_told_by_direction_with_their_span():
    sizes = [PixelSize(um, "user", 0.02) for um in (0.02, 0.13, 0.3, 0.4)]
    assert [line.split(" than")[0] for line in unseen_lines(sizes, (0.05, 0.19))] == [
        "Scale of 1 picture (0.020 µm/px) is finer",
        "Scale of 2 pictures (0.300 to 0.400 µm/px) is coarser",
    ]
    assert unseen_lines(sizes, None) == []


def test_scales_are_told_in_one_line_for_each_way():
    sizes = [
        PixelSize(0.09, "red cells", 0.15, "11 red cells, of 10 pictures of this size together"),
        PixelSize(0.11, "red cells", 0.16, "12 red cells, of 10 pictures of this size together"),
        PixelSize(0.1, "red cells", 0.2, "3 red cells"),
        PixelSize(0.1, "user", 0.02),
    ]
    assert scale_lines(sizes) == [
        "Scale of 2 pictures: red cells of several pictures of this size together: 0.090 to 0.110 "
        "µm/px ± 16 %",
        "Scale of 1 picture: red cells of the picture itself: 0.100 µm/px ± 20 %",
    ]
    assert "11 red cells, of 10 pictures of this size together: 0.090" in scale_lines(sizes[:1])[0]


def test_pictures_without_red_cells_do_not_hide_those_of_the_others():
    bearing = [ArraySource(picture(n).astype(np.uint8)) for n in range(10)]
    bare = [ArraySource(picture(n, reds=0, side=400).astype(np.uint8)) for n in range(10, 26)]
    found = pooled_red_cell_diameter_px([*bearing, *bare], 9, 99)
    assert found.diameter_px == pytest.approx(RED_PX, rel=0.06)


def test_few_red_cells_that_contradict_the_other_pictures_are_no_ruler(folder):
    bare = [picture(n, reds=0) for n in range(12)]
    odd = picture(50, red_px=15, reds=4)
    fields = folder("a", [*bare, odd])
    size = sized(fields, fields[-1])
    assert (size.origin, size.um_per_px) == ("assumed", 0.13)
    assert "its own 4 red cells of " in size.note
    alone = sized(fields[-1:], fields[-1])
    assert alone.origin == "red cells"
    assert alone.um_per_px > 0.4


def test_few_red_cells_that_agree_with_the_other_pictures_are_a_ruler(folder):
    fields = folder("a", [*(picture(n, reds=0) for n in range(12)), picture(50, reds=4)])
    size = sized(fields, fields[-1])
    assert size.origin == "red cells"
    assert size.um_per_px == pytest.approx(7.2 / RED_PX, rel=0.06)


def sized(fields, one):
    """The size of `one` in a table of `fields`."""
    parameters = AnalysisParameters()
    shared = shared_scale(fields, parameters)
    return shared.size_of(one, as_source(one.path, parameters.reading), parameters)


def test_few_that_contradict_measured_ones_have_the_size_in_the_middle():
    sizes = {
        (n, (9, 9)): PixelSize(um, "red cells", 0.17, f"{n} red cells")
        for n, um in enumerate((0.1, 0.11, 0.12, 0.48), 3)
    }
    kept = without_outliers(sizes, {}, set(sizes))
    assert [size.um_per_px for size in kept.values()] == [0.1, 0.11, 0.12, 0.11]
    assert without_outliers(sizes, {}, set()) == sizes
    few = dict(list(sizes.items())[2:])
    assert without_outliers(few, {}, set(few)) == few  # one against one: nobody knows
