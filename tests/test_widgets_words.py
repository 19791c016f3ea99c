"""What the dock says of a smear, of its flags and of one cell."""

from __future__ import annotations

import re
from dataclasses import replace

from examples import example_analysis
from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.flags import (
    ADVICE,
    NAMED_FIELDS,
    SCALE_UNCERTAIN,
    advice,
    flags_html,
    flags_tip,
    warnings_html,
    without_told_scale,
)
from napari_all_subtype._widgets.legend import proportion_text
from napari_all_subtype.cells.plausible import NO_CELL
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.workflow import analyse as main_job
from napari_all_subtype.workflow.cell_report import cell_report
from napari_all_subtype.workflow.scale_check import scale_warning
from napari_all_subtype.workflow.smear_score import L3_WARNING, SmearScore
from napari_all_subtype.workflow.summarise import FieldCells, summarise


def plain(html):
    return html.replace(words.NO_BREAK, " ")


def report_of(label=2):
    return cell_report(example_analysis().cells.loc[label])


def test_words_of_one_cell_give_its_measurements():
    report = report_of()
    assert words.title_html(report) == "<b>Cell 2: Blast</b>"
    assert "lineage not assessed" in words.first_html(report)
    for told in ("Diameter", "10.0 µm"):
        assert told in words.measures_html(report)


def test_reasons_name_what_they_speak_for_and_keep_capital_letters():
    report = replace(
        report_of(),
        reasons_about="L2-like",
        reasons_for=("two nucleoli: largest 9 % of nucleus", "large: 1.5 times", "chromatin even"),
        reasons_against=("N:C high: 0.9 %",),
        not_measured=("not measured: N:C ratio",),
    )
    assert words.first_html(report) == (
        "<b>For L2-like:</b> two nucleoli; large.<br><b>Against:</b> N:C high."
    )
    assert plain(words.reasons_html(report)) == (
        "<b>For L2-like:</b> two nucleoli: largest 9 % of nucleus; large: 1.5 times; chromatin "
        "even.<br><b>Against:</b> N:C high: 0.9 %.<br>Not measured: N:C ratio.<br>"
        "Blast (lineage not assessed), subtype undetermined."
    )


def test_class_is_explained_once_where_no_reason_is_known():
    assert words.reasons_html(report_of()) == ""
    assert words.first_html(report_of()).startswith("blast (lineage not assessed)")


def test_per_cent_is_written_in_one_way_everywhere():
    fields = [FieldCells.of(example_analysis(name=name)) for name in ("1.png", "2.png")]
    summary = summarise(fields, "smear")
    texts = [
        words.summary_html(summary),
        words.scale_html(PixelSize(0.13, "red cells", 0.15)),
        words.reasons_html(replace(report_of(), reasons_for=("largest 9 % of nucleus",))),
        *(proportion_text(one) for one in summary.classes.values()),
    ]
    signs = [text[n - 1] for text in texts for n, sign in enumerate(text) if sign == "%"]
    assert len(signs) > 10
    assert set(signs) == {words.NO_BREAK}


def test_summary_of_no_cells_has_no_fractions():
    summary = summarise([FieldCells.of(example_analysis(centres=()))], "empty")
    assert words.summary_html(summary) == "<b>0 white cells</b> in 1 field."


def test_smear_of_unknown_cells_only_has_no_means():
    analysis = example_analysis()
    unknown = analysis.cells.assign(subtype="unknown", confidence=float("nan"))
    summary = summarise([FieldCells.of(replace(analysis, cells=unknown))], "smear")
    html = plain(words.summary_html(summary))
    assert "Mean probability of any blast –, mean confidence –." in html
    assert "⚠ No cell could be judged, all 3 are unknown" in html


def score(**told):
    return SmearScore(**{"n_blasts": 66, "n_fields": 75, "patterns": {}, "shares": {}} | told)


def test_smear_score_is_told_as_rule_scores_apart_from_the_words_of_the_network():
    text = "66 blasts in 75 fields: L1-like 85 %; score +1 (−1…+2): L1-like; historical <scheme>"
    html = plain(words.rules_html(score(outcome="L1", text=text)))
    assert html.startswith("<b>FAB rules</b> (rule scores, not the words of the network above)")
    assert text.replace("<scheme>", "&lt;scheme&gt;") in html
    assert "⚠" not in html


def test_suspected_l3_is_a_warning():
    text = f"66 blasts in 75 fields: L3-like 40 %; {L3_WARNING}"
    html = words.rules_html(score(outcome="L3 suspected", text=text))
    assert "⚠ 66 blasts" in html
    assert L3_WARNING in html


def test_smear_without_blasts_that_were_measured_has_no_rule_scores():
    assert words.rules_html(score(outcome="not computed", text="0 blasts", n_blasts=0)) == ""
    assert words.rules_html(None) == ""


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


def scale_warnings(**um_per_px):
    sizes = {f"{n}.png": PixelSize(um, "red cells", off) for n, (um, off) in um_per_px.items()}
    return {name: scale_warning(size, (0.06, 0.19)) for name, size in sizes.items()}


def test_scales_that_differ_are_one_warning_with_the_range_over_fields():
    warnings = scale_warnings(a=(0.131, 0.16), b=(0.113, 0.16), c=(0.12, 0.09))
    html = plain(warnings_html(warnings, with_names=True))
    assert html.count("⚠") == 1
    assert "3 fields (a.png, b.png, c.png): Scale read off the red cells" in html
    assert "(0.113–0.131 µm/px ± 9–16 %)" in html


def test_scale_that_all_fields_share_is_one_value():
    html = plain(warnings_html(scale_warnings(a=(0.113, 0.16), b=(0.113, 0.16)), with_names=True))
    assert html.count("⚠") == 1
    assert "(0.113 µm/px ± 16 %)" in html


def test_range_keeps_the_numbers_that_all_warnings_share():
    html = plain(warnings_html(scale_warnings(a=(0.3, 0.1), b=(0.4, 0.1)), with_names=True))
    assert "Scale 0.300–0.400 µm/px is coarser" in html
    assert "learned from (0.060–0.190 µm/px)" in html


def test_warnings_of_two_kinds_stay_two():
    warnings = scale_warnings(a=(0.3, 0.1), b=(0.13, 0.1))
    assert warnings_html(warnings, with_names=True).count("⚠") == 2


def test_uncertain_scale_is_told_once():
    flags = {"a.png": ("blur", SCALE_UNCERTAIN), "b.png": (SCALE_UNCERTAIN,)}
    told = without_told_scale(flags, scale_warnings(a=(0.13, 0.1), b=(0.13, 0.1)))
    assert told == {"a.png": ("blur",)}


def test_uncertain_scale_of_a_repeated_picture_is_told_with_the_first():
    flags = {"a.png": (SCALE_UNCERTAIN,), "again.png": ("same picture as a.png", SCALE_UNCERTAIN)}
    told = without_told_scale(flags, scale_warnings(a=(0.13, 0.1)))
    assert told == {"again.png": ("same picture as a.png",)}


def test_uncertain_scale_without_a_warning_keeps_its_flag():
    flags = {"a.png": (SCALE_UNCERTAIN,)}
    assert without_told_scale(flags, {}) == flags
    assert without_told_scale(flags, {"b.png": "Scale 0.4 is coarser."}) == flags


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
