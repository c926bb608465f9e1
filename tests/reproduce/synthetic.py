"""Results of a scan that was never run."""

from latflow.analysis import Estimate
from latflow.scans import PointResult, Symbol

_NUMBER = {"value": 4.0, "error": 0.1}
_OBSERVABLES = {name: _NUMBER for name in ("chi2", "ising_energy", "xi_2nd", "mpL")}


def point(ensemble: str, kernel: str, extent: int, tau: float) -> PointResult:
    """A point whose autocorrelation times are all the same, with errors of 3 %."""
    tau_int = {name: Estimate(tau, 0.03 * tau) for name in ("m", "chi2", "ising_energy")}
    return PointResult(
        ensemble=ensemble,
        kernel=kernel,
        kind=kernel,
        extent=extent,
        n_chains=64,
        n_samples=400,
        thin=1,
        warm_up=500,
        acceptance=0.9,
        slow={name: Symbol(name, name, name) for name in tau_int},
        tau_int=tau_int,
        tau_int_at_least={},
        seconds_per_step=1e-5,
        cpu_seconds_per_step=2e-5,
        cost=tau_int,
        training_seconds=0.0,
        cost_with_training=tau_int,
        observables=_OBSERVABLES,
        lengths={},
        reference={"chi2": {**_NUMBER, "source": "somebody", "pull": 0.0}},
        tuned={},
        warnings=(),
        run=f"runs/{ensemble}/{kernel}",
    )
