"""The commands. Each imports what it needs when it runs: ``--help`` must not wake JAX."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import latflow
from latflow.cli._cost_text import cost_lines
from latflow.cli._reproduce import reproduce
from latflow.cli._scan import scan
from latflow.cli._signals import StopSignals, seconds_in
from latflow.cli._text import say, say_json
from latflow.cli._work import new_run, open_or_new_run, work
from latflow.cli.process import wake_jax

if TYPE_CHECKING:
    from latflow.runs import RunFolder

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Normalizing flows for lattice field theory: train, sample exactly, compare, report.",
    epilog="Example: **latflow run** trains, samples and reports in about two minutes.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Source = Annotated[str, typer.Argument(metavar="CONFIG|PRESET", help="TOML file, or preset.")]
Target = Annotated[
    str, typer.Argument(metavar="RUN|CONFIG|PRESET", help="Run folder, TOML file, or preset.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key, as in chains.hmc.steps=20."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the new run.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed, in place of the config's.")]
Json = Annotated[bool, typer.Option("--json", help="Print summary.json, and nothing else.")]
TimeLimit = Annotated[
    str | None,
    typer.Option("--time-limit", metavar="TIME", help="Stop and save in time, as in 11h30m."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def _version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"latflow {latflow.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _latflow(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: **latflow run aks-E2 --set training.steps=500 --out runs/e2**")
def run(
    source: Source = "quickstart",
    changes: Changes = None,
    out: Out = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train, sample, measure, compare and report."""
    wake_jax()
    with StopSignals(seconds_in(time_limit)) as signals:
        _complete(new_run(source, changes or [], out, seed), signals, json, quiet)


@app.command(epilog="Example: **latflow resume runs/quickstart-20260101T120000Z**")
def resume(
    run: Run, time_limit: TimeLimit = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Go on with a run from wherever it stopped."""
    wake_jax()
    from latflow.runs import RunFolder

    with StopSignals(seconds_in(time_limit)) as signals:
        _complete(RunFolder(run), signals, json, quiet)


@app.command(epilog="Example: **latflow train quickstart --out runs/mine**")
def train(
    target: Target,
    changes: Changes = None,
    out: Out = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    quiet: Quiet = False,
) -> None:
    """Train the model of a run, new or old, and nothing more."""
    wake_jax()
    from latflow import runs

    with StopSignals(seconds_in(time_limit)) as signals:
        folder = open_or_new_run(target, changes or [], out, seed)
        work(folder, runs.train, signals, quiet)
    _say(str(folder.path), quiet)


@app.command(epilog="Example: **latflow sample runs/mine --chain hmc**")
def sample(
    target: Target,
    chain: Annotated[
        list[str] | None, typer.Option("--chain", metavar="NAME", help="Only this chain.")
    ] = None,
    changes: Changes = None,
    out: Out = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    quiet: Quiet = False,
) -> None:
    """Draw the samples of a run's chains, and nothing more."""
    wake_jax()
    from latflow import runs

    with StopSignals(seconds_in(time_limit)) as signals:
        folder = open_or_new_run(target, changes or [], out, seed)
        work(
            folder,
            lambda folder, progress, stop: runs.sample(folder, chain or None, progress, stop),
            signals,
            quiet,
        )
    _say(str(folder.path), quiet)


@app.command(epilog="Example: **latflow measure runs/mine --json**")
def measure(run: Run, json: Json = False, quiet: Quiet = False) -> None:
    """Compute the results of what a run has so far."""
    wake_jax()
    from latflow import runs

    folder = runs.RunFolder(run)
    with StopSignals() as signals:
        work(folder, lambda folder, *_: runs.measure(folder), signals, quiet=True)
    _print_results(folder.summary(), json, quiet)


@app.command(epilog="Example: **latflow report runs/mine**")
def report(run: Run, quiet: Quiet = False) -> None:
    """Write the report of a measured run: one HTML file."""
    wake_jax()
    from latflow.runs import RunFolder

    folder = RunFolder(run)
    from latflow.reports import write_report

    _say(f"report: {write_report(folder)}", quiet)


@app.command(epilog="Example: **latflow presets**")
def presets() -> None:
    """List the configurations that come with latflow."""
    from latflow.runs import preset_description, preset_names

    width = max(len(name) for name in preset_names())
    for name in preset_names():
        say(f"{name:<{width}}  {preset_description(name)}")


@app.command(epilog="Example: **latflow init hopping-L16 > my.toml**")
def init(
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Where to start.")] = "quickstart",
) -> None:
    """Print a commented configuration with every key."""
    wake_jax()
    from latflow.runs import commented_config

    typer.echo(commented_config(preset), nl=False)


@app.command(epilog="Example: **latflow validate my.toml --set theory.lam=0.4**")
def validate(source: Source, changes: Changes = None) -> None:
    """Check a configuration without running it."""
    wake_jax()
    from latflow.runs import check_buildable, load_config

    config = load_config(source, changes or [])
    shape = " x ".join(str(extent) for extent in config.theory.shape)
    chains = ", ".join(f"{chain.name} ({chain.kernel})" for chain in config.chains) or "none"
    kind = config.resolved()["theory"]["kind"]
    say(f"{source}: valid; {kind} on {shape}; chains: {chains}")
    for line in cost_lines(config, check_buildable(config)):
        say(line)


app.command(epilog="Example: **latflow scan hopping --quick --out runs/slowing-down**")(scan)
app.command(epilog="Example: **latflow reproduce albandea2023-hmc --quick**")(reproduce)


def _complete(folder: "RunFolder", signals: StopSignals, json: bool, quiet: bool) -> None:
    """All steps, the report, and what is to be printed about them."""
    from latflow import runs
    from latflow.reports import write_report

    def everything(folder, progress, should_stop) -> None:
        runs.run(folder, progress, should_stop)
        if runs.report_is_stale(folder):
            write_report(folder)

    work(folder, everything, signals, quiet or json)
    _print_results(folder.summary(), json, quiet)
    _say(f"report: {folder.path / 'report.html'}", quiet or json)


def _print_results(summary: dict[str, Any], json: bool, quiet: bool) -> None:
    if json:
        from latflow.runs import to_json

        say_json(to_json(summary))
    elif not quiet:
        from latflow.cli._table import print_summary

        print_summary(summary)


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        say(text)
