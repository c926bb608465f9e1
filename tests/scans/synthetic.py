"""Results of a scan that was never run."""

from latflow.analysis import Estimate
from latflow.scans import PointResult, Symbol

SYMBOLS = {
    "m": Symbol("<i>M</i>", "M", "mean"),
    "chi2": Symbol("<i>M</i><sup>2</sup>", "M^2", "mean square"),
    "ising_energy": Symbol("<i>E</i>", "E", "energy"),
    "q": Symbol("<i>Q</i>", "Q", "charge"),
}
LENGTHS = {"xi_2nd": Symbol("ξ<sub>2nd</sub>", r"\xi_{\mathrm{2nd}}", "correlation length")}


def point(kernel: str, extent: int, tau: dict[str, float], **changes) -> PointResult:
    """A point whose autocorrelation times are known, with errors of 3 %."""
    tau_int = {name: Estimate(value, 0.03 * value) for name, value in tau.items()}
    cost = {name: Estimate(2e-5 * t.value, 2e-5 * t.error) for name, t in tau_int.items()}
    content = {
        "ensemble": f"L{extent}",
        "kernel": kernel,
        "kind": kernel,
        "extent": extent,
        "n_chains": 64,
        "n_samples": 400,
        "thin": 1,
        "warm_up": 500,
        "acceptance": 0.9,
        "slow": {name: SYMBOLS[name] for name in tau},
        "tau_int": tau_int,
        "tau_int_at_least": {},
        "seconds_per_step": 1e-5,
        "cpu_seconds_per_step": 2e-5,
        "cost": cost,
        "training_seconds": 0.0,
        "cost_with_training": cost,
        "observables": {
            "chi2": {"value": 2.0, "error": 0.1},
            "xi_2nd": {"value": extent / 4, "error": 0.01},
            "mpL": {"value": 4.0, "error": 0.02},
        },
        "lengths": LENGTHS,
        "reference": {"chi2": {"value": 1.8, "error": 0.0, "source": "somebody", "pull": 2.0}},
        "tuned": {},
        "warnings": (),
        "run": f"runs/L{extent}/{kernel}",
    }
    return PointResult(**{**content, **changes})


def power_law_points(kernel: str, alpha: float, z: float) -> list[PointResult]:
    """Points on alpha L^z for M, half of it for M^2, and a constant for E."""
    return [
        point(kernel, extent, {"m": t, "chi2": t / 2, "ising_energy": 3.0})
        for extent in (6, 8, 12, 16)
        for t in (alpha * extent**z,)
    ]
