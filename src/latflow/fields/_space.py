"""What samplers, priors and flows need to know about the manifold that a field lives on."""

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree

from latflow.errors import FieldError
from latflow.lattice import Lattice

Field = PyTree[Array]
Tangent = PyTree[Array]


class FieldSpace(eqx.Module):
    """A space of lattice fields: their arrays, their measure, and the geometry of motion.

    A field is a pytree of arrays. A momentum is an element of the tangent space, a velocity too;
    for groups it is an element of the Lie algebra. Every method acts on one configuration.

    The measure that densities refer to is the volume measure of the metric for spaces that are
    not compact, and the same normalised to one (for groups that of Haar) for compact ones.
    """

    lattice: eqx.AbstractVar[Lattice]

    @property
    @abstractmethod
    def is_compact(self) -> bool:
        """Whether the volume is finite, so that the uniform density is a probability."""

    @property
    @abstractmethod
    def n_variables(self) -> int:
        """Dimension of the manifold: independent real numbers of one configuration."""

    @abstractmethod
    def structure(self, dtype) -> PyTree[jax.ShapeDtypeStruct]:
        """Shapes and dtypes of a field in the precision of a real dtype."""

    @abstractmethod
    def random(self, key: Key[Array, ""], dtype) -> Field:
        """A hot start: a disordered field; on compact spaces a draw from the measure itself."""

    @abstractmethod
    def cold(self, dtype) -> Field:
        """A cold start: the ordered reference field."""

    @abstractmethod
    def momentum(self, key: Key[Array, ""], dtype) -> Tangent:
        """A Gaussian momentum with density proportional to exp(-kinetic).

        On curved spaces that are no groups it is a vector of the embedding space: project it with
        :meth:`tangent` at the field where the motion starts.
        """

    @abstractmethod
    def kinetic(self, momentum: Tangent) -> Float[Array, ""]:
        """Kinetic energy of a momentum at unit mass, summed in double precision."""

    @abstractmethod
    def move(self, field: Field, velocity: Tangent) -> Field:
        """Follow the geodesic that starts at the field with the given velocity for unit time."""

    def transport(self, field: Field, velocity: Tangent, vector: Tangent) -> Tangent:
        """A tangent vector at the field, carried in parallel along that geodesic to its end.

        Flat spaces, and groups with momenta in the algebra, leave it as it is.
        """
        return vector

    def tangent(self, field: Field, vector: Tangent) -> Tangent:
        """The part of a vector that is tangent to the manifold at the field.

        The identity where tangent vectors need no embedding.
        """
        return vector

    @abstractmethod
    def project(self, field: Field) -> Field:
        """The nearest field on the manifold: removes the rounding errors that led off it."""

    def gradient(self, function: Callable[[Field], Float[Array, ""]], field: Field) -> Tangent:
        """The gradient of a real function along the manifold.

        The tangent vector g with d/dt function(move(field, t v)) = <g, v> at t = 0 for all
        tangent v, in the metric of :meth:`kinetic`.
        """
        # JAX differentiates with respect to z as d/dx - i d/dy: its conjugate is the gradient.
        slope = jax.tree.map(jnp.conj, jax.grad(function)(field))
        return self.from_slope(field, slope)

    def from_slope(self, field: Field, slope: Field) -> Tangent:
        """The tangent gradient, given that in the arrays of the field as free numbers.

        Args:
            field: where.
            slope: df/dx, and df/dx + i df/dy for complex entries x + i y.
        """
        return self.tangent(field, slope)

    @property
    def n_numbers(self) -> int:
        """Real numbers that are stored for one configuration: what memory is counted in."""
        leaves = jax.tree.leaves(self.structure(jnp.float32))
        return sum(
            leaf.size * (2 if jnp.issubdtype(leaf.dtype, jnp.complexfloating) else 1)
            for leaf in leaves
        )

    def check(self, field: Field) -> None:
        """Refuse what is no field of this space. Costs nothing at run time: shapes are static.

        Raises:
            FieldError: structure, shape, or kind of numbers (real or complex) differ.
        """
        wanted = self.structure(jnp.float64)
        if jax.tree.structure(field) != jax.tree.structure(wanted):
            raise FieldError(
                f"{self.description}: a field has the structure {jax.tree.structure(wanted)}, "
                f"got {jax.tree.structure(field)}"
            )
        for have, want in zip(jax.tree.leaves(field), jax.tree.leaves(wanted), strict=True):
            kind = jnp.complexfloating if _is_complex(want) else jnp.floating
            if tuple(have.shape) != tuple(want.shape) or not jnp.issubdtype(have.dtype, kind):
                raise FieldError(
                    f"{self.description}: a field has {_number_words(want)} numbers of shape "
                    f"{tuple(want.shape)}, got {have.dtype} of shape {tuple(have.shape)}"
                )

    @property
    def description(self) -> str:
        """The space in words, for messages."""
        return f"{type(self).__name__} on {' x '.join(map(str, self.lattice.shape))}"


def named_arrays(field: PyTree, name: str = "field") -> dict[str, Array | np.ndarray]:
    """The arrays of a field by name, as files keep them: one array is called ``name``.

    The inverse is :func:`from_named_arrays`.
    """
    paths, _ = jax.tree_util.tree_flatten_with_path(field)
    return {_joined(path) or name: leaf for path, leaf in paths}


def from_named_arrays(
    structure: PyTree, arrays: dict[str, Array | np.ndarray], name: str = "field"
) -> PyTree[Array | np.ndarray]:
    """The field that :func:`named_arrays` took apart; leading axes may have been added.

    Args:
        structure: any tree with the structure of a field, as :meth:`FieldSpace.structure` gives.
        arrays: by name.
        name: of the array of a field that is a single one.

    Raises:
        FieldError: an array is missing.
    """
    paths, tree = jax.tree_util.tree_flatten_with_path(structure)
    names = [_joined(path) or name for path, _ in paths]
    missing = [each for each in names if each not in arrays]
    if missing:
        raise FieldError(f"a field needs the arrays {', '.join(names)}; missing: {missing[0]}")
    return jax.tree.unflatten(tree, [arrays[each] for each in names])


def _joined(path) -> str:
    return "/".join(str(getattr(k, "key", getattr(k, "name", getattr(k, "idx", k)))) for k in path)


def _is_complex(leaf) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.complexfloating)


def _number_words(leaf) -> str:
    return "complex" if _is_complex(leaf) else "real"
