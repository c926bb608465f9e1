"""The documentation runs as it stands, and every page of it can be found."""

import os
import re
import shlex
from pathlib import Path

import pytest

from latflow.cli._errors import run_command

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"```(python|sh|toml)(?: title=\"([^\"]+)\")?\n(.*?)```", flags=re.DOTALL)
PAGES = [
    "extending.md",
    "elimination.md",
    "models.md",
    "replica-exchange.md",
    "correlated-samples.md",
    "tutorials/first-flow.md",
    "tutorials/own-data.md",
    "tutorials/gauge-theory.md",
    "tutorials/stored-configurations.md",
    "replica-exchange.md",
    "correlated-samples.md",
    "conditional.md",
    # Runs from beginning to end, with their reports.
    pytest.param("getting-started.md", marks=pytest.mark.slow),
    pytest.param("tutorials/compare-samplers.md", marks=pytest.mark.slow),
    pytest.param("tutorials/stored-configurations.md", marks=pytest.mark.slow),
    pytest.param("tutorials/continue.md", marks=pytest.mark.slow),
    pytest.param("tutorials/transfer.md", marks=pytest.mark.slow),
    # Whole runs from beginning to end, with their reports: mostly compilation.
    *(
        pytest.param(page, marks=pytest.mark.slow)
        for page in (
            "annealing.md",
            "getting-started.md",
            "tutorials/compare-samplers.md",
            "tutorials/continue.md",
            "tutorials/transfer.md",
        )
    ),
]


@pytest.mark.parametrize("page", PAGES)
def test_blocks_run(page, tmp_path, monkeypatch):
    """A page from top to bottom, in its own folder: files, commands, and one Python namespace."""
    monkeypatch.chdir(tmp_path)
    # A page may read itself, where readers find it.
    (own := tmp_path / "docs" / page).parent.mkdir(parents=True)
    own.write_bytes((DOCS / page).read_bytes())
    # The command line adds to it.
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    namespace = {"__name__": "documentation"}
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    assert any(kind == "python" for kind, _, _ in blocks)
    for kind, title, content in blocks:
        if kind == "toml" and title:
            Path(title).write_text(content, encoding="utf-8")
        elif kind == "sh":
            for line in content.splitlines():
                program, *arguments = shlex.split(line)
                assert program == "latflow", line
                assert run_command(arguments) == 0, line
        elif kind == "python":
            exec(compile(content, page, "exec"), namespace)


def test_every_page_is_in_the_navigation():
    """mkdocs.yml names all pages, and no page that is not there."""
    text = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"^\s+- [^:]+: (\S+\.md)$", text, flags=re.MULTILINE))
    assert named == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
