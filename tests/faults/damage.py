"""Ways to ruin the files of a run."""

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

DATA = (".h5", ".eqx", ".json", ".jsonl")


def newest_file(folder: Path, but: Sequence[str] = ()) -> Path:
    """The file that was written last."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name not in but]
    return max(files, key=lambda path: path.stat().st_mtime_ns)


def data_files(folder: Path) -> list[Path]:
    """Everything that latflow wrote and reads again."""
    return sorted(path for path in folder.rglob("*") if path.suffix in DATA and path.is_file())


def flip(folder: Path, rng: random.Random) -> str:
    """One bit of a file."""
    path = rng.choice(data_files(folder))
    content = bytearray(path.read_bytes() or b"x")
    place, bit = rng.randrange(len(content)), rng.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} of byte {place} of {path.relative_to(folder)}"


def cut(folder: Path, rng: random.Random) -> str:
    """The end of a file is missing."""
    path = rng.choice(data_files(folder))
    content = path.read_bytes()
    length = rng.choice([0, 1, len(content) - 1, rng.randrange(len(content) + 1)])
    path.write_bytes(content[:length])
    return f"{path.relative_to(folder)} cut to {length} of {len(content)}"


def overwrite(folder: Path, rng: random.Random) -> str:
    """A stretch of a file is nonsense, or zero."""
    path = rng.choice(data_files(folder))
    content = bytearray(path.read_bytes() or b"x")
    length = rng.randint(1, max(1, len(content) // 4))
    place = rng.randrange(len(content))
    content[place : place + length] = rng.choice([bytes(length), rng.randbytes(length)])
    path.write_bytes(content)
    return f"{length} bytes from {place} of {path.relative_to(folder)}"


def remove(folder: Path, rng: random.Random) -> str:
    """A file is gone."""
    path = rng.choice(data_files(folder))
    path.unlink()
    return f"{path.relative_to(folder)} removed"


def swap(folder: Path, rng: random.Random) -> str:
    """Two files of the same kind have each other's name."""
    suffix = rng.choice([path.suffix for path in data_files(folder)])
    same = [path for path in data_files(folder) if path.suffix == suffix]
    one, other = rng.choice(same), rng.choice(same)
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b), other.write_bytes(a)
    return f"{one.relative_to(folder)} and {other.relative_to(folder)} swapped"


def double(folder: Path, rng: random.Random) -> str:
    """One file in the place of another of its kind: a segment twice, an old checkpoint as new."""
    suffix = rng.choice([path.suffix for path in data_files(folder)])
    same = [path for path in data_files(folder) if path.suffix == suffix]
    one, other = rng.choice(same), rng.choice(same)
    shutil.copyfile(one, other) if one != other else None
    return f"{one.relative_to(folder)} in the place of {other.relative_to(folder)}"


def become_folder(folder: Path, rng: random.Random) -> str:
    """A folder has the name of a file."""
    path = rng.choice(data_files(folder))
    path.unlink()
    path.mkdir()
    return f"{path.relative_to(folder)} is a folder"


def edit(folder: Path, rng: random.Random) -> str:
    """Somebody changed a number of the configuration."""
    path = folder / "config.toml"
    lines = path.read_text("utf-8").splitlines()
    values = [line.partition(" = ")[2] for line in lines]
    places = [n for n, value in enumerate(values) if any(map(str.isdigit, value))]
    place = rng.choice(places)
    key, _, value = lines[place].partition(" = ")
    digits = [n for n, c in enumerate(value) if c.isdigit()]
    where = rng.choice(digits)
    value = value[:where] + rng.choice("123456789") + value[where + 1 :]
    was, lines[place] = lines[place], f"{key} = {value}"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return f"config.toml: {was} -> {lines[place]}"


DAMAGES: tuple[Callable[[Path, random.Random], str], ...] = (
    flip, cut, overwrite, remove, swap, double, become_folder,
)  # fmt: skip
