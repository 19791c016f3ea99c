"""The main job on a field whose truth is known, with a classifier that needs no network."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import AnalysisParameters, DecisionParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.analyse import Analyser
from napari_all_subtype.workflow.said import predictions, with_said
from test_words import Listener


class SizeClassifier:
    """Calls large cells blasts: the share of the crop that is not painted ground."""

    card = SimpleNamespace(identity="size 1")
    taxonomy = FAB5
    crop_spec = CropSpec()
    device = "CPU"

    def predict(self, crops, monitor=None, batch_size=64):
        filled = (crops != 255).any(axis=3).mean(axis=(1, 2))
        blast = np.clip(filled, 0, 1)[:, None].astype(np.float32)
        return np.hstack([1 - blast, blast, np.zeros((len(crops), 3), np.float32)])

    def novelty(self, crops):
        return np.zeros(len(crops), np.float32)


@pytest.fixture(scope="module")
def source(smear):
    return ArraySource(smear.pixels, "field.png", PixelSize(smear.um_per_px, "metadata", 0.02))


@pytest.fixture(scope="module")
def analysis(source):
    return Analyser(classifier=SizeClassifier())(source)


def test_row_k_is_label_k(analysis):
    cells = analysis.cells
    assert len(cells) == analysis.masks.count + 1
    assert cells["label"].tolist() == list(range(len(cells)))
    assert "index" not in cells.columns
    for row in cells[cells["area_px"] > 0].itertuples():
        assert (analysis.masks.labels == row.Index).sum() == row.area_px


def test_every_cell_has_probabilities_and_a_word(analysis):
    cells = analysis.cells[analysis.cells["area_px"] > 0]
    assert len(cells) > 0
    assert np.allclose(cells[[f"p_{n}" for n in FAB5.names]].sum(axis=1), 1)
    assert set(cells["subtype"]) <= set(FAB5.names)
    assert cells["confidence"].between(0.5, 1).all()


def test_nuclei_lie_in_their_cells(analysis):
    inside = analysis.masks.nuclei > 0
    assert np.array_equal(analysis.masks.labels[inside], analysis.masks.nuclei[inside])


def test_analysis_says_where_its_scale_is_from(analysis, smear):
    assert analysis.pixel_size == PixelSize(smear.um_per_px, "metadata", 0.02)
    assert analysis.name == "field.png"
    assert set(analysis.seconds) >= {"read", "segment", "measure", "classify"}


def test_same_field_gives_the_same_result(source, analysis):
    again = Analyser(classifier=SizeClassifier())(source)
    assert np.array_equal(again.masks.labels, analysis.masks.labels)
    pd.testing.assert_frame_equal(again.cells, analysis.cells)


@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_stop_ends_an_analysis(source, stop_after):
    listener = Listener(stop_after)
    with pytest.raises(Stopped):
        Analyser(classifier=SizeClassifier())(source, listener)
    assert len(listener.heard) == stop_after


def test_thresholds_reach_the_decision(source):
    strict = AnalysisParameters(decision=DecisionParameters(blast_threshold=1.0))
    cells = Analyser(strict, SizeClassifier())(source).cells
    assert set(cells["subtype"][1:]) == {"normal"}


def test_deleted_cells_stay_as_rows_without_values():
    values = [np.nan, np.nan, 9.0]
    cells = pd.DataFrame({"label": [0, 1, 2], "area_px": values, "nucleus_area_um2": values})
    blast = np.array([[0.2, 0.8, 0, 0, 0]], np.float32)
    table = with_said(cells, predictions(blast, DecisionParameters(), FAB5), FAB5)
    assert table["subtype"].tolist() == ["", "", "blast"]
    assert table["p_blast"].isna().tolist() == [True, True, False]


def test_public_names_are_there():
    import napari_all_subtype

    for name in napari_all_subtype.__all__:
        assert getattr(napari_all_subtype, name) is not None
    with pytest.raises(AttributeError, match="no_such"):
        _ = napari_all_subtype.no_such
