"""The limit of blank: known answers of the binomial and beta-binomial distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln, comb
from scipy.stats import betabinom, binom

from napari_all_subtype.cells.model_facts import FalseBlasts
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.workflow.blank_limit import limit_of_blank

MANY = 10**7
RATES = st.lists(
    st.builds(
        FalseBlasts,
        st.just("some"),
        st.floats(0.0, 1.0),
        st.integers(1, 5000),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize(
    ("fraction", "n_cells", "expected"),
    # 95th percentiles of the binomial distribution, as tables give them.
    [(0.0, 200, 0), (0.01, 100, 3), (0.05, 100, 9), (0.1, 200, 27), (0.5, 10, 8), (1.0, 50, 50)],
)
def test_a_rate_that_is_well_known_gives_the_binomial_percentile(fraction, n_cells, expected):
    assert limit_of_blank([FalseBlasts("one", fraction, MANY)], n_cells) == expected
    if 0 < fraction < 1:
        assert expected == binom.ppf(0.95, n_cells, fraction)


def test_none_of_a_few_cells_does_not_mean_none_of_many():
    # By the formula: C(n, k) B(k + 1/2, n - k + m + 1/2) / B(1/2, m + 1/2), none of m = 33.
    n, m = 100, 33
    chances = [
        comb(n, k) * np.exp(betaln(k + 0.5, n - k + m + 0.5) - betaln(0.5, m + 0.5))
        for k in range(n + 1)
    ]
    limit = limit_of_blank([FalseBlasts("few", 0.0, m)], n)
    assert limit == 6
    assert sum(chances[: limit + 1]) >= 0.95 > sum(chances[:limit])


@given(st.floats(0.0, 1.0), st.integers(1, 5000), st.integers(1, 3000))
def test_the_limit_is_the_percentile_of_the_beta_binomial_distribution(fraction, m, n):
    a, b = fraction * m + 0.5, m - fraction * m + 0.5
    limit = limit_of_blank([FalseBlasts("one", fraction, m)], n)
    chances = betabinom.pmf(np.arange(n + 1), n, a, b).cumsum()
    # Rounding decides where a chance is that of the limit.
    assert chances[limit] >= 0.95 - 1e-6 or limit == n
    assert limit == 0 or chances[limit - 1] < 0.95 + 1e-6


def test_of_two_laboratories_the_worse_one_decides_in_one_count_of_twenty():
    good, bad = FalseBlasts("good", 0.0, MANY), FalseBlasts("bad", 0.2, MANY)
    # Half the counts are 0; the limit leaves a tenth of the bad one's counts above it.
    assert limit_of_blank([good, bad], 100) == binom.ppf(0.9, 100, 0.2)
    assert limit_of_blank([bad], 100) == binom.ppf(0.95, 100, 0.2)


def test_a_rate_without_a_number_of_cells_gives_no_limit():
    assert limit_of_blank([FalseBlasts("unstated", 0.1, 0)], 100) is None
    assert limit_of_blank([], 100) is None


def test_no_cells_hold_no_blasts():
    assert limit_of_blank([FalseBlasts("one", 0.5, 10)], 0) == 0


@pytest.mark.parametrize(("n_cells", "certainty"), [(-1, 0.95), (10, 0.0), (10, 1.0)])
def test_counts_and_shares_out_of_range_are_refused(n_cells, certainty):
    with pytest.raises(ParameterError, match="expected"):
        limit_of_blank([FalseBlasts("one", 0.1, 10)], n_cells, certainty)


@given(RATES, st.integers(0, 300))
def test_the_limit_lies_between_none_and_all_and_grows_with_the_count(rates, n_cells):
    limit = limit_of_blank(rates, n_cells)
    assert 0 <= limit <= n_cells
    assert limit <= limit_of_blank(rates, n_cells + 1) <= limit + 1


@given(RATES, st.integers(1, 300))
def test_more_certainty_never_lowers_the_limit(rates, n_cells):
    assert limit_of_blank(rates, n_cells, 0.9) <= limit_of_blank(rates, n_cells, 0.99)
