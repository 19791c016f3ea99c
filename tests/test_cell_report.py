"""What is told of one cell, and its picture."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from examples import UM_PER_PX, example_analysis, example_source
from napari_all_subtype._widgets import words
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.model_facts import ModelFacts
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import DecisionParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.taxonomy import FAB5, UNKNOWN
from napari_all_subtype.workflow.card_facts import FROM_RULES, FROM_SIMULATED
from napari_all_subtype.workflow.cell_evidence import NOT_STATED
from napari_all_subtype.workflow.cell_picture import cell_picture
from napari_all_subtype.workflow.cell_report import MOST_REASONS, cell_report
from napari_all_subtype.workflow.fab_evidence import with_fab
from napari_all_subtype.workflow.scale_doubt import IF_LARGER, IF_SMALLER

FACTS = ModelFacts("held-out cells", ("a", "b"), (FROM_SIMULATED,))
RED = (255, 0, 0)


def row_of(*probabilities):
    """A row of the cell table of a cell with these probabilities."""
    row = example_analysis().cells.loc[2].copy()
    decision = decide(np.array([probabilities])).to_frame().iloc[0]
    for name, p in zip(FAB5.names, probabilities, strict=True):
        row[f"p_{name}"] = p
    for name, value in decision.items():
        row[name] = value
    return row


@pytest.fixture(scope="module")
def measured(smear):
    """The cell table of a simulated smear, every cell called what it was drawn as."""
    masks = CellMasks(smear.masks.labels.copy(), smear.masks.nuclei.copy())
    words = ["", *smear.classes]
    cells = measure(masks, 0.13).assign(subtype=words, best_guess=words, confidence=0.94)
    cells = cells.assign(p_blast_any=0.94, p_normal=0.06, p_blast=0.1, subtype_share=0.7)
    cells = cells.assign(p_l1=0.24, p_l2=0.5, p_l3=0.1)
    return with_fab(cells, ArraySource(smear.pixels), masks, PixelSize(0.13, "user", 0.02))


def test_probability_of_the_side_says_on_how_many_laboratories_it_was_calibrated():
    assert cell_report(row_of(0.06, 0.1, 0.24, 0.5, 0.1), FAB5, FACTS).sides.told == (
        "Blast 0.94, calibrated on 2 laboratories."
    )
    assert cell_report(row_of(0.97, 0.01, 0.01, 0.01, 0), FAB5, FACTS).sides.told == (
        "Normal 0.97, calibrated on 2 laboratories."
    )


@pytest.mark.parametrize(
    ("ends", "threshold", "told"),
    [
        ((0.12, 0.65), 0.5, "Blast side 0.12 to 0.65 if the scale is off by one standard "),
        ((0.12, 0.49), 0.5, "Blast side 0.12 to 0.49 if"),
        ((0.12, 0.49), 0.4, "Blast side 0.12 to 0.49 if"),
        ((np.nan, np.nan), 0.5, ""),
    ],
)
def test_a_cell_says_what_its_side_would_be_if_the_scale_were_off(ends, threshold, told):
    row = row_of(0.54, 0.2, 0.1, 0.1, 0.06)
    row[IF_SMALLER], row[IF_LARGER] = ends
    report = cell_report(row, FAB5, FACTS, decision=DecisionParameters(blast_threshold=threshold))
    assert report.scale.startswith(told)
    changes = any((p >= threshold) != (threshold <= 0.46) for p in ends) and bool(told)
    assert report.scale.endswith("changes sides.") == changes
    assert words.sides_html(report).count("⚠") == changes
    row["subtype"] = UNKNOWN.name
    assert cell_report(row, FAB5, FACTS).scale == ""


def test_probability_of_the_side_says_how_far_it_was_off_in_a_new_laboratory():
    facts = replace(FACTS, calibration_errors=(0.126, 0.046))
    assert cell_report(row_of(0.06, 0.1, 0.24, 0.5, 0.1), FAB5, facts).sides.told == (
        "Blast 0.94, calibrated on 2 laboratories; on one it had not seen, off by 0.05 to 0.13 "
        "on average."
    )


def test_card_that_says_nothing_of_calibration_is_told_of():
    assert NOT_STATED in cell_report(row_of(0.06, 0.1, 0.24, 0.5, 0.1)).sides.told


def test_subtype_of_the_network_is_a_score_of_the_blast_side():
    report = cell_report(row_of(0.35, 0.11, 0.02, 0.31, 0.21), FAB5, FACTS)
    assert "L2 0.48 of the blast side (not accepted), score" in report.subtypes.told
    assert "not a probability; learned from simulated cells." in report.subtypes.told
    assert sum(bar.value for bar in report.subtypes.bars) == pytest.approx(1)
    accepted = cell_report(row_of(0.10, 0.05, 0.05, 0.05, 0.75), FAB5, FACTS).subtypes.told
    assert "L3 0.83 of the blast side (accepted)" in accepted


@pytest.mark.parametrize(
    ("learned_from", "told"),
    [
        ((FROM_SIMULATED, FROM_RULES), "simulated cells and from real blasts named by FAB rules."),
        ((FROM_RULES,), "learned from real blasts named by FAB rules."),
        ((), "score, not a probability."),
    ],
)
def test_subtype_says_what_it_was_learned_from(learned_from, told):
    row = row_of(0.35, 0.11, 0.02, 0.31, 0.21)
    report = cell_report(row, FAB5, replace(FACTS, subtypes_from=learned_from))
    assert report.subtypes.told.endswith(told)


def test_nothing_of_subtypes_is_said_of_a_normal_cell():
    report = cell_report(row_of(0.93, 0.04, 0.01, 0.01, 0.01), FAB5, FACTS)
    assert (report.subtypes.told, report.subtypes.bars, report.fab.told) == ("", (), "")
    assert report.reasons_for == report.reasons_against == ()


def unknown(**columns):
    """A row of an unknown cell that the network was sure of."""
    row = row_of(0.93, 0.04, 0.01, 0.01, 0.01)
    row["subtype"], row["confidence"] = UNKNOWN.name, np.nan
    return pd.concat([row.drop(columns.keys() & set(row.index)), pd.Series(columns)])


def test_cell_unlike_the_training_says_so_with_novelty_and_limit():
    report = cell_report(unknown(novelty=1.14), FAB5, FACTS)
    assert "looks unlike the cells of the training: novelty 1.14, limit 1.0." in report.meaning
    why = unknown(novelty=1.14, novelty_reasons="blurred; small")
    told = "of the training: blurred; small (novelty 1.14, limit 1.0)."
    assert told in cell_report(why, FAB5, FACTS).meaning
    assert "nucleus" not in report.meaning
    assert dict(report.measures)["Novelty (limit 1.0)"] == "1.14"
    limit = DecisionParameters(novelty_threshold=1.1)
    assert "novelty 1.14, limit 1.1." in cell_report(unknown(novelty=1.14), decision=limit).meaning


def test_probabilities_of_a_cell_unlike_the_training_are_marked_as_not_to_be_relied_on():
    sides = cell_report(unknown(novelty=1.14), FAB5, FACTS).sides
    assert sides.told.startswith("Not to be relied on, ")
    assert not sides.reliable
    assert [bar.text for bar in sides.bars] == ["0.07", "0.93"]
    known = cell_report(row_of(0.93, 0.04, 0.01, 0.01, 0.01), FAB5, FACTS)
    assert known.sides.reliable


def test_novelty_just_above_the_limit_does_not_read_as_the_limit():
    assert "novelty 1.0003, limit 1.0" in cell_report(unknown(novelty=1.0003)).meaning


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"nucleus_area_um2": 0.0, "novelty": np.nan}, "nothing is said of it: it has no nucleus."),
        ({"nucleus_area_um2": np.nan}, "nothing is said of it: it has no nucleus."),
        ({"novelty": np.nan}, "nothing is said of it: the model was not asked."),
        ({}, "nothing is said of it: the model was not asked."),
    ],
)
def test_unknown_cell_is_told_its_own_reason_and_gets_no_number(columns, why):
    nothing = {"p_blast_any": np.nan, "p_normal": np.nan}
    report = cell_report(unknown(**nothing, **columns), FAB5, FACTS)
    assert report.meaning == why
    assert report.sides.told.startswith("Neither side taken")
    assert report.sides.bars == ()
    assert not any(name.startswith(("Confidence", "Novelty")) for name, _ in report.measures)


def test_novelty_of_a_known_cell_stands_among_its_numbers():
    row = row_of(0.93, 0.04, 0.01, 0.01, 0.01)
    row["novelty"] = 0.4
    assert dict(cell_report(row).measures)["Novelty (limit 1.0)"] == "0.40"


def test_unknown_names_every_reason_in_the_legend():
    for reason in ("no nucleus", "unlike the cells of the training", "model was not asked"):
        assert reason in UNKNOWN.meaning


def test_measurements_have_units_and_empty_ones_are_left_out():
    row = example_analysis().cells.loc[2].copy()
    report = cell_report(row)
    assert report.title == "Cell 2: Blast"
    assert "lineage not assessed" in report.meaning
    assert dict(report.measures)["Diameter"] == "10.0 µm"
    assert dict(report.measures)["N:C area ratio"] == "0.25"
    row["diameter_um"] = np.nan
    assert "Diameter" not in dict(cell_report(row).measures)


def test_blast_without_evidence_says_so():
    assert "not measured" in cell_report(row_of(0.06, 0.1, 0.24, 0.5, 0.1)).fab.told


def test_fab_evidence_is_told_with_reasons_for_and_against(measured):
    blasts = measured[measured["fab_pattern"].fillna("") != ""]
    assert len(blasts) > 3
    for _, row in blasts.iterrows():
        report = cell_report(row, FAB5, FACTS)
        scores = {name: row[f"fab_{name}"] for name in ("l1", "l2", "l3")}
        best = max(scores, key=scores.get)
        nearest = f"{FAB5[best].title}-like {scores[best]:.2f}"
        settled = row["fab_pattern"] != "undetermined"
        told = f"{nearest}," if settled else f"undetermined, nearest {nearest} ("
        assert report.fab.told.startswith(f"FAB pattern: {told}")
        assert ", rule score, not a probability." in report.fab.told
        assert "Network and rules give " in report.fab.told
        assert " % of the score to different subtypes" in report.fab.told
        called = row["subtype"] if row["subtype"] in scores else best
        assert report.reasons_about == f"{FAB5[called].title}-like"
        assert len((*report.reasons_for, *report.reasons_against)) > 0
        assert max(len(report.reasons_for), len(report.reasons_against)) <= MOST_REASONS
        for text in (*report.reasons_for, *report.reasons_against):
            assert called != best or text in row["fab_reasons"]


def test_reasons_are_of_the_subtype_that_the_cell_is_called(measured):
    row = measured.loc[measured["fab_pattern"] == "l1"].iloc[0]
    against = {}
    for word in ("l1", "l3"):
        report = cell_report(_called(row, word), FAB5)
        assert report.reasons_about == f"{word.upper()}-like"
        assert report.fab.told.startswith("FAB pattern: L1-like")
        against[word] = report.reasons_against
    assert "no vacuole seen" in against["l3"]
    assert "no vacuole seen" not in against["l1"]
    assert cell_report(_called(row, "blast"), FAB5).reasons_about == "L1-like"


def _called(row, word):
    row = row.copy()
    row["subtype"] = word
    return row


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ((0.9, 0.16, 0.29), "nearest L1-like 0.90 (too few criteria were measured)"),
        ((0.42, 0.1, 0.1), "nearest L1-like 0.42 (below 0.5)"),
        ((0.2, 0.55, 0.61), "nearest L3-like 0.61 (less than 0.1 ahead)"),
    ],
)
def test_rules_that_name_no_subtype_say_why(measured, scores, why):
    row = measured.loc[measured["fab_pattern"] == "l1"].iloc[0].copy()
    row["fab_l1"], row["fab_l2"], row["fab_l3"] = scores
    row["fab_pattern"] = "undetermined"
    assert why in cell_report(row, FAB5).fab.told


def picture_of(label=1, side_px=240, shape=(128, 160), pixels=None, **changes):
    analysis = replace(example_analysis(shape=shape), **changes)
    source = example_source(shape) if pixels is None else ArraySource(pixels)
    row = next(analysis.cells.loc[[label]].itertuples())
    return cell_picture(source, analysis.masks.labels, row, UM_PER_PX, RED, side_px)


def test_picture_shows_24_um_with_the_outline_where_the_cell_is():
    picture = picture_of(1).astype(int)
    assert picture.shape == (240, 240, 3)
    red = (picture[..., 0] - picture[..., 1]) > 150
    ys, xs = np.nonzero(red)
    # A disc of 10 µm in the middle of 24 µm: 100 pixels wide.
    assert ys.max() - ys.min() == pytest.approx(100, abs=6)
    assert (ys.max() + ys.min()) / 2 == pytest.approx(119.5, abs=3)
    assert (xs.max() + xs.min()) / 2 == pytest.approx(119.5, abs=3)


@pytest.mark.parametrize("side_px", [32, 95, 96, 97, 240, 480])
def test_picture_has_the_size_that_was_asked_for(side_px):
    for label in (1, 2, 3):
        assert picture_of(label, side_px).shape == (side_px, side_px, 3)


def test_picture_is_glass_beyond_the_border_of_the_field():
    dark = np.full((128, 160, 3), 40, np.uint8)
    picture = picture_of(1, pixels=dark)
    assert (picture[2, 2] > 200).all()
    assert (picture[120, 120] < 60).all()


def test_bar_is_five_micrometres_long():
    picture = picture_of(1)
    lowest = picture[227:230].astype(int).sum(axis=2).min(axis=0)
    assert (lowest < 100).sum() == pytest.approx(50, abs=1)
