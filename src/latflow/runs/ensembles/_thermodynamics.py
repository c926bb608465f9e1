"""log Z, its derivative and the entropy from finished runs: annealing, SMC, flows, exchange."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

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
from latflow.runs._doubts import doubts_about
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._trained import trained_model
from latflow.runs.configuration import ChainSettings
from latflow.runs.ensembles._exact import (
    ExactState,
    changing_couplings,
    exact_log_z,
    exact_state,
    of_time,
)
from latflow.runs.results import DETAILS, ModelDoubt, have_collapsed
from latflow.runs.store import RunFolder
from latflow.sampling import FlowExchangeSettings, ReplicaExchangeSettings
from latflow.sampling.replicas import AnnealingLadder, Ladder
from latflow.theories import Theory

_UNKNOWN = float("nan")


@dataclass(frozen=True)
class ThermodynamicCurve:
    """States on one path, of actions without their constants.

    Attributes:
        source: ``model``, or the name of a chain.
        is_relative: whether log Z is that minus the one of the first state.
        states: in the order of the path; the target is the last. Errors are NaN where weights
            have collapsed, or where there are doubts.
        exact: what theories know, of each state; log Z is relative or not as the others.
        couplings: those that change along the path, by their names in the action: one number for
            each state; none where what changes is no coupling.
        doubts: reasons not to believe the model: then its last state has no errors.
    """

    source: str
    is_relative: bool
    states: list[ThermodynamicState]
    exact: list[ExactState]
    couplings: dict[str, list[float]]
    doubts: tuple[str, ...] = ()


def curve_content(curve: ThermodynamicCurve) -> dict[str, Any]:
    """A curve as plain values, as ``docs/summary.md`` describes them."""

    def numbers(estimate: Estimate | None) -> dict[str, float] | None:
        return None if estimate is None else {"value": estimate.value, "error": estimate.error}

    return {
        "source": curve.source,
        "is_relative": curve.is_relative,
        "couplings": curve.couplings,
        "doubts": list(curve.doubts),
        "states": [
            {
                "t": state.time,
                "log_z": numbers(state.log_z),
                "slope": numbers(state.slope),
                "entropy": numbers(state.entropy),
                "exact": exact._asdict(),
            }
            for state, exact in zip(curve.states, curve.exact, strict=True)
        ],
    }


def thermodynamics(run: RunFolder | ResolvedRun) -> list[ThermodynamicCurve]:
    """All curves that a run's data give, see ``docs/annealing.md``.

    Args:
        run: with an evaluated model, or chains of replica exchange with ``thin = 1``.

    Raises:
        RunFolderError: it has neither.
    """
    run = resolve(run)
    evaluation = run.folder.evaluation() if run.stages else None
    doubts = [] if evaluation is None else doubts_about(run, run.stages[-1], evaluation)
    curves = _curves(run, evaluation, doubts, [chain.name for chain in run.config.chains])
    if not curves:
        raise RunFolderError(
            f"{run.folder.path}: nothing that knows log Z: neither a trained model nor chains of "
            "replica exchange"
        )
    return curves


def curves_along_paths(
    run: ResolvedRun, doubts: Sequence[ModelDoubt], names: Collection[str]
) -> list[ThermodynamicCurve]:
    """Those of :func:`thermodynamics` that have more than one state.

    Args:
        run: the run.
        doubts: what is to be said against its model.
        names: of the chains whose results may be believed.
    """
    settings = run.config.model
    is_annealed = settings is not None and settings.annealing is not None
    evaluation = run.folder.evaluation() if is_annealed and run.stages else None
    return [c for c in _curves(run, evaluation, doubts, names) if len(c.states) > 1]


def _curves(
    run: ResolvedRun, evaluation: Any, doubts: Sequence[ModelDoubt], names: Collection[str]
) -> list[ThermodynamicCurve]:
    chains = _exchanging(run, names)
    model = None
    if evaluation is not None or any(chain.kernel_settings.needs_model for chain in chains):
        model = trained_model(run)
        assert model is not None  # it was evaluated, or chains have drawn on it
        model = model.cast("double")
    curves = []
    if model is not None and evaluation is not None:
        curves += _of_model(run.theory, model, evaluation, doubts)
    return curves + [_of_exchange(run, chain, model) for chain in chains]


def _exchanging(run: ResolvedRun, names: Collection[str]) -> list[ChainSettings]:
    kinds = (ReplicaExchangeSettings, FlowExchangeSettings)
    return [
        chain
        for chain in run.config.chains
        if chain.name in names
        and isinstance(chain.kernel_settings, kinds)
        and chain.thin == 1
        and run.folder.has_samples(chain.name)
    ]


def _of_model(
    theory: Theory, model: Proposer, evaluation: Any, doubts: Sequence[ModelDoubt]
) -> list[ThermodynamicCurve]:
    """One curve; none where weights are not finite."""
    weights = evaluation["log_weight"]
    if not np.isfinite(weights).all():
        return []
    target = ThermodynamicState(
        1.0, log_partition_function(weights), None, entropy_of(weights, evaluation["action"])
    )
    states, exact, couplings = [], [ExactState(exact_log_z(theory))], {}
    annealed = _annealed(model)
    if annealed is not None and annealed.levels > 1:
        work = evaluation[DETAILS + "work"]
        passed = evaluation.get(DETAILS + "log_z", -np.cumsum(work, axis=1))
        straight = work if annealed.layers is None else None
        at, times = of_time(AnnealingLadder(theory, annealed)), np.asarray(annealed.protocol.times)
        from_nothing = _vanishes(at(0.0))
        states = [
            _without_errors(state) if have_collapsed(passed[:, level]) else state
            for level, state in enumerate(along_the_path(times, passed, straight, from_nothing))
        ][:-1]
        exact = [exact_state(at, time, from_nothing) for time in times.tolist()]
        # A path between densities does not know that it ends at a theory.
        exact[-1] = exact[-1]._replace(log_z=exact_log_z(theory))
        couplings = changing_couplings([at(time) for time in times.tolist()], times.tolist())
    # The last one is from all draws, of which those before know the first.
    states.append(_without_errors(target) if doubts else target)
    sentences = tuple(doubt.sentence for doubt in doubts)
    return [ThermodynamicCurve("model", False, states, exact, couplings, sentences)]


def _annealed(model: Proposer | None) -> Annealed | None:
    one = model.annealed if isinstance(model, Population) else model
    return one if isinstance(one, Annealed) else None


def _without_errors(state: ThermodynamicState) -> ThermodynamicState:
    def bare(estimate: Estimate | None) -> Estimate | None:
        return None if estimate is None else Estimate(estimate.value, _UNKNOWN)

    log_z = Estimate(state.log_z.value, _UNKNOWN)
    return replace(state, log_z=log_z, slope=bare(state.slope), entropy=bare(state.entropy))


def _of_exchange(
    run: ResolvedRun, chain: ChainSettings, model: Proposer | None
) -> ThermodynamicCurve:
    data = run.folder.chain(chain.name)
    ladder, has_flows = _ladder(run, chain, model)
    pairs = range(sum(name.startswith("work_up_") for name in data.infos))
    times = _positions(chain, data.tuned, len(pairs))
    ups, downs = (
        [np.asarray(data.infos[f"work_{way}_{pair}"]) for pair in pairs] for way in ("up", "down")
    )
    states = []
    for number, time in enumerate(times):
        log_z = Estimate(0.0, 0.0)
        if number:
            found = log_z_along(ups[:number], downs[:number])
            log_z = Estimate(float(found.value), float(found.error))
        slope = None if has_flows else _slope(times, ups, downs, number)
        states.append(ThermodynamicState(time, log_z, slope))
    at = of_time(ladder)
    exact, first = [exact_state(at, time) for time in times], exact_log_z(at(times[0]))
    if first is not None:
        exact = [one._replace(log_z=None if one.log_z is None else one.log_z - first)
                 for one in exact]  # fmt: skip
    couplings = changing_couplings([at(time) for time in times], times)
    return ThermodynamicCurve(chain.name, True, states, exact, couplings)


def _ladder(run: ResolvedRun, chain: ChainSettings, model: Proposer | None) -> tuple[Ladder, bool]:
    """The path of a chain, and whether flows act between its theories."""
    settings = chain.kernel_settings
    if isinstance(settings, FlowExchangeSettings):
        annealed = _annealed(model)
        assert annealed is not None  # else it could not have been run
        return AnnealingLadder(run.theory, annealed), annealed.layers is not None
    assert isinstance(settings, ReplicaExchangeSettings) and settings.ladder is not None
    return settings.ladder.build(run.theory), bool(settings.flow)


def _positions(chain: ChainSettings, tuned: dict[str, float], pairs: int) -> list[float]:
    settings = chain.kernel_settings
    if isinstance(settings, ReplicaExchangeSettings):
        assert settings.ladder is not None
        if settings.ladder.positions is not None:
            return list(settings.ladder.positions)
    first = tuned.get("position_0", 0.0)
    return [float(first), *(float(tuned[f"position_{i}"]) for i in range(1, pairs)), 1.0]


def _slope(
    times: list[float],
    ups: list[Float[np.ndarray, "chains samples"]],
    downs: list[Float[np.ndarray, "chains samples"]],
    number: int,
) -> Estimate:
    """Minus the mean of the derivative of the action, on a straight path."""
    if number == len(times) - 1:
        works, width = downs[-1], times[-1] - times[-2]
    else:
        works, width = -ups[number], times[number + 1] - times[number]
    mean = gamma_method(works / width)
    return Estimate(float(mean.value), float(mean.error))


def _vanishes(theory: Theory) -> bool:
    """Whether an action is zero for all fields."""
    return float(theory.action(theory.hot(jax.random.key(0), jnp.float64))) == 0.0
