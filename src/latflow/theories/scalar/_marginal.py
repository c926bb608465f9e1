"""The theory of the even sites alone: odd ones are integrated out exactly."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import EvenSites, FieldSpace, ScalarField
from latflow.neighbours import neighbour_sum
from latflow.precision import sum_in_double
from latflow.site_density import SiteAverages, site_weight_of
from latflow.theories._theory import Coupling, Theory, coupling


class Marginal(Theory):
    """S~ = S(even sites) - sum over odd sites of log Z_1(h_x), h_x = k times the neighbours' sum.

    Z_1(h) is the integral of exp(-a phi^2 - g phi^4 + h phi): what is left of an odd site, which
    in an action of nearest neighbours knows only even ones. It has the partition function of the
    whole theory, and the same averages of everything that even sites are.

    Fields are those of :class:`latflow.fields.EvenSites`. Z_1 comes from tables that are exact to
    1e-11; couplings are numbers here, since the tables are made of them.

    Args:
        whole: a real scalar theory with nearest neighbours, on even extents.

    Raises:
        ConfigError: it is none, or an extent is odd.
    """

    whole: Theory
    even: EvenSites
    hopping: Coupling
    averages: SiteAverages

    def __init__(self, whole: Theory):
        weight = site_weight_of(whole, "integrating out odd sites")
        self.whole = whole
        self.even = EvenSites(whole.space.lattice)
        self.hopping = coupling(weight.hopping)
        self.averages = SiteAverages.of(weight)

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Even sites."""
        return self.even

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign, if the whole theory has it; translations by one step exchange the parities."""
        return self.whole.symmetries & {"z2"}

    @property
    def constant(self) -> Float[Array, ""] | float:
        """That of the whole theory."""
        return self.whole.constant

    def hot(self, key: Key[Array, ""], dtype) -> ScalarField:
        """The even sites of a disordered field of the whole theory."""
        return self.even.only_even(self.whole.hot(key, dtype))

    def action(self, field: ScalarField) -> Float[Array, ""]:
        """S~ in double precision."""
        value = self.even.only_even(field.astype(jnp.float64))
        log_z = self.averages.log_z(self._odd_fields(value))
        odd = self.space.lattice.parity
        return self.whole.action(value) - sum_in_double(jnp.where(odd, log_z, 0))

    def force(self, field: ScalarField) -> ScalarField:
        """Minus the gradient: odd sites act through their means <phi>(h_x)."""
        value = self.even.only_even(field)
        odd = self.space.lattice.parity
        means = jnp.where(odd, self.averages.mean(self._odd_fields(value)), 0)
        hopping = self.hopping.astype(field.dtype)
        through_odd = hopping * neighbour_sum(self.space.lattice, means)
        return self.even.only_even(self.whole.force(value) + through_odd)

    def _odd_fields(self, even: ScalarField) -> ScalarField:
        """h_x on odd sites."""
        return self.hopping.astype(even.dtype) * neighbour_sum(self.space.lattice, even)
