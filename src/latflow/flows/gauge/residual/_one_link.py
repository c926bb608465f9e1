r"""A sum of Wilson loops as a function of one link, and how steep its gradient is.

Of a link U and its m = 2 (D - 1) frozen staples with the sum A, W = U A transforms like a
plaquette. The loops are

    Re tr W             plaquettes,
    Re tr W W           the link twice, around any two plaquettes,
    |tr W|^2, Re (tr W)^2   products of two plaquettes, in both orientations,
    Re tr W A^+ A       around one plaquette, back along a second one, around a third,

real, so that they commute with charge conjugation; what is the same for U(1) and SU(2) is left out.
The gradient g_a = Re tr T_a M has a matrix M of the same few products, and its derivative along
the group is at most

    1/2, 2, 2 N, 2 N and 1/2 times m, m^2, m^2, m^2 and m^3

(twice as much for U(1)) because |W| <= m and |tr X Y W| <= |X|_F |Y|_F |W|. Divided by these
numbers every function has a gradient of slope one at most, and a sum of them with coefficients
whose moduli add up to less than one a gradient that contracts.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from latflow.fields.links import Elements, SULinks, U1Links, generators

Matrices = Complex[Array, "n n ..."]
Velocities = Float[Array, "a ..."]
GaugeSpace = U1Links | SULinks

_TERMS = {
    1: ("plaquettes", "twice", "three"),
    2: ("plaquettes", "opposite", "three"),
    3: ("plaquettes", "twice", "opposite", "parallel", "three"),
}


class OneLinkLoops(eqx.Module):
    """The functions of one link.

    Args:
        space: of the links; matrices of any N, or angles.
    """

    space: GaugeSpace

    @property
    def _order(self) -> int:
        return self.space.n if isinstance(self.space, SULinks) else 1

    @property
    def names(self) -> tuple[str, ...]:
        """What there is for this group."""
        return _TERMS[min(self._order, 3)]

    @property
    def n_generators(self) -> int:
        """Dimension of the group: one or N^2 - 1."""
        return max(1, self._order**2 - 1)

    def _steepness(self) -> Float[np.ndarray, " terms"]:
        """The largest slopes of the gradients."""
        n, m = self._order, 2 * (self.space.lattice.ndim - 1)
        square = 1.0 if n == 1 else 0.5
        slopes = {
            "plaquettes": square * m,
            "twice": 4 * square * m**2,
            "opposite": 4 * square * n * m**2,
            "parallel": 4 * square * n * m**2,
            "three": square * m**3,
        }
        return np.array([slopes[name] for name in self.names])

    def product(self, first: Matrices, second: Matrices) -> Matrices:
        """The product of matrices, link by link; one of them may be the same for all."""
        terms = [first[:, k, None] * second[None, k] for k in range(self._order)]
        return sum(terms[1:], terms[0])

    def matrices(self, elements: Elements) -> Matrices:
        """Group elements as matrices, with one entry for U(1)."""
        if isinstance(self.space, SULinks):
            return elements
        return self.space.trace(elements)[None, None]

    def velocity(
        self,
        link: Elements,
        staple: Matrices,
        square: Matrices,
        coefficients: Float[Array, " terms"],
    ) -> Velocities:
        """The gradient of sum_k c_k f_k by the link, each f_k divided by its steepness.

        Args:
            link: U.
            staple: A.
            square: A^+ A.
            coefficients: c_k.
        """
        return self._gradient(self._loop(link, staple), square, coefficients)

    def response(
        self,
        link: Elements,
        staple: Matrices,
        square: Matrices,
        coefficients: Float[Array, " terms"],
    ) -> tuple[Velocities, Float[Array, "a a ..."]]:
        """The velocity v, and the matrix K for which U -> exp(v) U stretches volumes by det(1 + K).

        With U -> exp(u) U the image moves by exp(u') where u' = Ad(exp v) (1 + K) u, and Ad is a
        rotation. The norm of K is at most the sum of the |c_k|.
        """
        w = self._loop(link, staple)

        def along(generator):
            turned = self.product(generator.reshape(*generator.shape, *(1,) * (w.ndim - 2)), w)
            return jax.jvp(lambda w: self._gradient(w, square, coefficients), (w,), (turned,))[1]

        velocity = self._gradient(w, square, coefficients)
        basis = generators(self._order) if self._order > 1 else np.full((1, 1, 1), 1j)
        rates = jax.vmap(along)(jnp.asarray(basis, w.dtype))
        return velocity, jax.vmap(lambda rate: self._transported(velocity, rate), out_axes=1)(rates)

    def moved(self, links: Elements, velocity: Velocities) -> Elements:
        """exp(v) U."""
        return self.space.move(links, velocity if self._order > 1 else velocity[0])

    def difference(self, first: Elements, second: Elements) -> Velocities:
        """The v of first = exp(v) second, to first order in it."""
        if isinstance(self.space, SULinks):
            return self.space.coefficients(self.space.product(first, second, (False, True)))
        return self.space.project(first - second)[None]

    def _transported(self, velocity, rate):
        """exp(-v) d exp(v), for a rate of v."""
        if not isinstance(self.space, SULinks):
            return rate
        one = jnp.eye(self._order, dtype=jnp.result_type(velocity.dtype, jnp.complex64))
        one = jnp.broadcast_to(
            one.reshape(*one.shape, *(1,) * (velocity.ndim - 1)), (*one.shape, *velocity.shape[1:])
        )
        there, change = jax.jvp(lambda v: self.space.move(one, v), (velocity,), (rate,))
        return self.space.coefficients(self.space.product(there, change, (True, False)))

    def _loop(self, link, staple):
        return self.product(self.matrices(link), staple)

    def _gradient(self, w, square, coefficients):
        """That of the functions of W = U A."""
        trace = sum(w[i, i] for i in range(self._order))
        kinds = {
            "plaquettes": lambda: w,
            "twice": lambda: 2 * self.product(w, w),
            "opposite": lambda: 2 * jnp.conj(trace) * w,
            "parallel": lambda: 2 * trace * w,
            "three": lambda: self.product(w, square),
        }
        scales = coefficients.astype(w.real.dtype) / self._steepness().astype(w.real.dtype)
        pairs = zip(self.names, scales, strict=True)
        terms = [scale * kinds[name]() for name, scale in pairs]
        total = sum(terms[1:], terms[0])
        # Re tr T_a M.
        if isinstance(self.space, SULinks):
            return -0.5 * self.space.coefficients(total)
        return -total[0, 0].imag[None]


def bounded(weights: Float[Array, "... terms"], limit: float) -> Float[Array, "... terms"]:
    """Coefficients whose moduli add up to less than a limit, from any numbers.

    c_k = limit w_k / sum_j sqrt(w_j^2 + 1/n^2), which is limit w_k near zero.
    """
    softened = jnp.sqrt(weights**2 + 1 / weights.shape[-1] ** 2)
    return limit * weights / jnp.sum(softened, axis=-1, keepdims=True)
