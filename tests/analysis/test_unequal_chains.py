"""Chains of unequal length and chains with gaps."""

import numpy as np
import pytest

from latflow.analysis import gamma_method

from .chains import ar1


def with_gaps(rng, series, share):
    """Whole stretches of samples were not recorded."""
    missing = ar1(rng, *series.shape, 5.0) > np.quantile(rng.standard_normal(10_000), 1 - share)
    return np.ma.array(series, mask=missing)


def test_chains_that_are_all_there():
    series = ar1(np.random.default_rng(1), 3, 200, 4.0)
    plain = gamma_method(series)
    for same in (
        series.tolist(),
        list(series),
        np.ma.array(series),
        [np.ma.array(c) for c in series],
    ):
        result = gamma_method(same)
        assert (result.value, result.error, result.tau_int) == (
            plain.value,
            plain.error,
            plain.tau_int,
        )


def test_the_pairs_of_unequal_chains():
    """With a fixed window all sums can be done by hand."""
    rng = np.random.default_rng(2)
    chains, window = [ar1(rng, 1, length, 3.0)[0] for length in (50, 31, 44)], 6
    n_total = sum(chain.size for chain in chains)
    mean = np.concatenate(chains).mean()
    sums, pairs = np.zeros(window + 1), np.zeros(window + 1)
    for chain in chains:
        for lag in range(window + 1):
            one, other = chain[: chain.size - lag] - mean, chain[lag:] - mean
            sums[lag] += one @ other
            pairs[lag] += one.size
    gamma = sums / pairs
    twice = np.array([1.0, *[2.0] * window])
    v = (twice * pairs * gamma).sum() / n_total / (n_total - (twice * pairs).sum() / n_total)
    result = gamma_method(chains, window=window)
    assert result.n_total == n_total
    assert result.value == pytest.approx(mean, rel=1e-12)
    assert result.error == pytest.approx(np.sqrt(v), rel=1e-10)
    assert result.autocorrelation[: window + 1] == pytest.approx((gamma + v) / (gamma[0] + v))


# 500 replicas: as test_gamma.test_coverage_of_one_chain; false alarm 1 in 300, the seeds are fixed.
@pytest.mark.parametrize("kind", ["unequal", "gaps"])
def test_coverage(kind):
    rng, hits = np.random.default_rng(3), 0
    for _ in range(500):
        if kind == "unequal":
            series = [ar1(rng, 1, length, 5.0)[0] for length in (4000, 300, 1000, 40)]
        else:
            series = with_gaps(rng, ar1(rng, 2, 3000, 5.0), 0.3)
        result = gamma_method(series)
        hits += abs(result.value) < result.error
    assert 0.62 <= hits / 500 <= 0.74


def test_what_stands_in_a_gap_does_not_matter():
    rng = np.random.default_rng(4)
    series = with_gaps(rng, ar1(rng, 2, 300, 2.0), 0.3)
    other = np.ma.array(np.where(series.mask, np.nan, series.data), mask=series.mask)
    one, two = gamma_method(series), gamma_method(other)
    assert (one.value, one.error, one.tau_int) == (two.value, two.error, two.tau_int)


def test_several_observables():
    series = ar1(np.random.default_rng(5), 2, 100, 2.0)
    chains = [np.stack([chain, chain**2], axis=-1) for chain in (series[0], series[1][:60])]
    both = gamma_method(chains)
    alone = gamma_method([chain[:, 1] for chain in chains])
    assert both.error[1] == alone.error and both.tau_int[1] == alone.tau_int


@pytest.mark.parametrize(
    "series",
    [
        [],
        [[1.0]],
        [[1.0, 2.0], [[1.0], [2.0]]],
        [1.0, 2.0, 3.0],
        [["a", "b"]],
        [[1.0, np.nan, 2.0]],
        [[1.0, 2.0, 1.0j]],
        np.ma.array(np.ones((1, 4)), mask=[[0, 1, 0, 1]]),
        np.ma.array(np.ones((1, 4, 2)), mask=np.eye(4, 2)[None]),
        np.ma.masked_all((2, 5)),
    ],
)
def test_what_is_no_series_is_refused(series):
    with pytest.raises(ValueError):
        gamma_method(series)


def test_chains_that_never_moved():
    """Each at its own value, of unequal length too."""
    for series in (np.repeat(np.arange(4.0)[:, None], 500, axis=1), [np.ones(5), np.zeros(9)]):
        result = gamma_method(series)
        assert np.isnan(result.error) and np.isnan(result.tau_int)


def test_chains_that_hardly_moved_have_an_uncertain_tau():
    """One sample differs: the window is about tau, and Wolff's error of tau would vanish."""
    series = np.repeat(np.arange(4.0)[:, None], 500, axis=1)
    series[2, 250] += 1e-3
    result = gamma_method(series)
    assert result.window_saturated
    assert result.tau_int_error > 0.1 * result.tau_int
