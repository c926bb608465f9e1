"""Numbers as physicists write them: 6.4906(80), and plain words for counts and durations."""

import math

MISSING = "—"
MINUS = "−"

_LARGEST_PLAIN = 1e6
_SMALLEST_PLAIN = 1e-3
# An error below the rounding of the value says no more than "no error".
_ROUNDING = 1e-14
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def value_with_error(value: float | int | None, error: float | int | None, digits: int = 2) -> str:
    """A value with its error in the compact form 6.4906(80).

    The parenthesis counts units of the value's last digit, or has a decimal point where the
    error is one or more: 12.3(1.4). Very large and very small numbers get a power of ten.

    Args:
        value: ``None`` and NaN give a dash.
        error: one standard deviation; zero is shown as ``(0)``, an unknown one (``None``, NaN,
            infinite) as ``(?)``.
        digits: significant digits of the error.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if error is None or not math.isfinite(error):
        return f"{plain_number(value)}(?)"
    error = abs(error)
    if error <= _ROUNDING * abs(value) or error == 0:
        return f"{plain_number(value, 10)}(0)"
    magnitude = max(abs(value), error)
    if not _SMALLEST_PLAIN <= magnitude < _LARGEST_PLAIN:
        power = math.floor(math.log10(magnitude))
        scaled = value_with_error(_shifted(value, power), _shifted(error, power), digits)
        return f"{scaled} × {power_of_ten(power)}"
    # The error is rounded first: 0.0996 is 0.10, which has one digit less behind the point.
    exponent = int(f"{error:.{digits - 1}e}".split("e")[1])
    decimals = digits - 1 - exponent
    if decimals <= 0:
        unit = 10**-decimals
        return f"{_signed(round(value / unit) * unit, 0)}({round(error / unit) * unit})"
    if exponent >= 0:
        return f"{_signed(value, decimals)}({error:.{decimals}f})"
    return f"{_signed(value, decimals)}({round(error * 10**decimals)})"


def plain_number(value: float | int | None, digits: int = 4) -> str:
    """A number without an error, to so many significant digits; a dash if there is none."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value != 0 and not _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.replace('-', MINUS)} × {power_of_ten(int(power))}"
    return f"{value:.{digits}g}".replace("-", MINUS)


def pull_text(pull: float | int | None) -> str:
    """A pull with its sign, in standard deviations: +1.2; a dash if there is none."""
    if pull is None or math.isnan(pull):
        return MISSING
    if math.isinf(pull):
        return "+∞" if pull > 0 else f"{MINUS}∞"
    digits = 1 if abs(pull) < 100 else 0
    text = f"{pull:+.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", MINUS)


def count_text(count: float | int) -> str:
    """A count in words that fit its size: 950, 12,400, 3.1 million, 2.0 × 10¹²."""
    if not math.isfinite(count):
        return MISSING
    if count < 1e3:
        return f"{count:.0f}"
    if count < 1e6:
        rounded = round(count, 2 - math.floor(math.log10(count)))
        return f"{rounded:,.0f}" if rounded < 1e6 else "1.0 million"
    if count < 1e9:
        return f"{count / 1e6:.3g} million"
    return plain_number(count, 2)


def duration_text(seconds: float | int | None) -> str:
    """A duration in the unit that fits its size: 0.42 ms, 38 s, 12 min, 3.4 h, 5.1 days."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    for limit, unit, name in (
        (1e-3, 1e-6, "µs"),
        (1.0, 1e-3, "ms"),
        (120.0, 1.0, "s"),
        (7200.0, 60.0, "min"),
        (172800.0, 3600.0, "h"),
    ):
        if abs(seconds) < limit:
            return f"{_few_digits(seconds / unit)} {name}"
    return f"{_few_digits(seconds / 86400)} days"


def power_of_ten(power: int) -> str:
    """Ten to a power, with a raised exponent: 10⁻⁸."""
    return f"10{str(power).translate(_SUPERSCRIPTS)}"


def _signed(value: float | int, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    # What rounds to zero has no sign.
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def _few_digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 99.5 else f"{value:#.2g}".rstrip(".")


def _shifted(value: float | int, power: int) -> float:
    """value / 10^power through its decimal digits: no rounding, no overflow."""
    mantissa, exponent = f"{value:.17e}".split("e")
    return float(f"{mantissa}e{int(exponent) - power}")
