"""Kernels in turn: together they may be ergodic where one alone is not."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels._kernel import Info, Kernel
from latflow.theories import Theory, is_number


class Cycle(Kernel):
    """One step of each kernel in order, on one field; each leaves the weight invariant.

    The state is the field; what a kernel knows beyond it (an action, a log weight) is made
    anew when its turn comes. Infos and tuned numbers are those of the parts, with the part's
    name before them; ``acceptance`` is the smallest of the parts'.

    Args:
        names: one for each kernel, all different.
        kernels: at least one, all for the same theory.

    Raises:
        ConfigError: names and kernels do not match, or their theories differ.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    kernels: tuple[Kernel, ...]

    def __init__(self, names: tuple[str, ...], kernels: tuple[Kernel, ...]):
        self.names, self.kernels = names, kernels

    def __check_init__(self):
        if not self.kernels or len(set(self.names)) != len(self.kernels):
            raise ConfigError("kernel", "a cycle needs one distinct name for each kernel")
        if any(not _same(kernel.theory, self.theory) for kernel in self.kernels):
            raise ConfigError("kernel", "all kernels of a cycle must have one theory")

    @property
    def theory(self) -> Theory:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The theory of all kernels."""
        return self.kernels[0].theory

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """The tuned numbers of all kernels."""
        return {
            f"{name}_{key}": value
            for name, kernel in zip(self.names, self.kernels, strict=True)
            for key, value in kernel.tuned.items()
        }

    def init(self, key: Key[Array, ""], field: Field) -> Field:
        """The field, in the lowest precision of the kernels."""
        for kernel in self.kernels:
            field = kernel.field(kernel.init(key, field))
        return field

    def field(self, state: Field) -> Field:
        """The state is the field."""
        return state

    def step(self, key: Key[Array, ""], state: Field) -> tuple[Field, Info]:
        """One step of each kernel. Info: the parts' infos, as ``NAME_KEY``."""
        keys = random.split(key, 2 * len(self.kernels))
        field, infos, acceptances = state, {}, []
        for number, (name, kernel) in enumerate(zip(self.names, self.kernels, strict=True)):
            key_init, key_step = keys[2 * number : 2 * number + 2]
            inner, info = kernel.step(key_step, kernel.init(key_init, field))
            field = kernel.field(inner)
            infos.update({f"{name}_{key}": value for key, value in info.items()})
            acceptances.append(info["acceptance"])
        field = jax.tree.map(lambda new, old: new.astype(old.dtype), field, state)
        return field, {"acceptance": jnp.min(jnp.stack(acceptances)), **infos}

    def eased(self, progress: float) -> "Cycle":
        """Every kernel eased."""
        eased = tuple(kernel.eased(progress) for kernel in self.kernels)
        return eqx.tree_at(lambda cycle: cycle.kernels, self, eased)

    def tune(self, mean_info: dict[str, float], progress: float) -> "Cycle":
        """Every kernel tuned by its own infos."""
        tuned = []
        for name, kernel in zip(self.names, self.kernels, strict=True):
            prefix = f"{name}_"
            own = {k.removeprefix(prefix): v for k, v in mean_info.items() if k.startswith(prefix)}
            tuned.append(kernel.tune(own, progress))
        return eqx.tree_at(lambda cycle: cycle.kernels, self, tuple(tuned))


def _same(one: Theory, other: Theory) -> bool:
    """Whether two theories are equal, as far as their couplings are numbers now."""
    if one is other:
        return True
    if jax.tree.structure(one) != jax.tree.structure(other):
        return False
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) if is_number(a) and is_number(b) else a is b for a, b in pairs)
