"""Affine transforms and their couplings (real NVP, Dinh et al., arXiv:1605.08803)."""

from typing import Literal

import jax.numpy as jnp

from latflow.flows._coupling import CouplingSettings
from latflow.flows._flow import LogDet
from latflow.flows._representation import Representation
from latflow.flows._transform import Numbers, Parameters, Transform
from latflow.precision import sum_in_double


class Affine(Transform):
    """x = exp(s) z + t with an even s and an odd t."""

    @property
    def n_parameters(self) -> Representation:
        """Scale and shift."""
        return Representation(even=1, odd=1)

    def forward(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """x = exp(s) z + t."""
        log_scale, shift = even[0], odd[0]
        return active * jnp.exp(log_scale) + shift, sum_in_double(log_scale)

    def inverse(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """z = (x - t) exp(-s)."""
        log_scale, shift = even[0], odd[0]
        return (active - shift) * jnp.exp(-log_scale), -sum_in_double(log_scale)


class AffineCouplingSettings(CouplingSettings):
    """Affine couplings (real NVP) that update the two sublattices in turn."""

    kind: Literal["affine-coupling"] = "affine-coupling"

    def transform(self) -> Affine:
        """The identity if the net's outputs are zero."""
        return Affine()
