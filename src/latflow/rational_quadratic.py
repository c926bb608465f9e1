"""One bin of a monotone rational-quadratic spline, in units of the bin.

Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al. (arXiv:1906.04032),
eqs. (4)-(8). Slopes at the ends are in units of the bin's mean slope.
"""

import jax.numpy as jnp


def fraction(theta):
    """The fraction of a bin, where rounding has led beyond its end.

    Not a minimum, which has half of a gradient at the knots themselves.
    """
    return jnp.where(theta > 1, 1, theta)


def _denominator(theta, low, high):
    """1 + (low + high - 2) theta (1 - theta), without differences."""
    rest = 1 - theta
    return theta**2 + rest**2 + (low + high) * (theta * rest)


def value_in_bin(theta, low, high):
    """The fraction of the height at the fraction theta of the width (Durkan et al., eq. 4).

    Args:
        theta: between 0 and 1.
        low: slope at the start, in units of the bin's mean slope.
        high: at the end.
    """
    return (theta**2 + low * (theta * (1 - theta))) / _denominator(theta, low, high)


def slope_in_bin(theta, slope, low, high):
    """log dy/dx at the fraction theta of a bin of mean ``slope`` (Durkan et al., eq. 5)."""
    rest = 1 - theta
    numerator = high * theta**2 + 2 * theta * rest + low * rest**2
    return jnp.log(slope * numerator / _denominator(theta, low, high) ** 2)


def where_in_bin(rise, low, high):
    """The fraction theta of the width where the fraction ``rise`` of the height is reached.

    In units of the bin, theta solves a theta^2 + b theta = rise with a = 1 - b. The discriminant
    b^2 + 4 a rise is a sum of squares, and each root has a form without cancellation: one for
    b >= 0, the other one for b < 0, where a > 1.
    """
    b = low - rise * (low + high - 2)
    root = jnp.sqrt((b - 2 * rise) ** 2 + 4 * rise * (1 - rise))
    is_low = b >= 0
    small = 2 * rise / jnp.where(is_low, b + root, 1)
    large = (root - b) / jnp.where(is_low, 1, 2 * (1 - b))
    return fraction(jnp.where(is_low, small, large))
