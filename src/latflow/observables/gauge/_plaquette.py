"""The mean plaquette of a gauge field."""

import jax.numpy as jnp
from jaxtyping import Array, PyTree

from latflow.analysis import GammaResult, gamma_method
from latflow.fields.links import planes, plaquette
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
)

_WORDS = "mean plaquette, Re tr P / N"


class Plaquette(Observable):
    """The mean of Re tr P / N over all plaquettes: ``plaquette``. Any group, any dimension."""

    name = "plaquette"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The mean plaquette."""
        return (Quantity("plaquette", "⟨<i>P</i>⟩", r"\langle P\rangle", _WORDS),)

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """The plaquette itself."""
        return (SlowSeries("plaquette", "<i>P</i>", "P", _WORDS, lambda s: s["plaquette"]),)

    def measure(self, theory: MeasuredTheory, field: PyTree[Array]) -> Measurements:
        """``plaquette``."""
        space = theory.space
        means = [
            jnp.mean(space.real_trace(plaquette(space, field, mu, nu)), dtype=jnp.float64)
            for mu, nu in planes(space)
        ]
        return {"plaquette": sum(means[1:], means[0]) / len(means)}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """``plaquette``."""
        return {"plaquette": gamma_method(series["plaquette"])} if "plaquette" in series else {}
