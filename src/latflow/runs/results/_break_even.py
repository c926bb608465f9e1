"""When training has paid for itself: a flow, training included, against classical chains."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# Costs that differ by less than this many standard deviations are not told apart.
_CLEARLY = 2.0


class SampleCost(NamedTuple):
    """Seconds per independent sample of one chain.

    ``observable`` is the one with the largest integrated autocorrelation time.
    """

    chain: str
    observable: str
    seconds: float
    error: float


def sample_cost(
    name: str,
    observables: Mapping[str, Mapping[str, Any]],
    slow: Sequence[str],
    seconds_per_sample: float,
) -> SampleCost | None:
    """Cost of an independent sample: 2 tau_int times that of a sample; ``None`` if not known.

    The slowest observable counts. Where one of them is in doubt, the cost is not known: that
    of the others would be too low.

    Args:
        name: of the chain.
        observables: its results; ``tau_int`` in samples.
        slow: names of the quantities whose autocorrelation counts.
        seconds_per_sample: of one chain.
    """
    measured = {key: observables[key] for key in slow if key in observables}
    if any(entry.get("in_doubt", False) for entry in measured.values()):
        return None
    taus = {
        key: (float(entry["tau_int"]), float(entry["tau_int_error"]))
        for key, entry in measured.items()
        if _positive(entry["tau_int"])
    }
    if not taus or not seconds_per_sample > 0:
        return None
    slowest = max(taus, key=lambda key: taus[key][0])
    tau, tau_error = taus[slowest]
    per_tau = 2 * seconds_per_sample
    return SampleCost(name, slowest, per_tau * tau, per_tau * tau_error)


def break_even(
    flows: list[SampleCost], classical: list[SampleCost], training_seconds: float | None
) -> dict[str, Any] | None:
    """Where training_seconds + n c_flow = n c_classical, for the cheapest chain of each sort.

    Returns:
        ``samples`` (``None`` where training never pays off, or this cannot be told),
        ``samples_error``, ``reason``, ``training_seconds``, and the costs ``flow`` and
        ``classical``; ``None`` where there is nothing to compare.
    """
    if training_seconds is None or not flows or not classical:
        return None
    flow = min(flows, key=lambda cost: cost.seconds)
    other = min(classical, key=lambda cost: cost.seconds)
    gain = other.seconds - flow.seconds
    gain_error = math.hypot(flow.error, other.error)
    samples = samples_error = None
    if abs(gain) <= _CLEARLY * gain_error:
        reason = "an independent sample costs the same with and without the flow, within errors"
    elif gain < 0:
        ratio = flow.seconds / other.seconds
        reason = (
            f"never: an independent sample of {flow.chain} costs {ratio:.3g} times one of "
            f"{other.chain}"
        )
    else:
        samples = training_seconds / gain
        samples_error = samples * gain_error / gain
        reason = f"training pays off beyond {samples:.2g} independent samples"
    return {
        "samples": samples,
        "samples_error": samples_error,
        "reason": reason,
        "training_seconds": training_seconds,
        "flow": flow._asdict(),
        "classical": other._asdict(),
    }


def _positive(number: Any) -> bool:
    return number is not None and math.isfinite(number) and number > 0
