"""docs/model-card.md is of the model that is bundled, and says what was measured."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import Tick
from matplotlib.legend import Legend
from matplotlib.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import bundled_page
import model_card_reliability
from bundled_figures import Outcome
from bundled_floor import NAME, perfect_error
from model_card_failures import BLAST_SIDE, cases, example, tally
from model_card_page import page_of
from model_card_plot import STYLE, drawn
from model_card_reliability import (
    BINS,
    KNOWN,
    LEFT_OUT,
    by_laboratory,
    cost_of_leaving_out,
    cost_to_others,
    reliability,
)
from model_card_tables import data_table, forms_table, others_of

from napari_all_subtype.model.calibration import blast_logit
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.card_parts import Measurement
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.workflow.card_facts import CEILING_SHARE

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "model-card.md").read_text(encoding="utf-8")
MEASURED = json.loads((DOCS / "figures" / "model-card" / "measured.json").read_text("utf-8"))
FIGURES = json.loads((DOCS / "figures" / "model.json").read_text("utf-8"))
MAX_PICTURE_BYTES = 150_000


@pytest.fixture(scope="module")
def card():
    """The card of the model that is bundled."""
    return read_card(find_model())


def test_the_page_is_of_the_bundled_model(card):
    assert f"# Model card: {card.id} {card.version}\n" in PAGE
    assert f"one temperature, {card.temperature:.4f}," in PAGE
    for name, sha256 in card.files.items():
        assert f"`{name}` | {MEASURED['bytes'][name]} | `{sha256}`" in PAGE


def test_the_page_is_what_card_and_measurements_make(card):
    terms = (find_model() / "TERMS.md").read_text(encoding="utf-8")
    assert page_of(card, MEASURED, terms) == PAGE, "run `make model-card`"


def test_a_page_measured_on_other_weights_is_refused(card):
    with pytest.raises(SystemExit, match="other weights"):
        page_of(card, MEASURED | {"weights": "0" * 64}, "")


def test_every_figure_of_laboratories_left_out_is_on_the_page(card):
    shown = [m for m in card.measured if m.protocol.startswith("laboratory left out")]
    assert shown
    for one in shown:
        if one.name in ("AUROC", "sensitivity", "specificity"):
            assert f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})" in PAGE


def test_the_page_of_figures_is_what_they_make():
    page = (DOCS / "figures" / "model.md").read_text(encoding="utf-8")
    assert bundled_page.page_of(FIGURES) == page, "run `python scripts/train_bundled.py page`"


def test_both_pages_show_what_chance_makes_of_each_calibration_error():
    figures = (DOCS / "figures" / "model.md").read_text(encoding="utf-8")
    for row in FIGURES["rows"]:
        shown = "| {mean:.3f} ({low:.3f}–{high:.3f}) |".format(**row[NAME])
        assert shown in figures
        assert shown in PAGE or "AUROC" not in row["figures"]


def test_perfect_confidences_of_few_cells_have_an_error_and_of_many_hardly_one():
    few, many = (perfect_error([np.full(n, 0.7)], draws=200) for n in (25, 10_000))
    # All cells in one bin: |share - 0.7|, of which the mean is sqrt(2 p (1 - p) / (pi n)).
    assert few["mean"] == pytest.approx(np.sqrt(2 * 0.21 / (np.pi * 25)), rel=0.15)
    assert few["low"] < few["mean"] < few["high"]
    assert many["high"] < few["mean"] / 5


def test_networks_with_the_same_confidences_share_the_luck_of_the_draw():
    p = np.linspace(0.05, 0.95, 60)
    assert perfect_error([p, p], draws=50) == perfect_error([p], draws=50)


def test_every_limit_of_the_card_is_on_the_page(card):
    assert all(f"- {limit}\n" in PAGE for limit in card.limits)


def measured_on_simulated(name, protocol="simulated cells, as drawn; the ceiling is 1"):
    return Measurement(name=name, protocol=protocol, value=0.875, crops=50, groups=1)


@pytest.mark.parametrize("name", [CEILING_SHARE, "share of simulated l1 scored highest as l1"])
def test_figures_on_simulated_cells_are_in_their_table_and_nothing_else_is(card, name):
    others = tuple(m for m in card.measured if "simulat" not in m.protocol)
    shown = card.model_copy(update={"measured": (*others, measured_on_simulated(name))})
    rows = forms_table(shown).splitlines()[2:]
    assert len(rows) == 1
    assert f"{name} | simulated cells, as drawn; the ceiling is 1 | 0.88 | 50" in rows[0]


def test_the_page_has_rows_for_what_the_card_measured_on_simulated_cells(card):
    assert len(forms_table(card).splitlines()) > 2


def test_what_the_rules_named_is_told_apart_in_the_table_of_the_data(card):
    data = card.trained_on[0].model_copy(
        update={"taught": {"blast": 9}, "by_rule": {"l1": 2, "undetermined": 7}}
    )
    table = data_table(card.model_copy(update={"trained_on": (data,)}), {})
    assert "| 9 blast; by FAB rules 2 l1, 7 undetermined |" in table


def test_the_page_says_what_the_subtypes_of_this_card_were_learned_from(card):
    terms = (find_model() / "TERMS.md").read_text(encoding="utf-8")
    assert "learned from simulated cells" in PAGE
    by_rule = card.trained_on[0].model_copy(update={"by_rule": {"l1": 2}})
    both = card.model_copy(update={"trained_on": (by_rule, *card.trained_on[1:])})
    page = page_of(both, MEASURED, terms)
    assert "simulated cells and from real blasts named by FAB rules" in page


def test_every_link_and_picture_is_there_and_small():
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert len(links) > len(MEASURED["failures"])
    for link in links:
        assert (DOCS / link).is_file(), link
        if link.endswith((".png", ".jpg")):
            assert (DOCS / link).stat().st_size < MAX_PICTURE_BYTES, link


def test_every_failure_case_is_shown_once():
    titles = Counter(row["title"] for row in MEASURED["failures"])
    assert titles == Counter(case.title for case in cases())


def outcome(fold, laboratory, logit, is_blast, groups=None, seed=0):
    """Cells whose log odds of blast are `logit`."""
    logit, is_blast = np.asarray(logit, float), np.asarray(is_blast, bool)
    logits = np.full((len(logit), 5), -50.0)
    logits[:, 0], logits[:, 1] = 0.0, logit
    names = np.array(laboratory if isinstance(laboratory, list) else [laboratory] * len(logit))
    groups = np.arange(len(logit)).astype(str) if groups is None else np.array(groups)
    return Outcome(fold, seed, logits, is_blast, names, groups, "", 0.0)


def test_reliability_counts_each_cell_in_the_bin_of_its_probability():
    odds = np.log(np.array([0.05, 0.05, 0.35, 0.95]) / (1 - np.array([0.05, 0.05, 0.35, 0.95])))
    found = reliability([outcome("without a", "a", odds, [0, 1, 0, 1])])
    assert found["cells"] == [2, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert found["blasts"] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert [found["mean probability"][k] for k in (0, 3, 9)] == pytest.approx([0.05, 0.35, 0.95])
    assert len(found["cells"]) == BINS


def test_reliability_of_two_seeds_is_their_mean():
    one = outcome("without a", "a", [-3.0, 3.0], [0, 1], seed=0)
    two = outcome("without a", "a", [-3.0, -3.0], [0, 1], seed=1)
    found = reliability([one, two])
    assert sum(found["cells"]) == 2
    assert (found["cells"][0], found["cells"][-1]) == (1.5, 0.5)


def test_no_temperature_is_fitted_on_the_laboratory_it_is_shown_for():
    rng = np.random.default_rng(0)
    truth = rng.random(400) < 0.5
    logit = rng.normal(np.where(truth, 1, -1), 1.5)

    def shown(factor):
        own = outcome("without a", "a", logit * factor, truth)
        other = outcome("without b", "b", logit, truth)
        return blast_logit(by_laboratory([own, other])["a"][LEFT_OUT][0].logits)

    np.testing.assert_allclose(shown(2.0), 2 * shown(1.0), rtol=1e-3)


@pytest.fixture
def few_resamples(monkeypatch):
    """A tenth of what the page takes: enough for an interval that holds its middle."""
    monkeypatch.setattr(model_card_reliability, "RESAMPLES", 50)


def test_cost_is_left_out_minus_known_on_the_same_cells(few_resamples):
    truth = np.tile([True, False], 40)
    right, wrong = np.where(truth, 4.0, -4.0), np.where(truth, -4.0, -4.0)
    parts = {
        KNOWN: [outcome("fold 1", "a", right, truth)],
        LEFT_OUT: [outcome("without a", "a", wrong, truth)],
    }
    known, left, change, low, high = cost_of_leaving_out(parts)["balanced accuracy"]
    assert (known, left, change) == (1.0, 0.5, -0.5)
    assert low <= change <= high


def test_cost_compares_networks_not_pools_of_them(few_resamples):
    # Each network ranks its own fold well, but on a scale of its own.
    truth = np.tile([True, False], 20)
    one, two = np.where(truth, 3.0, 2.0), np.where(truth, -2.0, -3.0)
    fold_1 = outcome("fold 1", "a", one, truth, [f"a{k}" for k in range(40)])
    fold_2 = outcome("fold 2", "a", two, truth, [f"b{k}" for k in range(40)])
    apart = outcome(
        "without a", "a", [*one, *one], [*truth, *truth], [*fold_1.group, *fold_2.group]
    )
    known, left, change, low, high = cost_of_leaving_out(
        {KNOWN: [fold_1, fold_2], LEFT_OUT: [apart]}
    )["AUROC"]
    assert (known, left, change, low, high) == (1.0, 1.0, 0.0, 0.0, 0.0)


def test_cost_leaves_aside_folds_with_one_side_only(few_resamples):
    truth = np.tile([True, False], 20)
    right = np.where(truth, 4.0, -4.0)
    mixed = outcome("fold 1", "a", right, truth)
    normal = outcome("fold 2", "a", [9.0] * 10, [False] * 10, [f"n{k}" for k in range(10)])
    joint = outcome(
        "without a",
        "a",
        [*right, *[9.0] * 10],
        [*truth, *[False] * 10],
        [*mixed.group, *normal.group],
    )
    found = cost_of_leaving_out({KNOWN: [mixed, normal], LEFT_OUT: [joint]})
    assert found["AUROC"][0] == 1.0
    assert found["balanced accuracy"][0] == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)


def test_cost_to_others_compares_networks_that_knew_neither_group():
    truth = np.tile([True, False], 20)
    right, wrong = np.where(truth, 4.0, -4.0), np.full(40, -4.0)
    groups = [f"g{k}" for k in range(40)]
    fold = outcome("fold 3 of 5", "a", [*right, 9.0], [*truth, False], [*groups, "more"])
    elsewhere = outcome("fold 4 of 5", "a", wrong, truth, [f"h{k}" for k in range(40)])
    apart = outcome("without b, c", "a", wrong, truth, groups)
    found = cost_to_others([elsewhere, fold], [apart])
    assert list(found) == ["b, c"]
    # The cell of a group that the other network was not tested on does not count.
    row = found["b, c"]["a"]
    assert row["figures"]["balanced accuracy"][:3] == [1.0, 0.5, -0.5]
    assert (row["cells"], row["blasts"], row["groups"]) == (40, 20, 40)
    assert "| `b`, `c` | `a` | 40 (20) | 40 | AUROC |" in others_of(found)
    assert cost_to_others([elsewhere], [apart]) == {}
    assert "not measured" in others_of({})


def test_nothing_that_is_written_in_the_calibration_plot_lies_on_other_words_or_on_curves():
    with mpl.rc_context(STYLE):
        figure = drawn(MEASURED["reliability"])
        figure.draw_without_rendering()
    # Those of ticks beyond the axes are there as well, and not drawn.
    ticks = {id(one) for tick in figure.findobj(Tick) for one in tick.findobj(Text)}
    seen = [one for one in figure.findobj(Text) if one.get_text() and id(one) not in ticks]
    boxes = {one: one.get_window_extent() for one in seen}
    pairs = [(a, b) for a in boxes for b in boxes if id(a) < id(b) and boxes[a].overlaps(boxes[b])]
    assert [(a.get_text(), b.get_text()) for a, b in pairs] == []
    legends = figure.findobj(Legend)
    assert len(legends) == 2
    for one in legends:
        assert not one.get_window_extent().overlaps(one.axes.bbox)


def seen(word, p_blast=0.5):
    return SimpleNamespace(word=word, p_blast=p_blast)


def test_the_pair_shown_is_the_first_of_which_only_the_hard_one_is_wrong():
    usual = [seen("blast"), seen("normal"), seen("normal")]
    hard = [seen("blast"), seen("normal"), seen("l2")]
    assert example(usual, hard, BLAST_SIDE) == (usual[2], hard[2])
    assert example(hard, usual, ("unknown",)) == (hard[0], usual[0])


def test_tally_counts_what_is_wrong_and_what_was_said():
    counted = tally([seen("blast"), seen("l1"), seen("normal"), seen("unknown")], BLAST_SIDE)
    assert (counted["wrong"], counted["cells"]) == (2, 4)
    assert counted["called"] == {"blast": 2, "normal": 1, "unknown": 1}
    assert counted["low"] < 0.5 < counted["high"]
