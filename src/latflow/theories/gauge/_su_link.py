"""The density of one SU(N) link given its staples: heat bath and over-relaxation."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Key

from latflow import fast_random as random
from latflow.fields.links import matrix_product, rotated_rows
from latflow.theories._theory import Coupling
from latflow.theories.gauge._su2_density import Quaternion, draw_su2, normalised, product

Matrices = Complex[Array, "n n ..."]


class SULinkDistribution(eqx.Module):
    """exp(strength Re tr(U A)) in the Haar measure of SU(N), independently on every site.

    Links are updated by SU(2) subgroups that act on two rows, one after the other: U -> a U, with
    a density exp(2 k x_0) for x = a v, where k v is the part of the rows' block of strength U A
    that is proportional to a matrix v of SU(2). Cabibbo and Marinari, Phys. Lett. B 119 (1982)
    387. For N = 2 that is the whole group, and the old link is forgotten.

    Attributes:
        strength: of the action, beta / N.
        backwards: whether the last subgroup comes first.
    """

    strength: Coupling
    backwards: bool = eqx.field(static=True, default=False)

    def reversed(self) -> "SULinkDistribution":
        """With the subgroups in the opposite order."""
        return SULinkDistribution(self.strength, not self.backwards)

    def draw(self, key: Key[Array, ""], staples: Matrices, old: Matrices) -> Matrices:
        """A heat bath in each subgroup; see :func:`draw_su2`."""
        pairs = _subgroups(old.shape[0])
        keys = random.split(key, len(pairs))

        def element(number: int, block: Quaternion) -> Quaternion:
            size, direction = normalised(block)
            return draw_su2(keys[number], size, direction)

        return self._updated(staples, old, element)

    def reflect(self, staples: Matrices, old: Matrices) -> Matrices:
        """a = v^-2 in each subgroup: Re tr(a v) = Re tr v, and the next a is the inverse.

        Creutz, Phys. Rev. D 36 (1987) 515; for N = 2 it is the reflection U -> v^-1 U^-1 v^-1
        of the link through the staples.
        """

        def element(number: int, block: Quaternion) -> Quaternion:
            _, (first, second) = normalised(block)
            inverse = jnp.conj(first), -second
            return product(inverse, inverse)

        return self._updated(staples, old, element)

    def _updated(self, staples: Matrices, old: Matrices, element) -> Matrices:
        """U -> a U, W -> a W with W = strength U A for each subgroup in turn."""
        u = old
        w = matrix_product(old, self.strength.astype(old.real.dtype) * staples)
        subgroups = list(enumerate(_subgroups(old.shape[0])))
        for number, (i, j) in reversed(subgroups) if self.backwards else subgroups:
            block = (w[i, i] + jnp.conj(w[j, j])) / 2, (w[i, j] - jnp.conj(w[j, i])) / 2
            a, b = element(number, block)
            u, w = rotated_rows(u, a, b, (i, j)), rotated_rows(w, a, b, (i, j))
        return u


def _subgroups(n: int) -> list[tuple[int, int]]:
    """The pairs of rows that the subgroups act on."""
    return [(i, j) for i in range(n) for j in range(i + 1, n)]
