"""The commands. Each imports what it needs when it runs: ``--help`` must not wake JAX."""

from pathlib import Path
from typing import Annotated

import typer

import latflow
from latflow.cli._complete import complete, in_place_or_elsewhere, print_results, say_missing
from latflow.cli._cost_text import cost_lines
from latflow.cli._extend import extend
from latflow.cli._options import TimeLimit
from latflow.cli._reproduce import reproduce
from latflow.cli._scan import scan_app
from latflow.cli._signals import StopSignals, seconds_in
from latflow.cli._text import say
from latflow.cli._watch import watch as watch_run
from latflow.cli._work import new_run, open_or_new_run, work
from latflow.cli.finished import (
    compare,
    configuration,
    derivative,
    export,
    info,
    list_runs,
    plot,
    regenerate,
    thermodynamics,
    verify,
)
from latflow.cli.process import wake_jax

app = typer.Typer(
    add_completion=True,
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
Pretrained = Annotated[
    bool,
    typer.Option("--pretrained", help="Take the trained model that comes with this preset."),
]
Json = Annotated[bool, typer.Option("--json", help="Print summary.json, and nothing else.")]
Elsewhere = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write the results there, and nothing into the run."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse damaged files; do not make them again.")
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
    pretrained: Pretrained = False,
    time_limit: TimeLimit = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train, sample, measure, compare and report."""
    wake_jax()
    with StopSignals(seconds_in(time_limit)) as signals:
        complete(new_run(source, changes or [], out, seed, pretrained), signals, json, quiet)


@app.command(epilog="Example: **latflow resume runs/quickstart-20260101T120000Z**")
def resume(
    run: Run,
    strict: Strict = False,
    time_limit: TimeLimit = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run from wherever it stopped."""
    wake_jax()
    from latflow.runs import RunFolder

    with StopSignals(seconds_in(time_limit)) as signals:
        complete(RunFolder(run), signals, json, quiet, strict)


@app.command(epilog="Example: **latflow train quickstart --out runs/mine**")
def train(
    target: Target,
    changes: Changes = None,
    out: Out = None,
    seed: Seed = None,
    strict: Strict = False,
    time_limit: TimeLimit = None,
    quiet: Quiet = False,
) -> None:
    """Train the model of a run, new or old, and nothing more."""
    wake_jax()
    from latflow import runs

    with StopSignals(seconds_in(time_limit)) as signals:
        folder = open_or_new_run(target, changes or [], out, seed)
        work(
            folder,
            lambda folder, progress, stop: runs.train(folder, progress, stop, strict),
            signals,
            quiet,
        )
    if not quiet:
        say(str(folder.path))


@app.command(epilog="Example: **latflow sample runs/mine --chain hmc**")
def sample(
    target: Target,
    chain: Annotated[
        list[str] | None, typer.Option("--chain", metavar="NAME", help="Only this chain.")
    ] = None,
    changes: Changes = None,
    out: Out = None,
    seed: Seed = None,
    strict: Strict = False,
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
            lambda folder, progress, stop: runs.sample(
                folder, chain or None, progress, stop, strict
            ),
            signals,
            quiet,
        )
    if not quiet:
        say(str(folder.path))


@app.command(epilog="Example: **latflow measure runs/mine --json**")
def measure(run: Run, out: Elsewhere = None, json: Json = False, quiet: Quiet = False) -> None:
    """Compute the results of what a run has so far."""
    wake_jax()
    from latflow.runs import RunFolder

    folder = RunFolder(run, out)
    with StopSignals() as signals:
        in_place_or_elsewhere(folder, out, signals, report=False)
    print_results(folder.summary(), json, quiet)
    if not (json or quiet):
        say_missing(folder)


@app.command(epilog="Example: **latflow report runs/mine --watch**")
def report(
    run: Run,
    out: Elsewhere = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again and again in RUN-watch, until it is finished.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=1, help="How often, with --watch.")
    ] = 60.0,
    quiet: Quiet = False,
) -> None:
    """Measure what a run has so far, and write its report: one HTML file."""
    wake_jax()
    from latflow.runs import RunFolder

    with StopSignals() as signals:
        if watch:
            folder = watch_run(run, out, every, signals, quiet)
        else:
            folder = RunFolder(run, out)
            in_place_or_elsewhere(folder, out, signals, report=True)
            if not quiet:
                say_missing(folder)
    if not quiet:
        say(f"report: {folder.results_path / 'report.html'}")


@app.command(epilog="Example: **latflow presets**")
def presets() -> None:
    """List the configurations that come with latflow."""
    from latflow.runs import preset_description, preset_names, shipped_names, shipped_quality

    width = max(len(name) for name in preset_names())
    for name in preset_names():
        words = preset_description(name)
        if name in shipped_names():
            words += f" [--pretrained: ESS {shipped_quality(name)['ess']:.3f}]"
        say(f"{name:<{width}}  {words}")


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


app.command(epilog="Example: **latflow extend runs/mine --samples 100000**")(extend)
app.command(epilog="Example: **latflow info runs/mine**")(info)
app.command("list", epilog="Example: **latflow list runs**")(list_runs)
app.command(epilog="Example: **latflow compare runs/first runs/second**")(compare)
app.command(epilog="Example: **latflow plot runs/mine weights --width 8.6 -o w.pdf**")(plot)
app.command(epilog="Example: **latflow export runs/mine --format pyerrors --chain hmc**")(export)
app.command(epilog="Example: **latflow configuration lattice.ildg**")(configuration)
app.command(epilog="Example: **latflow derivative runs/mine --coupling kappa**")(derivative)
app.command(epilog="Example: **latflow thermodynamics runs/annealed**")(thermodynamics)
app.command(epilog="Example: **latflow regenerate runs/mine --pack ensemble.h5**")(regenerate)
app.command(epilog="Example: **latflow verify runs/mine**")(verify)
app.add_typer(scan_app, name="scan")
app.command(epilog="Example: **latflow reproduce albandea2023-hmc --quick**")(reproduce)
