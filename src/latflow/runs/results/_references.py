"""What is known about a theory: numbers to compare a run with, each with its source."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from latflow.runs._free_numbers import free_numbers
from latflow.theories import FreeScalar, Phi4, Phi4Settings, Theory

_SYMMETRY = "exact: symmetry of the action"
_IDENTITY = "exact: Schwinger-Dyson identity"


@dataclass(frozen=True)
class ReferenceNumber:
    """A number to compare with.

    Attributes:
        value: the number.
        error: its standard error; 0 for exact ones.
        source: where it comes from.
        compares_with: the observable, or ``log_z``, that it is a number for.
    """

    value: float
    error: float
    source: str
    compares_with: str


def reference_numbers(theory: Theory) -> dict[str, ReferenceNumber]:
    """Everything known about the observables of a theory, and about ``log_z``.

    What a paper prints goes by ``NAME_published``, and by ``NAME`` too if nothing better is
    known. Theories are recognised by their canonical couplings, whatever their convention.
    """
    numbers: dict[str, ReferenceNumber] = {}
    if "z2" in theory.symmetries:
        numbers["m"] = ReferenceNumber(0.0, 0.0, _SYMMETRY, "m")
    numbers["schwinger_dyson"] = ReferenceNumber(1.0, 0.0, _IDENTITY, "schwinger_dyson")
    free = _as_free(theory)
    if free is not None:
        exact = free_numbers(free)
        numbers |= {k: ReferenceNumber(v, 0.0, "exact: free field", k) for k, v in exact.items()}
        return numbers
    ensemble = _ensemble(theory)
    for name, entry in ensemble.get("published", {}).items():
        number = ReferenceNumber(**entry, compares_with=name)
        numbers |= {name: number, f"{name}_published": number}
    for name, (value, error) in ensemble.get("observables", {}).items():
        numbers[name] = ReferenceNumber(value, error, ensemble["source"], name)
    return numbers


def hmc_autocorrelation(theory: Theory) -> dict[str, ReferenceNumber]:
    """tau_int of M for HMC with unit mass, trajectory length 1 and 10 leapfrog steps.

    ``hmc_tau_m`` and, where a paper prints it, ``hmc_tau_m_published``, in trajectories.
    """
    ensemble = _ensemble(theory)
    known = ensemble.get("hmc", {})
    numbers = {}
    if "tau_m" in known:
        value, error = known["tau_m"]
        numbers["hmc_tau_m"] = ReferenceNumber(value, error, ensemble["source"], "m")
    if "tau_m_published" in known:
        entry = known["tau_m_published"]
        numbers["hmc_tau_m_published"] = ReferenceNumber(**entry, compares_with="m")
    return numbers


def _ensemble(theory: Theory) -> Mapping[str, Any]:
    """The entry of the reference file for a theory; empty if there is none."""
    if not isinstance(theory, Phi4):
        return {}
    couplings = (theory.h, theory.a, theory.g)
    shape = sorted(theory.space.lattice.shape)
    for known_couplings, known_shape, ensemble in _ensembles():
        close = (
            math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)
            for x, y in zip(couplings, known_couplings, strict=True)
        )
        if shape == known_shape and all(close):
            return ensemble
    return {}


@cache
def _ensembles() -> tuple[tuple[tuple[float, float, float], list[int], Mapping[str, Any]], ...]:
    text = (files("latflow.runs") / "reference" / "phi4.toml").read_text(encoding="utf-8")
    entries = []
    for ensemble in tomllib.loads(text)["ensemble"]:
        theory = Phi4Settings.model_validate(ensemble["theory"]).build()
        shape = sorted(theory.space.lattice.shape)
        entries.append(((theory.h, theory.a, theory.g), shape, ensemble))
    return tuple(entries)


def _as_free(theory: Theory) -> FreeScalar | None:
    """The theory as a free field, if it is one."""
    if isinstance(theory, FreeScalar):
        return theory
    if isinstance(theory, Phi4) and theory.g == 0 and theory.h >= 0:
        lattice = theory.space.lattice
        return FreeScalar(lattice, zeta=theory.h, m2=2 * (theory.a - lattice.ndim * theory.h))
    return None
