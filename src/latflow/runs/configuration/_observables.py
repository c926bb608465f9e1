"""The ``[observables]`` block: what is measured, with observables of one's own from files."""

import hashlib
from pathlib import Path

from pydantic import Field, model_validator

from latflow.settings import Settings


class ObservablesSettings(Settings):
    """What is measured on the configurations: by default what the theory names."""

    measure: tuple[str, ...] | None = Field(
        None, description="names of observables; not given: those that the theory names"
    )
    extra: tuple[str, ...] = Field((), description="names of observables to measure besides")
    files: tuple[str, ...] = Field(
        (),
        description="Python files of your own: every class derived from Observable in them is "
        "measured, too. They are run as code",
    )
    sha256: tuple[str, ...] = Field(
        (), description="of the files, one for each; a run writes it down, and refuses others"
    )

    @model_validator(mode="before")
    @classmethod
    def _files_are_pinned(cls, block):
        """Absolute paths, and the digest of what stands there now."""
        if not isinstance(block, dict):
            return block
        # What a validator returns is no JSON any more, where a list would pass for a tuple.
        block = {k: tuple(v) if isinstance(v, list) else v for k, v in block.items()}
        files = block.get("files")
        if not isinstance(files, tuple):
            return block
        paths = tuple(str(Path(str(file)).absolute().resolve()) for file in files)
        return block | {"files": paths, "sha256": block.get("sha256") or tuple(map(_digest, paths))}

    @model_validator(mode="after")
    def _files_are_what_they_were(self):
        if len(self.sha256) != len(self.files):
            raise ValueError(
                f"sha256 has one entry for each of the {len(self.files)} files, got "
                f"{len(self.sha256)}: leave it out"
            )
        for file, digest in zip(self.files, self.sha256, strict=True):
            bytes_with_digest(Path(file), digest)
        return self


def bytes_with_digest(path: Path, digest: str) -> bytes:
    """The content of a file, if it is what it was.

    Args:
        path: the file.
        digest: SHA-256 that it must have.

    Raises:
        ValueError: it cannot be read, or has another digest.
    """
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(
            f"{path} is not the file that this was made with: its SHA-256 is not that of "
            "observables.sha256; restore the file, or start a new run"
        )
    return content


def _digest(path: str) -> str:
    return hashlib.sha256(_content(Path(path))).hexdigest()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror or error})") from None
