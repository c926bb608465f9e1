r"""Trainable maps of conjugacy classes of SU(N) (Boyda et al., arXiv:2008.05456), for any N.

Classes are points of a simplex: with the angles of the canonical cell the gaps

    a_j = (theta_j - theta_{j+1}) / 2 pi,   a_N = 1 - a_1 - ... - a_{N-1}

are positive and add up to one. Its corners are the centre of the group; the unit element is
a_N = 1. Broken off one after the other, x_1 = a_N, x_2 = a_1 / (1 - a_N), ..., they become a box,
and every coordinate of it goes through a spline whose knots depend on those before it. The density
of Haar's measure in the gaps is prod_{j<k} 4 sin^2(pi (a_j + ... + a_{k-1})).

Charge conjugation reverses the order of a_1 ... a_{N-1}. For N = 2 that is nothing, for N = 3 it
is x_2 -> 1 - x_2, and the second spline is odd about 1/2, so that it commutes with the map.
"""

import itertools
import math
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.flows._spline import Knots, evaluate, evaluate_inverse, oddly
from latflow.flows.gauge._half_turn import half_turn
from latflow.flows.gauge.spectral._spectrum import Angles

Box = list[Float[Array, " sites"]]
Numbers = Float[Array, " sites"]


class ClassMap(eqx.Module):
    """A map of the angles of eigenvalues in the canonical cell, the same on every site.

    Args:
        weights: for each coordinate the parameters of its spline (widths, heights and slopes,
            3 bins + 1) as a constant and cosines cos(pi k x_i) of the coordinates before it:
            of shape (3 bins + 1, 1 + waves (i - 1)) for the i-th.
    """

    weights: tuple[Float[Array, "_ _"], ...]

    @classmethod
    def identity(cls, n: int, bins: int, waves: int) -> "ClassMap":
        """The map of SU(N) that does nothing, in single precision."""
        shapes = [(3 * bins + 1, 1 + waves * i) for i in range(n - 1)]
        return cls(tuple(jnp.zeros(shape, jnp.float32) for shape in shapes))

    def __call__(self, angles: Angles) -> tuple[Angles, Numbers]:
        """The images of angles, and the logarithms of how Haar's measure is stretched."""
        box = _box_of(angles)
        images, log_slope = [], jnp.zeros((), angles.dtype)
        for i, x in enumerate(box):
            image, slope = self._evaluated(evaluate, i, x, box)
            images.append(image)
            log_slope = log_slope + slope
        return _angles_of(images), log_slope + _log_haar(images) - _log_haar(box)

    def inverse(self, angles: Angles) -> tuple[Angles, Numbers]:
        """What has these images, and the logarithms of how the inverse stretches the measure."""
        images = _box_of(angles)
        box, log_slope = [], jnp.zeros((), angles.dtype)
        for i, image in enumerate(images):
            x, slope = self._evaluated(evaluate_inverse, i, image, box)
            box.append(x)
            log_slope = log_slope + slope
        return _angles_of(box), log_slope + _log_haar(box) - _log_haar(images)

    @property
    def commutes_with_conjugation(self) -> bool:
        """For SU(2) and SU(3)."""
        return len(self.weights) < 3

    def _evaluated(self, function: Callable, i: int, x: Numbers, before: Box):
        knots = self._knots(i, before[:i])
        if i == 1 and self.commutes_with_conjugation:
            value, log_slope = oddly(function, math.pi * (2 * x - 1), knots)
            return (value / math.pi + 1) / 2, log_slope
        value, log_slope = function(math.pi * x, knots)
        return value / math.pi, log_slope

    def _knots(self, i: int, before: Box) -> Knots:
        weights = self.weights[i]
        parameters = weights[:, 0]
        if before:
            waves = (weights.shape[1] - 1) // len(before)
            features = [jnp.cos(math.pi * k * x) for x in before for k in range(1, waves + 1)]
            parameters = parameters[:, None] + weights[:, 1:] @ jnp.stack(features)
        bins = (weights.shape[0] - 1) // 3
        slopes = jnp.exp(parameters[2 * bins :])
        positions, values = (
            jnp.stack(half_turn(list(logarithms)))
            for logarithms in (parameters[:bins], parameters[bins : 2 * bins])
        )
        return Knots(positions, values, slopes)


def _box_of(angles: Angles) -> Box:
    """Coordinates in (0, 1); a little away from the walls, where eigenvalues are the same."""
    smallest = 8 * jnp.finfo(angles.dtype).eps
    gaps = (angles - jnp.roll(angles, -1, axis=0)) / (2 * math.pi)
    gaps = jnp.maximum(gaps.at[-1].add(1), smallest)
    box = [gaps[-1] / jnp.sum(gaps, axis=0)]
    for i in range(len(angles) - 2):
        box.append(gaps[i] / jnp.sum(gaps[i:-1], axis=0))
    return box


def _gaps_of(box: Box) -> Float[Array, "n sites"]:
    """a_1 ... a_N."""
    gaps, rest = [], 1 - box[0]
    for x in box[1:]:
        gaps.append(rest * x)
        rest = rest * (1 - x)
    return jnp.stack([*gaps, rest, box[0]])


def _angles_of(box: Box) -> Angles:
    gaps = _gaps_of(box)
    falls = 2 * math.pi * jnp.cumsum(gaps[:-1], axis=0)
    angles = jnp.concatenate([jnp.zeros_like(gaps[:1]), -falls])
    return angles - jnp.mean(angles, axis=0)


def _log_haar(box: Box) -> Numbers:
    """log of the density of Haar's measure in the box, but for a constant."""
    gaps, n = _gaps_of(box), len(box) + 1
    total = jnp.zeros((), gaps.dtype)
    for j, k in itertools.combinations(range(n), 2):
        total = total + 2 * jnp.log(jnp.sin(math.pi * jnp.sum(gaps[j:k], axis=0)))
    # What of the stick is left before each break but the first is how long its part can be.
    rest = 1 - box[0]
    for x in box[1:]:
        total = total + jnp.log(rest)
        rest = rest * (1 - x)
    return total
