"""The flow of a model for a range of couplings."""

import jax

from latflow.errors import ConfigError
from latflow.flows import Conditional, CouplingLine, Flow, require_linear
from latflow.lattice import on_lattice
from latflow.runs.building._located import located
from latflow.runs.configuration import RunConfig
from latflow.theories import Theory

_KEY = "model.conditional"


def conditional(config: RunConfig, flow: Flow) -> Conditional:
    """The flow with parameters that depend on the couplings of ``[model.conditional]``.

    Args:
        config: of a run whose model is conditional.
        flow: on the lattice of a stage.

    Raises:
        ConfigError: the couplings are unknown, out of range, or not linear in the action; or the
            flow takes numbers from the theory.
    """
    assert config.model is not None and config.model.conditional is not None
    settings = config.model.conditional

    def theory(share: float) -> Theory:
        values = {
            name: (1 - share) * low + share * high
            for name, (low, high) in settings.couplings.items()
        }
        with located(f"{_KEY}.couplings", "theory"):
            return config.theory_with(values, _KEY).build()

    start, end = theory(0.0), theory(1.0)
    with located(_KEY):
        line = CouplingLine.between(start, end)
        require_linear(line, theory(0.5))
    _require_unaimed(flow, start, end)
    return Conditional.of(flow, line, settings.degree)


def _require_unaimed(flow: Flow, start: Theory, end: Theory) -> None:
    """What a flow takes from a theory would be that of one coupling, not of the range."""
    lattice = flow.space.lattice  # pyright: ignore[reportAttributeAccessIssue]
    pairs = zip(
        *(jax.tree.leaves(flow.aimed_at(on_lattice(one, lattice))) for one in (start, end)),
        strict=True,
    )
    # The very same arrays: with numbers of theories there would be new ones.
    if any(a is not b for a, b in pairs):
        raise ConfigError(
            _KEY,
            "a flow takes numbers from the theory, which are those of one coupling: use flows that "
            "do not, such as continuous or affine-coupling",
        )
