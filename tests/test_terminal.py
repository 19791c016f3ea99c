"""What a run says on the terminal, word for word where it matters."""

from __future__ import annotations

from napari_all_subtype.terminal import describe, flag_lines
from napari_all_subtype.workflow.summarise import summarise
from test_summarise import field

ASSUMED = "Scale assumed"


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
    assert "uncertain by 15%" in describe(summarise([field("a", "blast", uncertainty=0.15)], "s"))


def test_interval_over_fields_is_left_out_where_it_means_nothing():
    fields = [field(n, "blast") for n in "abcde"]
    assert "over fields" not in describe(summarise(fields, "s"))
    assert "over fields" in describe(summarise([*fields, field("f", "normal")], "s"))
