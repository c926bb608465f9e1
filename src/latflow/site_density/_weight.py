"""The weight of one site given its neighbours, and which theories have one."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax.core import Tracer

from latflow.errors import ConfigError


class SiteWeight(NamedTuple):
    """S = sum_x [a phi_x^2 + g phi_x^4] - k sum_links phi_x phi_y, in lattice units.

    A site by itself then has the weight exp(-a phi^2 - g phi^4 + h phi), where h is k times the
    sum of its neighbours.

    Attributes:
        square: a.
        quartic: g >= 0.
        hopping: k.
    """

    square: Any
    quartic: Any
    hopping: Any

    def as_numbers(self) -> "SiteWeight":
        """The same as Python numbers, which tables are made of.

        Raises:
            ConfigError: a coupling is a variable of a JAX transformation, or the weight of a site
                cannot be normalised.
        """
        if any(isinstance(value, Tracer) for value in self):
            raise ConfigError(
                "theory",
                "tables of one site are made of couplings that are numbers: make them outside of "
                "jax.jit, jax.grad and jax.vmap",
            )
        numbers = SiteWeight(*(float(np.asarray(value)) for value in self))
        if numbers.quartic < 0 or (numbers.quartic == 0 and numbers.square <= 0):
            raise ConfigError(
                "theory",
                f"the weight exp(-a phi^2 - g phi^4) of a site cannot be normalised for "
                f"a = {numbers.square:g}, g = {numbers.quartic:g}",
            )
        return numbers


def site_weight_of(theory: Any, wanted_by: str) -> SiteWeight:
    """The weight of one site of a theory.

    Args:
        theory: whatever has a ``site_weight``: a real scalar theory with nearest neighbours.
        wanted_by: who needs it, for the message.

    Raises:
        ConfigError: the theory has none.
    """
    # Numbers stay numbers where the caller is being traced, as checks of configurations are.
    with jax.ensure_compile_time_eval():
        weight = getattr(theory, "site_weight", None)
    if not isinstance(weight, SiteWeight):
        raise ConfigError(
            "theory.kind",
            f"{wanted_by} needs a real scalar theory with a nearest-neighbour action, which "
            f"{type(theory).__name__} is not",
        )
    return weight
