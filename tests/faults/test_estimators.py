"""Estimators over the whole range of doubles, and for everything that is not a plain series."""

import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latflow.analysis import (
    between_chain_chi2,
    bootstrap,
    derived_quantity,
    effective_sample_size,
    gamma_method,
    gelman_rubin,
    jackknife,
    log_partition_function,
)

from .configurations import FAMILIES
from .processes import fresh_process

fuzzed = settings(
    derandomize=True, deadline=None, database=None, max_examples=60,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
exponents = st.integers(-490, 490)
SERIES = np.random.default_rng(3).normal(size=(3, 60)).cumsum(axis=1)


@fuzzed
@given(exponents, st.sampled_from([1.0, -1.0]))
def test_scaled_series_have_scaled_errors(exponent, sign):
    """Powers of two up to 1e±147: exactly."""
    factor = sign * 2.0**exponent
    plain, scaled = gamma_method(SERIES), gamma_method(SERIES * factor)
    assert scaled.value == plain.value * factor
    assert scaled.error == plain.error * abs(factor)
    assert scaled.tau_int == plain.tau_int
    assert scaled.tau_int_error == plain.tau_int_error


@pytest.mark.parametrize("exponent", [-150, -100, 100, 150])
def test_tiny_and_huge_series(exponent):
    factor = float(f"1e{exponent}")
    plain, scaled = gamma_method(SERIES), gamma_method(SERIES * factor)
    assert scaled.value == pytest.approx(plain.value * factor, rel=1e-12)
    assert scaled.error == pytest.approx(plain.error * factor, rel=1e-12)
    assert scaled.tau_int == pytest.approx(plain.tau_int, rel=1e-12)


@fuzzed
@given(st.integers(0, 40))
def test_shifted_series_have_the_same_errors(exponent):
    series = np.round(SERIES * 2**10) / 2**10
    plain, shifted = gamma_method(series), gamma_method(series + 2.0**exponent)
    assert shifted.value == pytest.approx(plain.value + 2.0**exponent, rel=1e-15)
    assert shifted.error == pytest.approx(plain.error, rel=1e-9)


def test_a_constant_series_has_no_error():
    """Nothing is known about a series that never changed."""
    for value in (0.0, 0.1, 1e-300, 1e300):
        result = gamma_method(np.full((2, 50), value))
        assert result.value == value
        assert not np.isfinite(result.tau_int)
        assert not np.isfinite(result.error)


def test_chains_frozen_each_at_its_own_value():
    """No window holds their autocorrelation time: its error must not vanish."""
    series = np.repeat(np.arange(4.0)[:, None], 500, axis=1)
    result = gamma_method(series)
    assert not result.tau_int_error < 0.1 * result.tau_int


def test_complex_series_are_refused(tmp_path):
    """In a process without the type checks of the tests."""
    code = (
        "import numpy as np; from latflow.analysis import gamma_method\n"
        "try: gamma_method(np.ones((2, 50)) * np.exp(1j * np.arange(50)))\n"
        "except (ValueError, TypeError): print('refused')"
    )
    ended = fresh_process(cwd=tmp_path, python=[sys.executable, "-W", "ignore", "-c", code])
    assert ended.out == "refused\n", ended.err


def test_lists_are_series_too():
    assert gamma_method(SERIES.tolist()).value == gamma_method(SERIES).value


@pytest.mark.parametrize("option", [{"s_tau": np.nan}, {"s_tau": np.inf}, {"window": 2.5}])
def test_options_that_are_no_numbers_are_refused(option):
    with pytest.raises((ValueError, TypeError)):
        gamma_method(SERIES, **option)


def test_chains_of_unequal_length():
    """As a list of series."""
    chains = [SERIES[0], SERIES[1][:40], SERIES[2][:50]]
    result = gamma_method(chains)
    assert result.value == pytest.approx(np.concatenate(chains).mean())
    assert result.error > 0


def first(means):
    """A derived quantity that is a mean itself."""
    return means[0]


ESTIMATORS = {
    "jackknife": lambda series: jackknife(series, first, 5),
    "bootstrap": lambda series: bootstrap(series, first, 5, 50, np.random.default_rng(1)),
    "derived": lambda series: derived_quantity(first, series[..., None]),
}


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("factor", [2.0**-490, 2.0**-300, 2.0**300, 2.0**490])
def test_errors_of_functions_of_means_scale(name, factor):
    plain, scaled = ESTIMATORS[name](SERIES), ESTIMATORS[name](SERIES * factor)
    assert scaled.value == pytest.approx(plain.value * factor, rel=1e-12)
    assert scaled.error == pytest.approx(plain.error * factor, rel=1e-6)


@pytest.mark.parametrize("factor", [1e-150, 1e-100, 1e100, 1e150])
def test_diagnostics_do_not_know_the_unit(factor):
    assert gelman_rubin(SERIES * factor) == pytest.approx(gelman_rubin(SERIES), rel=1e-9)
    plain, scaled = (between_chain_chi2(SERIES * f, 5.0) for f in (1.0, factor))
    assert scaled.chi2 == pytest.approx(plain.chi2, rel=1e-9)


@fuzzed
@given(st.floats(-1e6, 1e6))
def test_weights_are_known_up_to_a_factor(shift):
    log_weight = SERIES.reshape(-1)
    plain, shifted = (effective_sample_size(log_weight + c) for c in (0.0, shift))
    assert shifted.value == pytest.approx(plain.value, rel=1e-6)
    plain, shifted = (log_partition_function(log_weight + c) for c in (0.0, shift))
    assert shifted.value == pytest.approx(plain.value + shift, rel=1e-9, abs=1e-6)
    assert shifted.error == pytest.approx(plain.error, rel=1e-5)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("shape", ["[1, 4]", "[2]", "[4, 1]", "[1]", "[1, 1]", "[4, 4, 1]"])
def test_extents_on_which_an_observable_is_not_defined(shape, latflow, tmp_path):
    """Unknown, rather than an exception when all samples are drawn."""
    text = FAMILIES["hmc"].replace("[4, 4]", shape)
    (tmp_path / "it.toml").write_text(text, "utf-8")
    ended = latflow("validate", "it.toml")
    if ended.code == 0:
        for command in (("sample", "it.toml", "--out", "it"), ("measure", "it"), ("report", "it")):
            ended = latflow(*command, "-q")
            assert ended.code == 0, ended.err
            assert "Warning" not in ended.err


def test_plots_of_degenerate_chains_are_silent(latflow, tmp_path):
    text = FAMILIES["hmc"].replace("steps = 4", "steps = 1\ntrajectory = 1000.0")
    text = text.replace("target_acceptance = 0.8", "")
    (tmp_path / "it.toml").write_text(text, "utf-8")
    ended = latflow("run", "it.toml", "--out", "it", "-q")
    assert ended.code == 0
    assert ended.err == ""
