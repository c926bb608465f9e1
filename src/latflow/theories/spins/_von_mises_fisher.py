"""The density exp(h . s) of a unit vector s in a field h: exact draws, and reflections."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Inexact, Key

from latflow import fast_random as random
from latflow.fields import inner_product, scaled

Vectors = Inexact[Array, "components *sites"]

_TRIES = 3


class VonMisesFisher(eqx.Module):
    """Unit vectors of R^n or C^n with the density exp(Re conj(h) . s), for any n >= 2.

    The cosine c between s and h has the density e^(k c) (1 - c^2)^((d - 3) / 2), with k = |h| and
    d real components. Wood (Commun. Stat. Simul. Comput. 23 (1994) 157) draws it by rejection:
    a uniform unit vector is drawn towards h by a conformal map of the sphere, c =
    (x - b') / (1 - b' x) with a suitable b', and accepted with a probability that is never below
    about 2/3. A vector whose tries are all refused keeps its old value, which leaves the density
    invariant as well: every try is a Metropolis step whose proposal does not know the old value
    and whose acceptance does not either. For d = 3 the distribution of c is inverted.
    """

    def draw(self, key: Key[Array, ""], staples: Vectors, old: Vectors) -> Vectors:
        """New values from the density, given h on the same sites."""
        strength = jnp.sqrt(inner_product(staples, staples))
        # Without a field any direction will do.
        is_field = strength > 0
        axis = scaled(1 / jnp.where(is_field, strength, 1), staples)
        axis = axis + scaled(1 - is_field.astype(strength.dtype), _first_unit_vector(staples))
        if _dimension(staples) == 3:
            return _inverted(key, axis, strength)
        return _by_rejection(key, axis, strength, old)

    def reflect(self, staples: Vectors, old: Vectors) -> Vectors:
        """s -> 2 (s . h) h / h^2 - s: the same product with h."""
        square = inner_product(staples, staples)
        is_field = square > 0
        factor = 2 * inner_product(staples, old) / jnp.where(is_field, square, 1)
        return jnp.where(is_field, scaled(factor, staples) - old, old)


def _inverted(key, axis, strength):
    """d = 3: c is the inverse of its distribution function at a uniform number."""
    key_cosine, key_direction = random.split(key, 2)
    u = random.uniform(key_cosine, strength.shape, strength.dtype)
    # 1 + log(u + (1 - u) e^(-2k)) / k, also right for small k.
    spread = -jnp.expm1(-2 * strength) * (1 - u)
    small = strength < 1e-6
    cosine = jnp.where(small, 2 * u - 1, 1 + jnp.log1p(-spread) / jnp.where(small, 1, strength))
    normal = _normal_like(key_direction, axis)
    return _at_cosine(jnp.clip(cosine, -1, 1), axis, normal)


def _by_rejection(key, axis, strength, old):
    m = _dimension(axis) - 1
    b = m / (2 * strength + jnp.sqrt(4 * strength * strength + m * m))
    x0 = (1 - b) / (1 + b)
    # log(1 - x0^2), without cancellation for b -> 0 or 1.
    bound = strength * x0 + m * (jnp.log(4 * b) - 2 * jnp.log1p(b))
    value = old
    for each in random.split(key, _TRIES):
        key_normal, key_accept = random.split(each, 2)
        normal = _normal_like(key_normal, axis)
        x = inner_product(axis, normal) / jnp.sqrt(inner_product(normal, normal))
        cosine = ((1 - b) - (1 + b) * x) / ((1 + b) - (1 - b) * x)
        log_ratio = strength * cosine + m * jnp.log1p(-x0 * cosine) - bound
        accepted = -random.exponential(key_accept, strength.shape, strength.dtype) <= log_ratio
        value = jnp.where(accepted, _at_cosine(cosine, axis, normal), value)
    return value


def _at_cosine(cosine, axis, normal):
    """The unit vector at that cosine from the axis, in the direction of the normal numbers."""
    across = normal - scaled(inner_product(axis, normal), axis)
    across = scaled(1 / jnp.sqrt(inner_product(across, across)), across)
    sine = jnp.sqrt(jnp.maximum(0, (1 - cosine) * (1 + cosine)))
    value = scaled(cosine, axis) + scaled(sine, across)
    # Normal numbers near the axis leave few digits for what is across.
    return scaled(1 / jnp.sqrt(inner_product(value, value)), value)


def _dimension(vectors: Vectors) -> int:
    """Real components of each vector."""
    return len(vectors) * (2 if jnp.iscomplexobj(vectors) else 1)


def _normal_like(key: Key[Array, ""], vectors: Vectors) -> Vectors:
    if not jnp.iscomplexobj(vectors):
        return random.normal(key, vectors.shape, vectors.dtype)
    n, *sites = vectors.shape
    both = random.normal(key, (2 * n, *sites), vectors.real.dtype)
    return jax.lax.complex(both[:n], both[n:])


def _first_unit_vector(vectors: Vectors) -> Vectors:
    """As a constant: an update in place would put a batch first."""
    one = np.zeros((len(vectors), *(1,) * (vectors.ndim - 1)), vectors.dtype)
    one[0] = 1
    return jnp.broadcast_to(one, vectors.shape)
