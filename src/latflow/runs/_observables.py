"""What a run measures: the theory's observables, or those that the configuration names."""

from latflow.errors import ConfigError
from latflow.observables import OBSERVABLES, Observable, Quantity, SlowSeries
from latflow.parts import registered
from latflow.runs._own_observables import own_observables
from latflow.runs.building import build_theory
from latflow.runs.configuration import RunConfig
from latflow.theories import Theory


def observables_of(config: RunConfig, theory: Theory | None = None) -> tuple[Observable, ...]:
    """The observables of a run, in the order of tables.

    Those of ``observables.measure``, by default the theory's; then ``observables.extra``; then all
    of ``observables.files``.

    Args:
        config: of the run.
        theory: its theory, if it has been built.

    Raises:
        ConfigError: a name is unknown, or a file cannot be used.
    """
    theory = build_theory(config) if theory is None else theory
    block = config.observables
    own = own_observables(block)
    installed: list[Observable] = [part() for part in registered(Observable, ())]  # pyright: ignore[reportAbstractUsage]
    named: dict[str, Observable] = {}
    for observable in (*theory.observables, *OBSERVABLES, *installed):
        named.setdefault(observable.name, observable)
    for observable in own:
        if observable.name in named:
            raise ConfigError(
                "observables.files",
                f'"{observable.name}" is the name of an observable that there is already: choose '
                "another name for yours",
            )
        named[observable.name] = observable
    wanted: dict[str, Observable] = {}
    if block.measure is None:
        wanted |= {observable.name: observable for observable in theory.observables}
    for key, names in (("measure", block.measure or ()), ("extra", block.extra)):
        for name in names:
            if name not in named:
                known = ", ".join(f'"{each}"' for each in named)
                raise ConfigError(
                    f"observables.{key}", f'no observable is called "{name}"; there are {known}'
                )
            wanted[name] = named[name]
    wanted |= {observable.name: observable for observable in own}
    return tuple(wanted.values())


def quantities_of(config: RunConfig) -> dict[str, Quantity]:
    """The quantities that a run may have results for, by name, in the order of tables."""
    return {q.name: q for one in observables_of(config) for q in one.quantities}


def slow_series_of(config: RunConfig) -> dict[str, SlowSeries]:
    """The series whose autocorrelation counts for the costs of a run, by name, in order."""
    return {series.name: series for one in observables_of(config) for series in one.slow}
