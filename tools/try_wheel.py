"""Build the wheel, install it into an empty environment, and do what the README says elsewhere.

    python tools/try_wheel.py [--quick]

``--quick`` takes fewer samples. Nothing of the checkout is seen by what is tried.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
_FEWER = ["--set", "training.evaluation_samples=1024"]
_FEWER += [
    f"--set=chains.{name}.{key}"
    for name in ("flow", "hmc")
    for key in ("n_samples=20", "n_chains=4")
]


def main() -> None:
    """Exit code 0 if everything works."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        pip = [sys.executable, "-m", "pip"]
        _do([*pip, "wheel", "-q", "--no-deps", "-w", str(place / "dist"), str(ROOT)], ROOT)
        (built,) = (place / "dist").glob("latflow-*.whl")
        print(f"{built.name}: {built.stat().st_size / 1e6:.2f} MB")
        venv.create(place / "venv", with_pip=True)
        programs = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
        _do([str(programs / "python"), "-m", "pip", "install", "-q", str(built)], place)
        elsewhere = place / "elsewhere"
        elsewhere.mkdir()
        (example,) = re.findall(
            r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL
        )
        check = "\nassert draws.fields.shape == (1000, 8, 8), draws\nprint(lf.__file__)"
        _do([str(programs / "python"), "-c", example + check], elsewhere)
        latflow = str(programs / "latflow")
        _do([latflow, "presets"], elsewhere)
        _do([latflow, "run", "--pretrained", "--out", "run", *(_FEWER if quick else [])], elsewhere)
        for command in (["info", "run"], ["plot", "run", "weights", "--pdf"], ["verify", "run"]):
            _do([latflow, *command], elsewhere)
        assert (elsewhere / "run-weights.pdf").read_bytes().startswith(b"%PDF")
    print("the wheel works")


def _do(command: list[str], folder: Path) -> None:
    print("$", *[part if len(part) < 100 else "..." for part in command], flush=True)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    subprocess.run(command, cwd=folder, env=clean, check=True)


if __name__ == "__main__":
    main()
