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

import dataclasses
import itertools
import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.batching import stacked, stored, unstacked
from latflow.flows._spline import oddly
from latflow.flows.gauge.spectral._spline_rows import spline, spline_inverse
from latflow.leading_axes import on_leading_axes

Angles = Float[Array, "n sites"]
Numbers = Float[Array, " sites"]
Box = list[Float[Array, "..."]]


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
        return self._mapped(angles, is_inverse=False)

    def inverse(self, angles: Angles) -> tuple[Angles, Numbers]:
        """What has these images, and the logarithms of how the inverse stretches the measure."""
        return self._mapped(angles, is_inverse=True)

    @property
    def commutes_with_conjugation(self) -> bool:
        """For SU(2) and SU(3)."""
        return len(self.weights) < 3

    def _mapped(self, angles: Angles, is_inverse: bool) -> tuple[Angles, Numbers]:
        function = _Mapped(is_inverse, self.commutes_with_conjugation)
        weights = (x.astype(angles.dtype) for x in self.weights)
        images, log_stretch = on_leading_axes(function, angles, *weights)
        return images, log_stretch


@dataclasses.dataclass(frozen=True)
class _Mapped:
    """(angles, weights) to their images and log stretches; the batch comes last."""

    is_inverse: bool
    is_odd: bool

    def __call__(self, angles, *weights):
        old = _box_of(unstacked(angles))
        function = spline_inverse if self.is_inverse else spline
        new, log_stretch = [], -_log_haar(old)
        for i, (x, of_one) in enumerate(zip(old, weights, strict=True)):
            parameters = _parameters(of_one, (new if self.is_inverse else old)[:i])
            if i == 1 and self.is_odd:
                image, slope = oddly(function, math.pi * (2 * x - 1), parameters)
                image = (image / math.pi + 1) / 2
            else:
                image, slope = function(math.pi * x, parameters)
                image = image / math.pi
            new.append(image)
            log_stretch = log_stretch + slope
        return [stacked(_angles_of(new)), log_stretch + _log_haar(new)]


def _parameters(
    weights: Float[Array, "rows numbers ..."], before: Box
) -> Float[Array, "rows sites ..."]:
    """The parameters of a spline at every site."""
    parameters = weights[:, :1]
    if before:
        waves = (weights.shape[1] - 1) // len(before)
        features = [jnp.cos(math.pi * k * x) for x in before for k in range(1, waves + 1)]
        for number, feature in enumerate(stored(features), start=1):
            parameters = parameters + weights[:, number, None] * feature[None]
    return parameters


def _box_of(angles: Box) -> Box:
    """Coordinates in (0, 1); a little away from the walls, where eigenvalues are the same."""
    smallest = 8 * jnp.finfo(angles[0].dtype).eps
    pairs = zip(angles, [*angles[1:], angles[0] - 2 * math.pi], strict=True)
    gaps = [jnp.maximum((one - next_) / (2 * math.pi), smallest) for one, next_ in pairs]
    (rest,) = stored([_sum(gaps[:-1])])
    box = [gaps[-1] / (gaps[-1] + rest)]
    for i in range(len(angles) - 2):
        box.append(gaps[i] / _sum(gaps[i:-1]))
    return stored(box)


def _gaps_of(box: Box) -> Box:
    """a_1 ... a_N."""
    gaps, rest = [], 1 - box[0]
    for x in box[1:]:
        gaps.append(rest * x)
        rest = rest * (1 - x)
    return [*gaps, rest, box[0]]


def _angles_of(box: Box) -> Box:
    angles = [jnp.zeros_like(box[0])]
    for gap in _gaps_of(box)[:-1]:
        angles.append(angles[-1] - 2 * math.pi * gap)
    mean = _sum(angles) / len(angles)
    return [angle - mean for angle in angles]


def _log_haar(box: Box) -> Float[Array, "..."]:
    """log of the density of Haar's measure in the box, but for a constant."""
    gaps, n = _gaps_of(box), len(box) + 1
    sines = [jnp.sin(math.pi * _sum(gaps[j:k])) for j, k in itertools.combinations(range(n), 2)]
    total = 2 * _sum([jnp.log(one) for one in sines])
    # What of the stick is left before each break but the first is how long its part can be.
    rest = 1 - box[0]
    for x in box[1:]:
        total = total + jnp.log(rest)
        rest = rest * (1 - x)
    return total


def _sum(numbers: Box) -> Float[Array, "..."]:
    return sum(numbers[1:], numbers[0])
