"""Priors of SU(N) links in two dimensions that start from independent plaquettes."""

from jaxtyping import Array, Complex, Float, Key

from latflow.fields.links import SULinks
from latflow.priors._prior import Prior
from latflow.theories.gauge import ExactSUFields, FreeSUPlaquettes, SpreadSU2Plaquettes

MatrixField = Complex[Array, "n n axes rows columns"]


class MatrixPlaquettePrior(Prior):
    """A density of SU(2) or SU(3) links in which everything but the plaquettes is uniform.

    Args:
        plaquettes: draws fields, and knows the density of each in the Haar measure.
    """

    plaquettes: FreeSUPlaquettes | SpreadSU2Plaquettes | ExactSUFields

    def __init__(self, plaquettes: FreeSUPlaquettes | SpreadSU2Plaquettes | ExactSUFields):
        self.plaquettes = plaquettes

    @property
    def space(self) -> SULinks:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the fields."""
        return self.plaquettes.space

    @property
    def symmetries(self) -> frozenset[str]:
        """Gauge transformations, centre and charge conjugation, and what sites being alike adds."""
        own = frozenset({"gauge", "centre", "charge-conjugation"})
        return own | {"translation", "reflection"} if self.plaquettes.sites_are_alike else own

    def sample(self, key: Key[Array, ""], dtype) -> MatrixField:
        """One field."""
        return self.plaquettes.draw(key, dtype)

    def log_density(self, field: MatrixField) -> Float[Array, ""]:
        """log q of the field."""
        return self.plaquettes.log_density(field)
