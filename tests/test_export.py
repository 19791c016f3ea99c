"""The result folder of a field."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from examples import UM_PER_PX, example_analysis, example_source
from napari_all_subtype.errors import OutputExistsError
from napari_all_subtype.taxonomy import FAB5, RESEARCH_USE_ONLY
from napari_all_subtype.workflow.export import FILES, to_geojson, write_analysis
from napari_all_subtype.workflow.overlay import draw_overlay, rgb
from napari_all_subtype.workflow.result_state import ResultState

STATED_COLUMNS = [
    *("label", "centroid_y_px", "centroid_x_px", "area_px", "diameter_um", "nc_ratio"),
    *("p_normal", "p_blast", "p_l1", "p_l2", "p_l3", "p_blast_any", "subtype", "confidence"),
]


@pytest.fixture
def folder(tmp_path):
    return write_analysis(example_analysis(), example_source(), tmp_path / "field")


def test_folder_has_exactly_the_stated_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_masks_come_back_as_int32_with_the_pixel_size(folder):
    expected = example_analysis().masks
    for name, mask in (("labels.tif", expected.labels), ("nuclei.tif", expected.nuclei)):
        with tifffile.TiffFile(folder / name) as tiff:
            assert tiff.asarray().dtype == np.int32
            assert np.array_equal(tiff.asarray(), mask)
            numerator, denominator = tiff.pages[0].tags["XResolution"].value
            assert 1e4 * denominator / numerator == pytest.approx(UM_PER_PX, rel=1e-4)


def test_table_has_one_complete_row_per_cell(folder):
    cells = pd.read_csv(folder / "cells.csv")
    assert set(STATED_COLUMNS) <= set(cells.columns)
    assert cells["label"].tolist() == [1, 2, 3]
    assert cells[STATED_COLUMNS].notna().all().all()
    assert np.allclose(cells[[f"p_{n}" for n in FAB5.names]].sum(axis=1), 1, atol=1e-5)
    assert cells["subtype"].tolist() == ["normal", "blast", "l1"]


def test_geojson_outlines_cover_the_cells():
    analysis = example_analysis()
    features = to_geojson(analysis)["features"]
    for label, feature in enumerate(features, 1):
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert len(ring) >= 4
        points = np.array(ring[:-1], np.float32)
        area = cv2.contourArea(points.reshape(-1, 1, 2))
        mask_area = (analysis.masks.labels == label).sum()
        assert area == pytest.approx(mask_area, rel=0.1)
        properties = feature["properties"]
        assert properties["objectType"] == "cell"
        assert properties["classification"]["name"] == FAB5.classes[label - 1].title
        assert properties["measurements"]["nc_ratio"] == 0.25


def test_summary_says_what_made_it_and_for_what(folder):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["n_cells"] == 3
    assert summary["notice"] == RESEARCH_USE_ONLY
    assert summary["provenance"]["model"] == "example"
    assert summary["provenance"]["pixel_size"]["um_per_px"] == UM_PER_PX


def test_every_file_says_that_the_result_is_preliminary(folder):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    told = summary["result"]
    assert (told["state"], told["cells"], told["reviewed"]) == ("preliminary", 3, 0)
    assert told["text"] == "Preliminary: 0 of 3 cells were reviewed."
    outlines = json.loads((folder / "cells.geojson").read_text(encoding="utf-8"))
    assert told in [part.get("result") for part in outlines.values() if isinstance(part, dict)]
    cells = pd.read_csv(folder / "cells.csv")
    assert cells["result"].tolist() == ["preliminary"] * 3
    assert cells["reviewed"].tolist() == [False] * 3


def test_cells_that_a_person_spoke_of_are_counted_as_reviewed(tmp_path):
    analysis = example_analysis()
    words = ["", "blast", "", "smudge"]
    cells = analysis.cells.assign(annotation=pd.array(words, object))
    out = write_analysis(replace(analysis, cells=cells), example_source(), tmp_path / "field")
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))["result"]
    assert told["text"] == "Preliminary: 2 of 3 cells were reviewed."
    assert pd.read_csv(out / "cells.csv")["reviewed"].tolist() == [True, False, True]


def test_result_that_is_locked_says_so(tmp_path):
    state = ResultState(1, "locked", 3, 3, version=1, locked_utc="2026", reader_id=2, reader="Dr.")
    out = write_analysis(example_analysis(), example_source(), tmp_path / "field", state=state)
    text = (out / "summary.json").read_text(encoding="utf-8")
    assert "Locked by reader-2, 2026 UTC (version 1)" in text
    assert "Dr." not in text
    assert set(pd.read_csv(out / "cells.csv")["result"]) == {"locked"}


def test_overlay_draws_each_class_in_its_colour():
    analysis, source = example_analysis(), example_source()
    picture = draw_overlay(source.read(), analysis)
    assert picture.shape == source.read().shape
    for row in analysis.cells.iloc[1:].itertuples():
        ring = picture[int(row.centroid_y_px), : int(row.centroid_x_px)]
        far = np.abs(ring.astype(int) - rgb(FAB5[row.subtype].colour)).max(axis=1)
        assert far.min() <= 25, row.subtype


def test_field_without_cells_is_a_whole_result(tmp_path):
    empty = example_analysis(centres=())
    folder = write_analysis(empty, example_source(), tmp_path / "empty")
    assert pd.read_csv(folder / "cells.csv").empty
    assert json.loads((folder / "cells.geojson").read_text())["features"] == []


def test_cell_of_one_pixel_still_has_a_closed_ring():
    features = to_geojson(example_analysis(centres=((5, 5),), radius=0))["features"]
    assert len(features[0]["geometry"]["coordinates"][0]) >= 4


def test_existing_result_is_refused_unasked(folder):
    with pytest.raises(OutputExistsError):
        write_analysis(example_analysis(), example_source(), folder)
    write_analysis(example_analysis(), example_source(), folder, overwrite=True)


def test_deleted_cells_are_left_out_of_files(tmp_path):
    analysis = example_analysis()
    analysis.cells.loc[2, analysis.cells.columns.drop(["label", "subtype", "best_guess"])] = np.nan
    folder = write_analysis(analysis, example_source(), tmp_path / "field")
    assert pd.read_csv(folder / "cells.csv")["label"].tolist() == [1, 3]
