"""Make the trained models that come with the package anew, or add one.

    python tools/ship_models.py psd-8x8 quickstart u1-flow-16x16

Every preset is trained as it stands in a folder of its own (``--work``, an unfinished one is gone
on with), and what a shipped model is made of is copied into the package: ``config.toml``, the last
checkpoint, the record of the training without the name of the machine, and ``quality.json``.
"""

import argparse
import json
import platform
import shutil
from pathlib import Path

import jax

from latflow.analysis import effective_sample_size
from latflow.flags import pin_flags
from latflow.library import Bars
from latflow.runs import RunFolder, load_config, train

SHIPPED = Path(__file__).parents[1] / "src" / "latflow" / "runs" / "configuration" / "shipped"


def main() -> None:
    """Train what is named, and put it into the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="+")
    parser.add_argument("--work", type=Path, default=Path("runs") / "shipped")
    arguments = parser.parse_args()
    pin_flags()
    for name in arguments.presets:
        print(ship(name, arguments.work / name))


def ship(name: str, place: Path) -> Path:
    """Train a preset in a folder, and copy its model into the package."""
    there = (place / "config.toml").is_file()
    run = RunFolder(place) if there else RunFolder.create(place, load_config(name))
    with Bars() as bars:
        train(run, bars)
    target = SHIPPED / name
    shutil.rmtree(target, ignore_errors=True)
    (target / "training").mkdir(parents=True)
    for training in (run.training_path, *run.training_path.glob("stage-*")):
        place = target / training.relative_to(run.path)
        place.mkdir(exist_ok=True)
        shutil.copy(max(training.glob("checkpoint-*.eqx")), place)
    checkpoint = max(run.training_path.glob("checkpoint-*.eqx"))
    shutil.copy(run.path / "config.toml", target)
    _write(target / "provenance.json", _record(run, name))
    _write(target / "quality.json", _quality(run, checkpoint))
    return target


def _record(run: RunFolder, name: str) -> dict:
    """The sessions of the training, without what names a machine."""
    record = run.provenance()
    for session in record["sessions"]:
        session["command"] = f"python tools/ship_models.py {name}"
        session["host"], session["platform"] = "", platform.machine()
    return record


def _quality(run: RunFolder, checkpoint: Path) -> dict:
    evaluation = run.evaluation()
    assert evaluation is not None  # it has been trained
    ess = effective_sample_size(evaluation["log_weight"])
    header = json.loads(checkpoint.open("rb").readline())
    return {
        "ess": ess.value,
        "ess_error": ess.error,
        "evaluation_samples": evaluation["log_weight"].size,
        "parameters": header["parameters"],
        "steps": header["step"],
        "seconds": header["seconds"],
        "jax": jax.__version__,
    }


def _write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
