"""How to start latflow as a process, and a small configuration to give it."""

import os
import sys
from pathlib import Path

TINY = Path(__file__).parents[1] / "runs" / "tiny.toml"
LATFLOW = [sys.executable, "-c", "from latflow.cli import main; main()"]


def bare_environment(**variables: str) -> dict[str, str]:
    """An environment with nothing but what Python needs to start, and the given variables."""
    kept = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME")
    return {name: os.environ[name] for name in kept if name in os.environ} | variables
