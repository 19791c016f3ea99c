"""One ruler for a smear: what its summary says is what its tables say."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.cells.fab import Ruler, fab_scores, reasons_in_words
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters, FabParameters
from napari_all_subtype.errors import OutputError
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow import batch
from napari_all_subtype.workflow.batch import analyse_batch
from napari_all_subtype.workflow.fab_evidence import FAB_COLUMNS, compared_with
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.inputs import prepare
from napari_all_subtype.workflow.smear_ruler import compared_in_smear
from napari_all_subtype.workflow.summarise import summarise
from test_analyse import SizeClassifier
from test_fab_scores import L1, L2, L3

SIZE = PixelSize(0.1, "red cells", 0.15)
FAMILY = FAB5.family("blast")


def table(blasts, lymphocytes, rng=None):
    """Present cells of a field: blasts with evidence, and small lymphocytes without any."""
    rows = pd.DataFrame([row | {"subtype": "blast", "p_normal": 0.1} for row in blasts])
    rows = rows.assign(fab_ruler="red cells")
    if len(rows):
        if rng is not None:
            rows["diameter_um"] *= rng.uniform(0.8, 1.4, len(rows))
            rows["nc_ratio"] *= rng.uniform(0.7, 1.2, len(rows))
        rows["fab_relative_diameter"] = rows["diameter_um"] / 10
        rows["fab_relative_nc"] = rows["nc_ratio"] / 0.61
        rows = pd.concat([rows, fab_scores(rows)], axis=1).assign(
            fab_reasons=reasons_in_words(rows)
        )
    one = {"subtype": "normal", "p_normal": 0.97, "diameter_um": 8.0, "nc_ratio": 0.7,
           "nucleus_solidity": 0.97}  # fmt: skip
    cells = pd.concat([rows, pd.DataFrame([one] * lymphocytes)], ignore_index=True)
    words = [name for name in FAB_COLUMNS if name in cells and name.split("_")[1] in (
        "ruler", "missing", "pattern", "reasons")]  # fmt: skip
    cells[words] = cells[words].fillna("")
    cells.index += 1
    return cells.assign(
        label=cells.index, area_px=100.0, touches_border=False, p_blast_any=0.5, confidence=0.9
    )


def field(name, blasts, lymphocytes, rng=None, size=SIZE, **more):
    cells = table(blasts, lymphocytes, rng)
    return FieldCells(name, cells, (), size.relative_uncertainty, FAB5, pixel_size=size, **more)


def patterns_of(fields):
    cells = pd.concat([one.cells for one in fields])
    blasts = cells[cells["subtype"].isin(FAMILY) & (cells["fab_pattern"] != "")]
    return blasts["fab_pattern"].value_counts(normalize=True)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from([L1, L2, L3]), max_size=8), st.integers(1, 6)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 99),
)
def test_summary_is_the_count_of_what_the_tables_say(parts, seed):
    rng = np.random.default_rng(seed)
    fields = [field(str(n), *part, rng) for n, part in enumerate([([L1], 3), *parts])]
    for before_or_after in (fields, compared_in_smear(fields)):
        said = summarise(before_or_after, "s").smear_score.patterns
        counts = patterns_of(before_or_after)
        assert said == pytest.approx({name: counts.get(name, 0.0) for name in said})


def test_lymphocytes_of_all_fields_together_are_the_ruler_of_each():
    fields = [field(str(n), [L1], 4) for n in range(4)]
    after = compared_in_smear(fields)
    assert {one.ruler for one in after} == {after[0].ruler}
    assert (after[0].ruler.kind, after[0].ruler.count) == ("small lymphocytes", 16)
    for one in after:
        blast = one.cells.loc[1]
        assert blast["fab_ruler"] == "small lymphocytes"
        assert blast["fab_relative_diameter"] == pytest.approx(10.0 / 8.0)
        assert blast["fab_relative_nc"] == pytest.approx(0.8 / 0.7)
        assert "the smear's small lymphocytes" in blast["fab_reasons"]
    text = summarise(after, "s").smear_score.text
    assert "sizes beside 16 small lymphocytes of the smear (median 8.0 µm, N:C 0.70)" in text


def test_repeated_field_is_compared_too_and_brings_no_second_lymphocytes():
    one, two, again = (field(name, [L1], 6) for name in ("1", "2", "1 again"))
    after = compared_in_smear([one, two], [again])
    assert len(after) == 3
    assert after[2].ruler.count == 12
    pd.testing.assert_frame_equal(after[2].cells, after[0].cells)


def test_field_alone_or_of_other_classes_stays_as_it_is():
    one = field("1", [L1], 12)
    assert compared_in_smear([one])[0] is one
    no_evidence = FieldCells("2", one.cells.drop(columns="fab_ruler"), (), 0.1, FAB5)
    assert compared_in_smear([no_evidence, no_evidence])[0].cells is no_evidence.cells


def test_smear_of_too_few_lymphocytes_is_compared_by_its_scale():
    # One field alone has ten, but beside the blasts of the smear they may be missed ones.
    own = Ruler("small lymphocytes", 8.0, 0.7, 10, 0.01)
    rich = field("rich", [L1], 10)
    rich = FieldCells(
        "rich", compared_with(rich.cells, own, FabParameters()), (), 0.15, FAB5, pixel_size=SIZE
    )
    after = compared_in_smear([rich, *(field(str(n), [L1] * 30, 0) for n in range(3))])
    assert {one.ruler.kind for one in after} == {"red cells"}
    assert after[0].cells.loc[1, "fab_relative_diameter"] == pytest.approx(1.0)
    assert "by the red cells" in after[0].cells.loc[1, "fab_reasons"]


@pytest.mark.parametrize("kind", ["none", "micrometres", "red cells"])
def test_ruler_of_blasts_that_the_border_cuts_has_its_usual_numbers(kind):
    one = field("a", [L1] * 2, 0)
    cut = one.cells.assign(fab_relative_diameter=np.nan, fab_relative_nc=np.nan, fab_ruler=kind)
    told = summarise([replace(one, cells=cut)], "a").smear_score.ruler
    assert "nan" not in told
    assert "N:C 0.61" in told


def test_what_was_measured_and_said_is_not_changed_by_another_ruler():
    cells = table([L1, L2, L3], 5).assign(annotation="")
    after = compared_with(cells, Ruler("micrometres", 8.0, 0.5, 0, 0.0), FabParameters())
    moved = {"fab_relative_diameter", "fab_relative_nc", "fab_ruler", "fab_pattern",
             "fab_reasons", "fab_l1", "fab_l2", "fab_l3"}  # fmt: skip
    kept = [name for name in cells if name not in moved]
    pd.testing.assert_frame_equal(after[kept], cells[kept])
    assert after.dtypes.equals(cells.dtypes)
    assert compared_with(after, Ruler("micrometres", 8.0, 0.5, 0, 0.0), FabParameters()) is after


class SmallAreNormal(SizeClassifier):
    """Calls cells of a large nucleus blasts, and of the others every cell normal for certain."""

    card = SimpleNamespace(identity="small 1")

    def predict(self, crops, monitor=None, batch_size=64):
        filled = (crops != 255).any(axis=3).mean(axis=(1, 2))
        blast = np.where(filled > np.median(filled), 0.9, 0.02)[:, None].astype(np.float32)
        return np.hstack([1 - blast, blast, np.zeros((len(crops), 3), np.float32)])


# Anything that is found is a small lymphocyte here: what is tested is that files agree.
EASY = AnalysisParameters.of(
    scale={"pixel_size_um": 0.13},
    fab={
        "min_small_lymphocytes": 2,
        "max_small_lymphocyte_um": 20.0,
        "min_small_lymphocyte_nc": 0.1,
        "max_small_lymphocyte_nc": 1.0,
        "min_lymphocytes_per_blast": 0.0,
    },
)


@pytest.fixture
def two_fields(smear, tmp_path):
    folder = tmp_path / "smear-1"
    folder.mkdir()
    for n, part in enumerate((np.s_[:, :330], np.s_[:, :])):
        pixels = np.ascontiguousarray(smear.pixels[part])
        cv2.imwrite(str(folder / f"{n}.png"), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return prepare([folder])


def test_files_of_a_batch_say_what_its_summary_says(two_fields, tmp_path):
    out = tmp_path / "out"
    result = analyse_batch(two_fields, out, EASY, classifier=SmallAreNormal())
    tables = [pd.read_csv(out / str(n) / "cells.csv") for n in range(2)]
    blasts = pd.concat(tables)
    blasts = blasts[blasts["subtype"].isin(FAMILY)]
    assert len(blasts) > 4
    assert set(blasts["fab_ruler"]) == {"small lymphocytes"}
    sizes = blasts["diameter_um"] / blasts["fab_relative_diameter"]
    assert sizes.dropna().to_numpy() == pytest.approx(sizes.median(), rel=1e-4)
    counts = blasts["fab_pattern"].value_counts(normalize=True)
    (smear,) = json.loads((out / "batch.json").read_text())["smears"]
    said = smear["smear_score"]
    assert said["patterns"] == pytest.approx({n: counts.get(n, 0.0) for n in said["patterns"]})
    assert "small lymphocytes of the smear" in said["text"]
    for n, cells in enumerate(tables):
        folder = out / str(n)
        assert {"labels.tif", "nuclei.tif", "overlay.png"} < {p.name for p in folder.iterdir()}
        features = json.loads((folder / "cells.geojson").read_text())["features"]
        measured = {f["properties"]["name"]: f["properties"]["measurements"] for f in features}
        for row in cells.dropna(subset=["fab_l1"]).itertuples():
            assert measured[str(row.label)]["fab_l1"] == pytest.approx(row.fab_l1, rel=1e-4)
        own = json.loads((folder / "summary.json").read_text())
        counts = cells.loc[cells["subtype"].isin(FAMILY), "fab_pattern"].value_counts()
        share = {k: v * counts.sum() for k, v in own["smear_score"]["patterns"].items()}
        assert share == pytest.approx({name: counts.get(name, 0) for name in share})
    assert not list(out.glob(".partial-*"))
    assert len({one.cells.ruler for one in result.outcomes}) == 1


def test_field_that_cannot_be_written_again_keeps_its_own_and_the_smear_counts_it(
    two_fields, tmp_path, monkeypatch, caplog
):
    def full(field, folder):
        raise OutputError("Cannot write: the disk is full.")

    monkeypatch.setattr(batch, "write_compared", full)
    caplog.set_level("WARNING")  # a command line run in this process asks for less
    out = tmp_path / "out"
    result = analyse_batch(two_fields, out, EASY, classifier=SmallAreNormal())
    blasts = pd.concat([pd.read_csv(out / str(n) / "cells.csv") for n in range(2)])
    counts = blasts.loc[blasts["subtype"].isin(FAMILY), "fab_pattern"].value_counts(normalize=True)
    said = result.smears[0].smear_score.patterns
    assert said == pytest.approx({name: counts.get(name, 0.0) for name in said})
    assert "keeps a ruler of its own" in caplog.text
