"""What a run will cost, as far as it is known before it begins."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latflow.runs import MemoryClaim, RunConfig

# On a core of today, for the gradient of a training step.
_SECONDS_PER_LAYER = 3.0
_LONG = 60.0


def cost_lines(config: "RunConfig", claims: "Sequence[MemoryClaim]") -> Iterator[str]:
    """Memory, compilation and steps of a run, a line each.

    Args:
        config: of the run.
        claims: what it needs of memory, the largest first.
    """
    from latflow.runs import in_words, machine_memory

    if claims:
        key, needed = claims[0]
        yield (
            f"memory: at least {in_words(needed)} (most of it for {key}), of "
            f"{in_words(machine_memory())} here"
        )
    if config.model is not None and config.training is not None:
        n_layers = config.model.n_layers
        seconds = _SECONDS_PER_LAYER * n_layers * (1 + len(config.training.stages))
        if seconds >= _LONG:
            yield (
                f"compilation: {n_layers} layers take about {seconds / 60:.0f} minutes to compile "
                "before the first step of training, which cannot be interrupted; once, then the "
                "program is kept"
            )
        steps = [stage.steps or config.training.steps for stage in config.training.stages]
        yield f"training: {sum(steps) + config.training.steps} steps of {config.training.batch}"
    for chain in config.chains:
        steps = chain.warm_up + chain.n_samples * chain.thin
        yield f"{chain.name}: {chain.n_chains} chains of {steps} transitions"
