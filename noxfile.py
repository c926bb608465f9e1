"""Tests under every supported Python and JAX, and of the wheel: ``nox`` runs them all.

python -m pip install nox
nox                              everything that this machine has Pythons for
nox -s versions-3.13 -- 0.12     one Python with one JAX
nox -s wheel                     the built wheel in an empty environment
nox -s weekly                    the slow statistical suites
"""

import nox

nox.options.sessions = ["versions", "wheel"]
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
JAX = ["0.10", "0.11", "0.12"]
# One of every floor: what differs between versions shows there within minutes.
SUBSET = [
    "tests/test_lattice.py",
    "tests/test_models.py",
    "tests/analysis/test_gamma.py",
    "tests/training/test_adam.py",
    "tests/sampling/test_random.py",
    "tests/runs/test_checkpoints.py",
    "tests/runs/test_shipped.py",
    "tests/cli/test_plot_and_watch.py",
]


@nox.session(python=PYTHONS)
def versions(session: nox.Session) -> None:
    """A subset of the tests under one Python, with every JAX or those that are named."""
    for version in session.posargs or JAX:
        session.install("-e", ".[test]", f"jax~={version}.0")
        session.run("python", "-m", "pytest", "-n", "0", *SUBSET)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, and try the README's examples with it outside of the checkout."""
    session.run("python", "tools/try_wheel.py", external=True)


@nox.session
def weekly(session: nox.Session) -> None:
    """All suites, with optimised programs: statistics, long trainings, tutorials as a whole."""
    session.install("-e", ".[test]")
    optimised = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "0"}
    session.run("python", "-m", "pytest", "-m", "slow or not slow", env=optimised)
