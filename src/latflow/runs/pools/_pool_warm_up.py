"""The warm-up of the Markov chains behind a pool: thermalise, tune, measure their memory."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from latflow.analysis import gamma_method
from latflow.kernels import Kernel
from latflow.observables import Measurement
from latflow.priors import PoolSettings
from latflow.runs.store import ShouldStop, interrupting, never, stop_if
from latflow.sampling import Pieces, run_in_pieces, start_chains, warm_up
from latflow.theories import Theory

_ROUNDS = 10


class WarmChains(NamedTuple):
    """Chains after their warm-up, and how long they remember.

    ``tau_int`` is the largest of what the theory's observables call slow, in transitions;
    ``saturated`` says that the warm-up was too short to measure it.
    """

    kernel: Kernel
    states: PyTree[Array]
    tau_int: float
    tau_int_error: float
    saturated: bool


def warm_chains(
    settings: PoolSettings,
    theory: Theory,
    kernel: Kernel,
    seed: int,
    name: str,
    pieces: Pieces,
    should_stop: ShouldStop = never,
) -> WarmChains:
    """Tuned in the first half of the warm-up, observed in the second.

    Args:
        settings: of the pool.
        theory: whose configurations the chains make.
        kernel: before its warm-up.
        seed: the run's seed.
        name: of the chains; it names their random numbers.
        pieces: how long the pieces of work are.
        should_stop: asked between pieces.

    Raises:
        Interrupted: ``should_stop`` said so.
    """
    ask = interrupting(should_stop)
    states = start_chains(kernel, seed, name, settings.chains, "hot", jnp.float32)
    half = settings.warm_up // 2
    kernel, states = warm_up(kernel, states, seed, name, half, _ROUNDS, pieces, ask)
    observables = tuple(each for each in theory.observables if each.slow)
    measurement = Measurement(theory, observables)
    stop_if(should_stop)
    states, segment = run_in_pieces(
        pieces, ask, kernel, states, seed, name, "warm-up", half, half, 1, measurement
    )
    measured = {key: np.asarray(series) for key, series in segment.measurements.items()}
    results = [gamma_method(slow.of(measured)) for each in observables for slow in each.slow]
    # A series that never changed has no autocorrelation time, and says nothing good.
    known = [result for result in results if np.isfinite(result.tau_int)]
    saturated = len(known) < len(results) or any(bool(r.window_saturated) for r in known)
    slowest = max(known, key=lambda result: result.tau_int, default=None)
    tau_int = 0.5 if slowest is None else float(slowest.tau_int)
    error = 0.0 if slowest is None else float(slowest.tau_int_error)
    return WarmChains(kernel, states, tau_int, error, saturated)
