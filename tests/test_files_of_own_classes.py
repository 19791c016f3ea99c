"""Files of classes of a person's own: without the columns that only blasts would fill."""

from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest

from examples import example_analysis
from learning_project import picture
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow import lone_evidence
from napari_all_subtype.workflow.classify import classify_batch
from napari_all_subtype.workflow.found_only import found_only
from napari_all_subtype.workflow.inputs import prepare
from napari_all_subtype.workflow.said import as_files_have

THREE = taxonomy_of_names(["neutrophil", "lymphocyte", "monocyte"])
EITHER = taxonomy_of_names(["blast", "lymphocyte"])
OF_BLASTS = ["p_blast_any", "p_blast_any_if_smaller", "p_blast_any_if_larger"]


class Sure:
    """Calls every cell the first class."""

    card = SimpleNamespace(identity="sure 1", um_per_px_seen=None)
    crop_spec = CropSpec(96, 0.26)

    def __init__(self, taxonomy):
        self.taxonomy = taxonomy

    def predict(self, crops, monitor=None, batch_size=64):
        p = np.full((len(crops), len(self.taxonomy)), 0.1, np.float32)
        p[:, 0] = 1 - 0.1 * (len(self.taxonomy) - 1)
        return p

    def novelty(self, crops):
        return np.full(len(crops), np.nan, np.float32)


@pytest.mark.parametrize(
    ("taxonomy", "there"), [(THREE, False), (EITHER, True), (FAB5, True)], ids=["3", "2", "FAB5"]
)
def test_table_of_classify_has_columns_of_blasts_only_where_there_are_any(
    tmp_path, taxonomy, there
):
    for n in range(2):
        cv2.imwrite(str(tmp_path / f"{n}.png"), picture("blast", n)[0][..., ::-1])
    fields = prepare(sorted(tmp_path.glob("*.png")), None)
    parameters = AnalysisParameters.of(scale={"pixel_size_um": 0.375})
    classify_batch(fields, tmp_path / "out.csv", parameters, classifier=Sure(taxonomy))
    rows = pd.read_csv(tmp_path / "out.csv")
    assert len(rows) == 2
    assert [f"p_{name}" in rows for name in taxonomy.names] == [True] * len(taxonomy)
    assert ("p_blast_any" in rows) is there
    assert ("fab_reasons" in rows) == (taxonomy == FAB5)
    if not there:
        assert not [name for name in rows if "blast" in name]


class SureBlast(Sure):
    """Calls every cell blast, subtype undetermined."""

    def predict(self, crops, monitor=None, batch_size=64):
        return np.tile(np.float32([0.1, 0.6, 0.1, 0.1, 0.1]), (len(crops), 1))


def test_pictures_of_blasts_have_the_reasons_of_fab(tmp_path):
    (smear,) = simulate_cells(1, "blast", seed=5)
    drawn = smear.pixels
    cv2.imwrite(str(tmp_path / "0.png"), drawn[..., ::-1])
    cv2.imwrite(str(tmp_path / "1.png"), np.full_like(drawn, 230))
    fields = prepare(sorted(tmp_path.glob("*.png")), None)
    for um_per_px in (smear.um_per_px, None):
        # One cell has too few red ones around it for a ruler.
        scale = {"pixel_size_um": um_per_px, "min_red_cells": 99}
        parameters = AnalysisParameters.of(scale=scale)
        out = tmp_path / f"{um_per_px}.csv"
        classify_batch(fields, out, parameters, classifier=SureBlast(FAB5))
        blast, nothing = pd.read_csv(out, keep_default_na=False).to_dict("records")
        assert blast["subtype"] == "blast"
        assert blast["fab_reasons"]
        assert ("size: the scale is assumed" in blast["fab_missing"]) == (um_per_px is None)
        assert nothing["subtype"] == "unknown"
        assert nothing["fab_reasons"] == ""


class Lost(SureBlast):
    """Has seen nothing like these cells."""

    def novelty(self, crops):
        return np.full(len(crops), 99.0, np.float32)

    def strangeness(self, crops):
        return ["size"] * len(crops)


def test_nobody_is_told_to_change_outlines_that_a_table_does_not_have(tmp_path):
    (smear,) = simulate_cells(1, "blast", seed=5)
    cv2.imwrite(str(tmp_path / "0.png"), smear.pixels[..., ::-1])
    parameters = AnalysisParameters.of(scale={"pixel_size_um": smear.um_per_px})
    fields = prepare([tmp_path / "0.png"], None)
    result = classify_batch(fields, tmp_path / "0.csv", parameters, classifier=Lost(FAB5))
    (note,) = (one for one in result.notes if one.startswith("No cell could be judged"))
    assert note.endswith("; check the focus and the pixel size.")


class FirstNormal(SureBlast):
    """Calls the first cell normal, and every other blast."""

    def predict(self, crops, monitor=None, batch_size=64):
        p = super().predict(crops)
        p[0] = [0.6, 0.1, 0.1, 0.1, 0.1]
        return p


def test_fab_is_measured_of_blasts_alone_and_its_failure_costs_no_class(tmp_path, monkeypatch):
    (smear,) = simulate_cells(1, "blast", seed=5)
    for n in range(3):
        cv2.imwrite(str(tmp_path / f"{n}.png"), smear.pixels[..., ::-1])
    fields = prepare(sorted(tmp_path.glob("*.png")), None)
    parameters = AnalysisParameters.of(scale={"pixel_size_um": smear.um_per_px})
    measured, real = [], lone_evidence.measure_fab

    def fails_once(*args):
        measured.append(real(*args))
        if len(measured) == 1:
            raise ValueError("no contrast; none at all")
        return measured[-1]

    monkeypatch.setattr(lone_evidence, "measure_fab", fails_once)
    out = tmp_path / "out.csv"
    result = classify_batch(fields, out, parameters, classifier=FirstNormal(FAB5))
    rows = pd.read_csv(out, keep_default_na=False)
    assert len(measured) == 2
    assert result.failed == ()
    assert rows["subtype"].tolist() == ["normal", "blast", "blast"]
    why = rows["fab_missing"]
    assert why[0] == ""
    assert why[1].startswith("all criteria: ")
    assert "no contrast, none at all" in why[1]
    assert "all criteria" not in why[2]
    assert rows["fab_reasons"].ne("").tolist() == [False, False, True]


def test_columns_of_a_class_called_blast_stay():
    rows = pd.DataFrame({name: [0.5] for name in (*OF_BLASTS, "p_blast")})
    assert list(as_files_have(rows, FAB5)) == [*OF_BLASTS, "p_blast"]
    assert list(as_files_have(rows, THREE)) == ["p_blast"]


@pytest.mark.parametrize("centres", [((30, 30), (30, 80)), ()])
def test_cells_that_are_only_found_have_no_word_of_the_model(centres):
    before = example_analysis(centres)
    after = found_only(before, THREE)
    assert after.taxonomy == THREE
    assert set(after.cells["subtype"][1:]) <= {"unknown"}
    assert after.cells["area_px"].equals(before.cells["area_px"])
    assert [one for one in after.cells if one.startswith("p_")] == [
        *(f"p_{name}" for name in THREE.names),
        "p_blast_any",
    ]
