r"""From uniform links to Wilson's for SU(N) in two dimensions: spectra of plaquettes in sequence.

V - 1 plaquettes of a field's sequence (:class:`~latflow.fields.links.PlaquetteSequence`) are
independent and uniform for uniform links. The eigenvalues of each go through one trainable map,
which can learn any density of classes. The last plaquette s, which the product of all fixes, would
stay uniform. Its eigenvalues go through a map g of their own, and all others take equal shares of
what it loses: with R = s g(s)^-1 and running products G_k = P_1 ... P_k,

    G'_k = G_k R^(k / (V - 1)),   P'_k = R^(-(k-1) / (V-1)) P_k R^(k / (V-1)).

R depends on the last running product only, G_{V-1} = C s^-1, so that all others are multiplied by
fixed elements, and the determinant is that of g.
"""

from typing import ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Key
from pydantic import Field as PydanticField

from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.fields.links import (
    PlaquetteSequence,
    SULinks,
    closing_product,
    field_of_sequence,
    matrix_primitive,
    matrix_product,
    product_of_sequence,
    sequence_of,
)
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows.gauge.spectral._class_map import ClassMap
from latflow.flows.gauge.spectral._spectrum import Spectrum, rebuilt, spectrum_of
from latflow.precision import sum_in_double

MatrixField = Complex[Array, "n n axes rows columns"]
Loops = Complex[Array, "n n loops"]


class PlaquetteSpectral(Flow):
    """Spectra of SU(N) plaquettes in two dimensions through one map, the last through another.

    Gauge transformations commute with it, and charge conjugation for N = 2, 3. Translations do
    not: the sequence begins somewhere.

    Args:
        space: of the fields.
        each: what V - 1 plaquettes go through.
        last: what the last one goes through then, its loss shared by the others.
    """

    space: SULinks
    each: ClassMap
    last: ClassMap

    @property
    def symmetries(self) -> frozenset[str]:
        """Gauge transformations and centre; charge conjugation for SU(2) and SU(3)."""
        own = frozenset({"gauge", "centre"})
        return own | {"charge-conjugation"} if self.each.commutes_with_conjugation else own

    def transform(self, z: MatrixField) -> tuple[MatrixField, LogDet]:
        """Each plaquette by itself, then the last one and the shares."""
        sequence = sequence_of(self.space, z)
        spectra = spectrum_of(sequence.plaquettes[:, :, :-1])
        angles, log_stretch = self.each(spectra.angles)
        others = rebuilt(spectra, angles)
        spectrum = spectrum_of(_closing(sequence, others))
        new, log_last = self.last(spectrum.angles)
        shared = _shared(spectrum, spectrum.angles - new, others)
        field = _field(self.space, sequence, shared, rebuilt(spectrum, new))
        return field, sum_in_double(log_stretch) + sum_in_double(log_last)

    def transform_back(self, x: MatrixField) -> tuple[MatrixField, LogDet]:
        """The last one and the shares, then each plaquette by itself."""
        sequence = sequence_of(self.space, x)
        spectrum = spectrum_of(sequence.plaquettes[:, :, -1:])
        old, log_last = self.last.inverse(spectrum.angles)
        shared = _shared(spectrum, spectrum.angles - old, sequence.plaquettes[:, :, :-1])
        spectra = spectrum_of(shared)
        angles, log_stretch = self.each.inverse(spectra.angles)
        others = rebuilt(spectra, angles)
        field = _field(self.space, sequence, others, _closing(sequence, others))
        return field, sum_in_double(log_stretch) + sum_in_double(log_last)


def _closing(sequence: PlaquetteSequence, others: Loops) -> Complex[Array, "n n 1"]:
    """The last plaquette, which the product of all fixes."""
    closing = closing_product(sequence.first_line, sequence.second_line)
    return matrix_product(product_of_sequence(others), closing, (True, False))[:, :, None]


def _field(
    space: SULinks, sequence: PlaquetteSequence, others: Loops, last: Complex[Array, "n n 1"]
) -> MatrixField:
    """The field with these plaquettes, and all else of the sequence."""
    plaquettes = _joined_p.bind(others, last)
    return field_of_sequence(space, sequence._replace(plaquettes=plaquettes))


def _shared(spectrum: Spectrum, angles: Float[Array, "n 1"], others: Loops) -> Loops:
    """Loops k = 1 ... K as R^(-(k-1)/K) P_k R^(k/K), with R that has the spectrum's eigenvectors
    and the eigenvalues e^(i angles)."""
    count = others.shape[2]
    inner, old, vectors = spectrum
    inner, vectors = (_along_p.bind(x, axis=2, count=count) for x in (inner, vectors))
    everywhere = Spectrum(inner, _along_p.bind(old, axis=1, count=count), vectors)
    powers = rebuilt(everywhere, _along_p.bind(angles, axis=1, count=count, is_rising=True))
    turned = matrix_product(others, powers[:, :, 1:])
    return matrix_product(powers[:, :, :-1], turned, (True, False))


def _along(values, *, axis: int, count: int, is_rising: bool = False):
    """What there is at one place of an axis at K + 1 places, or 0, 1/K, ..., 1 times it."""
    factors = jnp.arange(count + 1) / count if is_rising else jnp.ones(count + 1)
    further = (1,) * (values.ndim - axis - 1)
    return values * factors.astype(values.dtype).reshape(-1, *further)


# Primitives, which keep a batch last.
_along_p = matrix_primitive("latflow_along_loops", _along)
_joined_p = matrix_primitive("latflow_loops_joined", lambda *parts: jnp.concatenate(parts, axis=2))


class PlaquetteSpectralSettings(FlowSettings):
    """SU(N) in 2D: one trainable map of spectra for all plaquettes but the last, one for that."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (SULinks,)

    kind: Literal["plaquette-spectral"] = "plaquette-spectral"
    bins: int = PydanticField(12, ge=2, le=64, description="bins of each spline")
    waves: int = PydanticField(
        3, ge=1, le=16, description="cosines by which a spline depends on each eigenvalue before it"
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> PlaquetteSpectral:
        """The flow, starting at the identity.

        Raises:
            ConfigError: the space is not one of SU(N) links on two dimensions and several sites.
        """
        self.require_space(space)
        assert isinstance(space, SULinks)  # as was just required
        if space.lattice.ndim != 2 or space.lattice.volume < 2:
            raise ConfigError(
                "theory.shape",
                '"plaquette-spectral" needs two dimensions, where plaquettes are independent, and '
                f"more than one site, got {list(space.lattice.shape)}",
            )
        maps = (ClassMap.identity(space.n, self.bins, self.waves) for _ in range(2))
        return PlaquetteSpectral(space, *maps)
