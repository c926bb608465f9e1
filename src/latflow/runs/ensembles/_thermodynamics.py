"""log Z, its derivative and the entropy from finished runs: annealing, SMC, flows, exchange."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from latflow.analysis import (
    Estimate,
    ThermodynamicState,
    along_the_path,
    entropy_of,
    gamma_method,
    log_partition_function,
    log_z_along,
)
from latflow.annealing import Annealed, Population
from latflow.errors import RunFolderError
from latflow.models import Proposer
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._trained import trained_model
from latflow.runs.store import RunFolder
from latflow.sampling import ReplicaExchangeSettings
from latflow.theories import Theory

_DETAILS = "details/"


@dataclass(frozen=True)
class ThermodynamicCurve:
    """States on one path, of actions without their constants.

    Attributes:
        source: ``model``, or the name of a chain.
        is_relative: whether log Z is that minus the one of the first state.
        states: in the order of the path; the target is the last.
        exact: log Z of each state, where a theory knows it, relative or not as the others.
    """

    source: str
    is_relative: bool
    states: list[ThermodynamicState]
    exact: list[float | None]


def thermodynamics(run: RunFolder | ResolvedRun) -> list[ThermodynamicCurve]:
    """All curves that a run's data give, see ``docs/annealing.md``.

    Args:
        run: with an evaluated model, or chains of replica exchange with ``thin = 1``.

    Raises:
        RunFolderError: it has neither.
    """
    run = resolve(run)
    curves = []
    evaluation = run.folder.evaluation() if run.stages else None
    if evaluation is not None:
        model = trained_model(run)
        assert model is not None  # it was evaluated
        curves.append(_of_model(run.theory, model.cast("double"), evaluation))
    for chain in run.config.chains:
        settings = chain.kernel_settings
        if (
            isinstance(settings, ReplicaExchangeSettings)
            and chain.thin == 1
            and run.folder.has_samples(chain.name)
        ):
            curves.append(_of_exchange(run, chain.name, settings))
    if not curves:
        raise RunFolderError(
            f"{run.folder.path}: nothing that knows log Z: neither a trained model nor chains of "
            "replica exchange"
        )
    return curves


def _of_model(theory: Theory, model: Proposer, evaluation) -> ThermodynamicCurve:
    weights = evaluation["log_weight"]
    target = ThermodynamicState(
        1.0, log_partition_function(weights), None, entropy_of(weights, evaluation["action"])
    )
    annealed = model.annealed if isinstance(model, Population) else model
    states, exact = [], []
    if isinstance(annealed, Annealed) and annealed.levels > 1:
        times = np.asarray(annealed.protocol.times)
        work = evaluation[_DETAILS + "work"]
        passed = evaluation.get(_DETAILS + "log_z", -np.cumsum(work, axis=1))
        straight = work if annealed.layers is None else None
        start = annealed.path.at(annealed.base, theory, jnp.zeros((), jnp.float64))
        states = along_the_path(times, passed, straight, _vanishes(start))[:-1]
        exact = [
            _exact(annealed.path.at(annealed.base, theory, jnp.asarray(time)))
            for time in times[:-1]
        ]
    # The last one from all draws, of which those before know the first.
    return ThermodynamicCurve("model", False, [*states, target], [*exact, _exact(theory)])


def _of_exchange(
    run: ResolvedRun, name: str, settings: ReplicaExchangeSettings
) -> ThermodynamicCurve:
    data = run.folder.chain(name)
    assert settings.ladder is not None  # else it could not have been run
    ladder = settings.ladder.build(run.theory)
    inside = range(1, settings.ladder.replicas - 1)
    times = settings.ladder.positions or (
        0.0, *(data.tuned[f"position_{i}"] for i in inside), 1.0
    )  # fmt: skip
    ups, downs = (
        [np.asarray(data.infos[f"work_{way}_{pair}"]) for pair in range(len(times) - 1)]
        for way in ("up", "down")
    )
    theories = [ladder.theory(float(time)) for time in times]
    first = _exact(theories[0])
    states, exact = [], []
    for number, time in enumerate(times):
        log_z = Estimate(0.0, 0.0)
        if number:
            found = log_z_along(ups[:number], downs[:number])
            log_z = Estimate(float(found.value), float(found.error))
        slope = None
        if not settings.flow:
            last = number == len(times) - 1
            works, width = (
                (downs[-1], time - times[-2]) if last else (-ups[number], times[number + 1] - time)
            )
            mean = gamma_method(works / width)
            slope = Estimate(float(mean.value), float(mean.error))
        states.append(ThermodynamicState(float(time), log_z, slope))
        here = _exact(theories[number])
        exact.append(None if here is None or first is None else here - first)
    return ThermodynamicCurve(name, True, states, exact)


def _exact(theory: Theory) -> float | None:
    """log Z where the theory knows it, without an error."""
    number = theory.known().get("log_z")
    return None if number is None or number.error else float(number.value)


def _vanishes(theory: Theory) -> bool:
    """Whether an action is zero for all fields."""
    return float(theory.action(theory.hot(jax.random.key(0), jnp.float64))) == 0.0
