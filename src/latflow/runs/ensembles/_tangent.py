"""How a theory depends on a key of the configuration."""

import equinox as eqx
import jax
import numpy as np
from pydantic import ValidationError

from latflow.errors import ConfigError
from latflow.theories import Theory, TheorySettings

# Relative step of the differences. Couplings are smooth functions of a key, mostly linear.
_STEP = 1e-3


def theory_tangent(settings: TheorySettings, key: str) -> Theory:
    """The theory's tree with d/dkey of every array in its place.

    By central differences at two steps, extrapolated: exact but for rounding where the couplings
    are polynomials of up to the fourth degree in the key.

    Args:
        settings: the ``[theory]`` block.
        key: of a number in it.

    Raises:
        ConfigError: there is no such number, or nothing depends on it.
    """
    content = settings.model_dump()
    value = content.get(key)
    if not isinstance(value, float):
        known = ", ".join(name for name, x in content.items() if isinstance(x, float))
        raise ConfigError("--coupling", f'"{key}" is no coupling of this theory; it has {known}')
    step = _STEP * max(1.0, abs(value))

    def leaves(at: float):
        try:
            theory = type(settings).model_validate(content | {key: at}).build()
        except (ConfigError, ValidationError) as error:
            raise ConfigError(
                "--coupling", f"{key} = {value} is at the end of its range ({error})"
            ) from None
        return eqx.filter(theory, eqx.is_inexact_array)

    def slope(step: float):
        return jax.tree.map(
            lambda above, below: (above - below) / (2 * step),
            leaves(value + step),
            leaves(value - step),
        )

    tangent = jax.tree.map(lambda h, double: (4 * h - double) / 3, slope(step), slope(2 * step))
    if not any(np.any(leaf != 0) for leaf in jax.tree.leaves(tangent)):
        raise ConfigError("--coupling", f"no coupling of the action depends on {key}")
    return tangent
