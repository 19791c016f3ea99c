"""What the dock says of a smear, of its flags and of one cell."""

from __future__ import annotations

import re

import numpy as np
import pytest

from examples import example_analysis
from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.flags import ADVICE, NAMED_FIELDS, advice, flags_html, flags_tip
from napari_all_subtype._widgets.legend import proportion_text
from napari_all_subtype.cells.plausible import NO_CELL
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.decision import decide
from napari_all_subtype.taxonomy import FAB5, UNKNOWN
from napari_all_subtype.workflow import analyse as main_job
from napari_all_subtype.workflow.summarise import FieldCells, summarise


def row_of(*probabilities):
    """A row of the cell table of a cell with these probabilities."""
    row = example_analysis().cells.loc[2].copy()
    decision = decide(np.array([probabilities])).to_frame().iloc[0]
    for name, p in zip(FAB5.names, probabilities, strict=True):
        row[f"p_{name}"] = p
    for name, value in decision.items():
        row[name] = value
    return row


def plain(html):
    return html.replace(words.NO_BREAK, " ")


@pytest.mark.parametrize(
    ("probabilities", "told"),
    [
        ((0.93, 0.04, 0.01, 0.01, 0.01), "Normal side, confidence 93 %."),
        ((0.35, 0.11, 0.02, 0.31, 0.21), "confidence 65 %; nearest subtype L2, score 0.48 of that"),
        ((0.10, 0.05, 0.05, 0.05, 0.75), "confidence 90 %; subtype L3, score 0.83 of that side."),
    ],
)
def test_confidence_is_said_of_the_side_and_the_subtype_has_a_score(probabilities, told):
    html = plain(words.cell_html(row_of(*probabilities), FAB5))
    assert told in html
    assert html.count("onfidence") == 1


def test_share_of_the_blast_side_is_not_said_of_a_normal_cell():
    assert "subtype" not in words.certainty(row_of(0.93, 0.04, 0.01, 0.01, 0.01), FAB5)


def test_cell_that_is_unknown_gets_no_confidence():
    row = row_of(0.93, 0.04, 0.01, 0.01, 0.01)
    row["subtype"] = "unknown"
    html = words.cell_html(row, FAB5)
    assert UNKNOWN.meaning in html
    assert "Neither side taken" in html
    assert "confidence 93" not in plain(html)


def test_only_the_two_sides_have_per_cent():
    html = plain(words.cell_html(row_of(0.35, 0.11, 0.02, 0.31, 0.21), FAB5))
    values = dict(re.findall(r"<td>([^<]*?)&nbsp;</td><td align='right'>([^<]*)</td>", html))
    values = {key.replace("&nbsp;", ""): value for key, value in values.items()}
    assert {key for key, value in values.items() if "%" in value} == {"Any blast", "Normal"}
    assert values["Blast score"] == "0.11"
    assert values["L2 score"] == "0.31"


def test_words_of_one_cell_give_its_measurements_and_no_empty_ones():
    row = example_analysis().cells.loc[2].copy()
    html = words.cell_html(row, FAB5)
    for told in ("Cell 2: Blast", "lineage not assessed", "Diameter", "10.0 µm"):
        assert told in html
    row["diameter_um"] = np.nan
    assert "Diameter" not in words.cell_html(row, FAB5)


def test_per_cent_is_written_in_one_way_everywhere():
    fields = [FieldCells.of(example_analysis(name=name)) for name in ("1.png", "2.png")]
    summary = summarise(fields, "smear")
    texts = [
        words.summary_html(summary),
        words.scale_html(PixelSize(0.13, "red cells", 0.15)),
        words.cell_html(row_of(0.35, 0.11, 0.02, 0.31, 0.21), FAB5),
        *(proportion_text(one) for one in summary.classes.values()),
    ]
    signs = [text[n - 1] for text in texts for n, sign in enumerate(text) if sign == "%"]
    assert len(signs) > 10
    assert set(signs) == {words.NO_BREAK}


def test_summary_of_no_cells_has_no_fractions():
    summary = summarise([FieldCells.of(example_analysis(centres=()))], "empty")
    assert words.summary_html(summary) == "<b>0 white cells</b> in 1 field."


def test_every_flag_of_the_main_job_comes_with_advice():
    for flag in (main_job.BLURRED, main_job.SCALE_UNCERTAIN, NO_CELL):
        assert advice(flag) == ADVICE[flag]
        assert ":" in advice(flag)


def test_one_flag_of_many_fields_is_one_line_and_the_tip_names_them_all():
    names = [f"field {n}.png" for n in range(1, 6)]
    flags = dict.fromkeys(names, ("scale uncertain",)) | {"field 6.png": ("blur",)}
    html = flags_html(flags, with_names=True)
    assert html.count("⚠") == 2
    assert "5 fields (field 1.png, field 2.png, field 3.png, …): pixel size" in html
    assert "⚠ field 6.png: out of focus" in html
    assert all(name in flags_tip(flags) for name in (*names, "field 6.png"))


def test_as_many_fields_as_are_named_need_no_dots():
    flags = {f"{n}.png": ("blur",) for n in range(NAMED_FIELDS)}
    assert "…" not in flags_html(flags, with_names=True)


def test_overlaps_are_one_line_that_names_both_fields():
    flags = {"2.png": ("overlaps 1.png",), "4.png": ("blur", "overlaps 3.png")}
    html = flags_html(flags, with_names=True)
    assert html.count("⚠") == 2
    assert "2 fields (2.png overlaps 1.png, 4.png overlaps 3.png): part of another" in html


def test_names_cannot_bring_markup_into_the_dock():
    flags = {"<b>x": ("blur", "overlaps <i>y", "<u>z")}
    for text in (flags_html(flags, with_names=True), flags_tip(flags)):
        assert not re.search("<[biu]>", text)
