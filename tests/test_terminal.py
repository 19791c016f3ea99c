"""What a run says on the terminal, word for word where it matters."""

from __future__ import annotations

import re
from dataclasses import replace

from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.terminal import describe, flag_lines
from napari_all_subtype.workflow.scale_check import scale_warning
from napari_all_subtype.workflow.scale_doubt import IF_LARGER, IF_SMALLER
from napari_all_subtype.workflow.smear_score import SmearScore
from napari_all_subtype.workflow.summarise import summarise
from test_summarise import field

ASSUMED = "Scale assumed"
SEEN_UM = (0.05, 0.19)
COARSE = "Scale 0.400 µm/px is coarser than any the model learned from"


def scaled(name, um_per_px, origin="user"):
    """A field of one blast at that scale, with what is said of the scale."""
    size = PixelSize(um_per_px, origin, 0.5 if origin == "assumed" else 0.02)
    told = replace(field(name, "blast"), scale_warning=scale_warning(size, SEEN_UM))
    return replace(told, scale_assumed=origin == "assumed")


def test_smear_is_named_by_its_first_field():
    one = describe(summarise([field("a.png", "normal")], "smear-1"))
    assert one.startswith("smear-1 (a.png): 1 white cell in 1 field\n")
    three = describe(summarise([field(f"{n}.png", "normal") for n in "abc"], "smear-2"))
    assert three.startswith("smear-2 (a.png and 2 more): 3 white cells in 3 fields\n")


def test_flag_of_many_fields_is_one_line():
    flags = {f"{n}.png": ["scale uncertain"] for n in range(7)} | {"8.png": ["blur"]}
    assert flag_lines(flags) == [
        "  check scale uncertain: 0.png, 1.png, 2.png and 4 more",
        "  check blur: 8.png",
    ]


def test_pairs_of_fields_share_a_line_and_name_both():
    flags = {f"{n}.png": [f"overlaps {n - 1}.png"] for n in range(1, 6)}
    (line,) = flag_lines(flags)
    assert line.startswith("  check overlap: 1.png overlaps 0.png, 2.png overlaps 1.png, ")
    assert line.endswith(" and 2 more")


def test_assumed_scale_says_that_the_count_is_in_doubt():
    known, assumed = field("a", "blast"), field("b", "blast", scale_assumed=True)
    assert ASSUMED not in describe(summarise([known], "s"))
    assert f"{ASSUMED}: counts and sizes" in describe(summarise([assumed], "s"))
    both = describe(summarise([known, assumed], "s"))
    assert f"{ASSUMED} in 1 of 2 fields: counts and sizes" in both
    assert "--pixel-size" in both


def test_length_without_uncertainty_is_not_called_uncertain():
    exact = describe(summarise([field("a", "blast", uncertainty=0.0)], "s"))
    assert "uncertain" not in exact
    guessed = [field("a", "blast", uncertainty=0.15), field("b", uncertainty=0.5)]
    assert "uncertain by 15 %." in describe(summarise(guessed[:1], "s"))
    text = describe(summarise(guessed, "s"))
    assert "every length is uncertain by 15 %, in 1 of 2 fields by 50 %." in text
    known = [field("a", "blast", uncertainty=0.0), guessed[1]]
    assert "every length is uncertain in 1 of 2 fields by 50 %." in describe(summarise(known, "s"))


def test_interval_over_fields_is_left_out_where_it_means_nothing():
    fields = [field(n, "blast") for n in "abcde"]
    assert "over fields" not in describe(summarise(fields, "s"))
    assert "over fields" in describe(summarise([*fields, field("f", "normal")], "s"))


def test_scale_that_the_model_has_not_seen_is_said():
    assert "the model learned from" not in describe(summarise([scaled("a", 0.13)], "s"))
    text = describe(summarise([scaled("a", 0.4)], "s"))
    assert f"\n  {COARSE}" in text


def test_unseen_scale_of_some_fields_names_them_in_one_line():
    fields = [scaled("a", 0.13), *(scaled(name, 0.4) for name in "bcdef")]
    lines = [line for line in describe(summarise(fields, "s")).splitlines() if COARSE in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"  b, c, d and 2 more: {COARSE}")


def test_many_unseen_scales_do_not_flood_the_terminal():
    fields = [scaled(str(n), 0.4 + n / 100) for n in range(9)]
    lines = [line for line in describe(summarise(fields, "s")).splitlines() if "Scale 0." in line]
    assert len(lines) == 3
    assert "6 more fields with a warning of scale" in describe(summarise(fields, "s"))


def test_assumed_scale_is_said_once_and_an_unseen_one_beside_it():
    text = describe(summarise([scaled("a", 0.4, "assumed")], "s"))
    assert text.count(ASSUMED) == 1
    assert COARSE in text


def test_cells_cut_by_the_border_are_counted():
    one = field("a.png", "normal", "blast", "blast")
    cut = replace(one, cells=one.cells.assign(touches_border=[True, False, True]))
    first = describe(summarise([cut], "s")).splitlines()[0]
    assert first == "s (a.png): 3 white cells in 1 field, 2 cut by the border"
    assert "border" not in describe(summarise([one], "s"))


def test_fab_line_says_that_it_is_not_of_the_words_above():
    score = SmearScore("not computed", "1 blast in 1 field: L1-like 100 %", 1, 1, {}, {})
    summary = summarise([field("a", "l1")], "s").model_copy(update={"smear_score": score})
    (line,) = (line for line in describe(summary).splitlines() if score.text in line)
    assert "rule scores of the blasts" in line
    assert "another thing than the words above" in line


def test_every_percentage_has_a_blank_before_its_sign():
    fields = [field(n, "blast", uncertainty=0.15) for n in "abcde"]
    unsure = field("f", "normal", uncertainty=0.15)
    ends = {IF_SMALLER: [0.05], IF_LARGER: [0.95]}
    unsure = replace(unsure, cells=unsure.cells.assign(**ends))
    summary = summarise([*fields, unsure], "s")
    assert "15 %" in summary.scale_doubt.text
    text = "\n".join((describe(summary), summary.scale_doubt.text))
    assert re.findall(r"\d+ %", text)
    assert not re.findall(r"\d%", text)
