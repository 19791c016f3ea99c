"""FAB evidence in the cell table: of blasts only, and after a correction as of a fresh look."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.edits import delete
from napari_all_subtype.cells.fab import Ruler
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import AnalysisParameters, FabParameters
from napari_all_subtype.workflow.corrections import remeasured, with_evidence
from napari_all_subtype.workflow.export import cell_rows, to_geojson
from napari_all_subtype.workflow.fab_evidence import (
    FAB_COLUMNS,
    FAB_NUMBERS,
    blasts_of,
    compared_with,
    with_fab,
)
from napari_all_subtype.workflow.summarise import FieldCells, summarise

SIZE = PixelSize(0.13, "user", 0.02)


@pytest.fixture
def field(smear) -> Analysis:
    masks = CellMasks(smear.masks.labels.copy(), smear.masks.nuclei.copy())
    words = ["", *smear.classes]
    cells = measure(masks, SIZE.um_per_px).assign(subtype=words, best_guess=words)
    cells = cells.assign(p_blast_any=0.9, confidence=0.9)
    cells = with_fab(cells, ArraySource(smear.pixels), masks, SIZE)
    return Analysis("smear", masks, cells, SIZE, (), "model", "CPU", AnalysisParameters())


def test_only_blasts_have_evidence(field):
    cells = field.cells
    assert set(FAB_COLUMNS) <= set(cells)
    others = cells.drop(blasts_of(cells))
    assert len(others) > 1
    assert others[list(FAB_NUMBERS)].isna().all(axis=None)
    assert (others["fab_reasons"] == "").all()
    blasts = cells.loc[blasts_of(cells)]
    assert blasts[["fab_l1", "fab_l2", "fab_l3"]].notna().all(axis=None)
    assert (blasts["fab_reasons"] != "").all()


def test_row_k_stays_label_k(field):
    assert field.cells["label"].tolist() == field.cells.index.tolist()


def test_after_a_correction_evidence_is_that_of_a_fresh_measurement(field, smear):
    source = ArraySource(smear.pixels)
    gone = blasts_of(field.cells)[0]
    edit = delete(field.masks, field.cells, gone)
    edit.apply_to(field.masks)
    after = replace(field, cells=remeasured(field, edit))
    after = with_evidence(after, source, list(edit.remaining))
    whole = with_fab(after.cells.drop(columns=list(FAB_COLUMNS)), source, after.masks, SIZE)
    pd.testing.assert_frame_equal(after.cells[list(FAB_COLUMNS)], whole[list(FAB_COLUMNS)])
    assert after.cells.loc[gone, "fab_reasons"] == ""


def test_correction_reads_pixels_of_changed_cells_only(field, smear, monkeypatch):
    from napari_all_subtype.workflow import fab_evidence

    asked = []

    def spy(source, masks, cells, labels, *rest):
        asked.extend(labels)
        return real(source, masks, cells, labels, *rest)

    real = fab_evidence.measure_fab
    monkeypatch.setattr(fab_evidence, "measure_fab", spy)
    blast = blasts_of(field.cells)[1]
    with_evidence(field, ArraySource(smear.pixels), [blast])
    assert asked == [blast]


def test_correction_leaves_blasts_compared_with_the_ruler_of_their_smear(field, smear):
    ruler = Ruler("small lymphocytes", 8.0, 0.7, 40, 0.02)
    cells = compared_with(field.cells, ruler, FabParameters())
    one, *others = blasts_of(cells)
    shared = replace(field, cells=cells, ruler=ruler)
    after = with_evidence(shared, ArraySource(smear.pixels), [one]).cells
    assert set(after.loc[[one, *others], "fab_ruler"]) == {"small lymphocytes"}
    names = list(FAB_COLUMNS)
    pd.testing.assert_frame_equal(after.loc[others, names], cells.loc[others, names])
    assert after.loc[one, "fab_relative_diameter"] == pytest.approx(
        cells.loc[one, "diameter_um"] / 8.0
    )


def test_cell_that_is_no_blast_any_more_loses_its_evidence(field, smear):
    blast = blasts_of(field.cells)[0]
    cells = field.cells.copy()
    cells.loc[blast, "subtype"] = "normal"
    after = with_evidence(replace(field, cells=cells), ArraySource(smear.pixels), [blast])
    assert np.isnan(after.cells.loc[blast, "fab_l1"])
    assert after.cells.loc[blast, "fab_reasons"] == ""


def test_files_hold_scores_reasons_and_the_smear_score(field):
    rows = cell_rows(field)
    assert set(FAB_COLUMNS) <= set(rows)
    features = to_geojson(field)["features"]
    blast = next(one for one in features if one["properties"]["name"] == str(blasts_of(rows)[0]))
    assert "fab_l1" in blast["properties"]["measurements"]
    summary = summarise([FieldCells.of(field)], "smear").model_dump(mode="json")
    said = json.loads(json.dumps(summary))["smear_score"]
    assert said["outcome"] == "not computed"
    assert "fewer than 50 blasts" in said["text"]
