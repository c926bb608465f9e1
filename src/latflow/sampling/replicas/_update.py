"""What kernels on ladders have in common: the kernel of one theory, and displaced fields."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from latflow import fast_random as random
from latflow.fields import Field
from latflow.kernels import CLASSICAL_KERNELS, Kernel, KernelSettings
from latflow.parts import registered
from latflow.settings import with_choices
from latflow.theories import Theory


@dataclass(frozen=True)
class UpdateOfReplica:
    """Builds the kernel of a theory; equal where the settings are, so that programs are shared."""

    settings: KernelSettings
    chains_per_batch: int

    def __call__(self, theory: Theory) -> Kernel:
        return self.settings.build_kernel(theory, None, self.chains_per_batch)


def with_installed_updates(settings: type[KernelSettings]) -> type[Any]:
    """The settings of a kernel whose ``update`` may be one of installed packages, too."""
    kernels = tuple(
        one for one in registered(KernelSettings, CLASSICAL_KERNELS) if not one.needs_model
    )
    if kernels == CLASSICAL_KERNELS:
        return settings
    return with_choices(settings, "update", kernels, "kernel", named=True)


def displaced(key: Key[Array, ""], field: Field, shape: tuple[int, ...]) -> Field:
    """A field, displaced along every axis by a random number of sites.

    The last axes of every array of a field are those of the lattice.
    """
    keys = random.split(key, len(shape))
    steps = [
        jax.random.randint(one, (), 0, extent) for one, extent in zip(keys, shape, strict=True)
    ]
    axes = tuple(range(-len(shape), 0))
    return jax.tree.map(lambda leaf: jnp.roll(leaf, jnp.stack(steps), axes), field)
