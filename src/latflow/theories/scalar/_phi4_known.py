"""What is known about ensembles of phi^4 theory: numbers of the literature and of simulations."""

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from latflow.analysis import KnownNumber
from latflow.lattice import Lattice
from latflow.theories.scalar._conventions import canonical
from latflow.theories.scalar._free_known import free_numbers

Couplings = tuple[float, float, float]

# The HMC that the published autocorrelation times are for.
_HMC = {
    "kernel": "hmc", "trajectory": 1.0, "steps": 10, "integrator": "leapfrog",
    "jitter": 0.0, "target_acceptance": None, "thin": 1,
}  # fmt: skip
_HMC_WORDS = "HMC: unit mass, trajectory 1, 10 leapfrog steps"


def known_numbers(couplings: Couplings, lattice: Lattice) -> dict[str, KnownNumber]:
    """What is known of the theory with canonical couplings h, a, g on a lattice.

    Args:
        couplings: h, a, g.
        lattice: its extents, in any order.
    """
    h, a, g = couplings
    if g == 0 and h >= 0:
        return free_numbers(lattice, h, 2 * (a - lattice.ndim * h))
    ensemble = _ensemble(couplings, lattice)
    numbers: dict[str, KnownNumber] = {}
    for name, entry in ensemble.get("published", {}).items():
        number = KnownNumber(**entry, compares_with=name)
        numbers |= {name: number, f"{name}_published": number}
    for name, (value, error) in ensemble.get("observables", {}).items():
        numbers[name] = KnownNumber(value, error, ensemble["source"], name)
    return numbers | _autocorrelation_times(ensemble)


def _autocorrelation_times(ensemble: Mapping[str, Any]) -> dict[str, KnownNumber]:
    """tau_int of M for HMC: ``hmc_tau_m`` and, where a paper prints it, ``..._published``."""
    known, numbers = ensemble.get("hmc", {}), {}
    about: dict[str, Any] = {
        "compares_with": "m", "of": "tau_int", "kernel": _HMC, "words": _HMC_WORDS,
    }  # fmt: skip
    if "tau_m" in known:
        value, error = known["tau_m"]
        numbers["hmc_tau_m"] = KnownNumber(value, error, ensemble["source"], **about)
    if "tau_m_published" in known:
        numbers["hmc_tau_m_published"] = KnownNumber(**known["tau_m_published"], **about)
    return numbers


def _ensemble(couplings: Couplings, lattice: Lattice) -> Mapping[str, Any]:
    """The entry of the reference file for a theory; empty if there is none."""
    for known_couplings, known_shape, ensemble in _ensembles():
        close = (
            math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)
            for x, y in zip(couplings, known_couplings, strict=True)
        )
        if sorted(lattice.shape) == known_shape and all(close):
            return ensemble
    return {}


@cache
def _ensembles() -> tuple[tuple[Couplings, list[int], Mapping[str, Any]], ...]:
    place = files("latflow.theories.scalar") / "reference" / "phi4.toml"
    entries = []
    for ensemble in tomllib.loads(place.read_text(encoding="utf-8"))["ensemble"]:
        theory = dict(ensemble["theory"])
        shape = theory.pop("shape")
        del theory["kind"]
        h, a, g, _ = canonical(theory.pop("convention"), len(shape), **theory)
        entries.append(((h, a, g), sorted(shape), ensemble))
    return tuple(entries)
