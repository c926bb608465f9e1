"""Numbers are written as physicists write them, whatever they are."""

import math

import pytest

from latflow.reports.text import (
    count_text,
    duration_text,
    plain_number,
    pull_text,
    value_with_error,
)

NAN, INFINITE = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (6.4906, 0.008, "6.4906(80)"),
        (6.4906, 0.0996, "6.49(10)"),
        (17.7, 0.5, "17.70(50)"),
        (0.63625, 0.0001, "0.63625(10)"),
        (12.34, 1.44, "12.3(1.4)"),
        (12.34, 9.96, "12(10)"),
        (123.4, 12.3, "123(12)"),
        (12345.0, 1340.0, "12300(1300)"),
        (-3.14159, 0.021, "−3.142(21)"),
        (-0.00012, 0.0080, "−0.0001(80)"),
        (-0.00001, 0.0080, "0.0000(80)"),
        (0.13, 2.3, "0.1(2.3)"),
        (0.0, 0.5, "0.00(50)"),
        (1.23e-8, 1.2e-9, "1.23(12) × 10⁻⁸"),
        (1.23e8, 1.2e6, "1.230(12) × 10⁸"),
        (0.0, 2.5e-9, "0.0(2.5) × 10⁻⁹"),
        (999999.7, 0.52, "999999.70(52)"),
    ],
)
def test_value_with_error(value, error, text):
    assert value_with_error(value, error) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (NAN, 0.1, "—"),
        (None, 0.1, "—"),
        (INFINITE, 0.1, "—"),
        (1.5, NAN, "1.5(?)"),
        (1.5, None, "1.5(?)"),
        (1.5, INFINITE, "1.5(?)"),
        (0.25, 0.0, "0.25(0)"),
        (0.0, 0.0, "0(0)"),
        (1.0, 1e-17, "1(0)"),
        (-1.0, 0.0, "−1(0)"),
    ],
)
def test_what_is_missing_or_exact(value, error, text):
    assert value_with_error(value, error) == text


def test_the_number_of_digits_can_be_chosen():
    assert value_with_error(6.4906, 0.0084, digits=1) == "6.491(8)"
    assert value_with_error(6.4906, 0.0084, digits=3) == "6.49060(840)"


@pytest.mark.parametrize("exponent", range(-12, 13))
def test_the_error_can_be_read_back(exponent):
    value, error = 1.7 * 10.0**exponent, 2.3 * 10.0 ** (exponent - 2)
    text = value_with_error(value, error)
    mantissa, _, power = text.partition(" × 10")
    power = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    number, digits = mantissa.rstrip(")").split("(")
    decimals = len(number.partition(".")[2])
    scale = 1 if "." in digits else 10.0**-decimals
    assert float(number) * 10.0**power == pytest.approx(value)
    assert float(digits) * scale * 10.0**power == pytest.approx(error)


@pytest.mark.parametrize(
    ("pull", "text"),
    [(1.23, "+1.2"), (-0.04, "0.0"), (-2.96, "−3.0"), (NAN, "—"), (None, "—"), (-INFINITE, "−∞")],
)
def test_pulls(pull, text):
    assert pull_text(pull) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (7.4, "7"),
        (950, "950"),
        (12_432, "12,400"),
        (999_700, "1.0 million"),
        (3.14e6, "3.14 million"),
        (2e12, "2.0 × 10¹²"),
        (INFINITE, "—"),
    ],
)
def test_counts(count, text):
    assert count_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4.2e-7, "0.42 µs"),
        (5e-3, "5.0 ms"),
        (38.2, "38 s"),
        (99.7, "100 s"),
        (700.0, "12 min"),
        (12_000.0, "3.3 h"),
        (500_000.0, "5.8 days"),
        (None, "—"),
    ],
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text


def test_plain_numbers():
    assert plain_number(0.576) == "0.576"
    assert plain_number(-55.73001, 6) == "−55.73"
    assert plain_number(1.5e-7) == "1.500 × 10⁻⁷"
    assert plain_number(NAN) == "—"
