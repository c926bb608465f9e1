"""The documentation runs as it stands, and every page of it can be found."""

import os
import re
import shlex
import tomllib
import unicodedata
from pathlib import Path

import pytest
import typer

import latflow as lf
from latflow.cli._app import app
from latflow.cli._errors import run_command
from latflow.runs import config_from
from latflow.scans import scan_from

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"```(python|sh|toml)(?: title=\"([^\"]+)\")?\n(.*?)```", flags=re.DOTALL)
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)", flags=re.DOTALL)
ALL_PAGES = [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
# A command in an indented line, or between back-ticks; those of blocks are run.
COMMAND = re.compile(r"(?:^    |`)latflow ([a-z][a-z-]*)([^`\n|]*)", flags=re.MULTILINE)
# Whole runs from beginning to end, with their reports, are mostly compilation.
SLOW_PAGES = (
    "annealing.md",
    "conditional.md",
    "correlated-samples.md",
    "getting-started.md",
    "replica-exchange.md",
    "tutorials/compare-samplers.md",
    "tutorials/continue.md",
    "tutorials/first-flow.md",
    "tutorials/gauge-theory.md",
    "tutorials/notebook.md",
    "tutorials/transfer.md",
)
PAGES = [
    "elimination.md",
    "extending.md",
    "models.md",
    "tutorials/own-data.md",
    "tutorials/stored-configurations.md",
    *(pytest.param(page, marks=pytest.mark.slow) for page in SLOW_PAGES),
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


PHI4 = {"kind": "phi4", "convention": "hopping", "shape": [8, 8], "beta": 0.576, "lam": 0.5}
# The theory that a fragment is about, where it does not say so itself.
THEORIES = {
    "gauge-flows": {"kind": "u1", "shape": [8, 8], "beta": 2.0},
    "replica-exchange": {"kind": "u1", "shape": [8, 8], "beta": 2.0},
}
NEEDS_MODEL = {"flow-hmc", "independence", "rotation-hmc"}


def fragments(page):
    """TOML without a title: a part of a configuration, which the reader completes."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    parts = [content for kind, title, content in blocks if kind == "toml" and not title]
    return [one for part in parts if "project" not in (one := tomllib.loads(part))]


@pytest.mark.parametrize("page", [p for p in ALL_PAGES if fragments(p)], ids=lambda page: page.stem)
def test_fragments_of_configurations_are_valid(page):
    """With the least that is missing for a whole one."""
    for content in fragments(page):
        if "kernels" in content:
            assert scan_from(content).kernels
            continue
        whole = {"theory": THEORIES.get(page.stem, PHI4), "chains": []} | content
        kernels = {chain["kernel"] for chain in whole["chains"]}
        if {"model", "training"} & set(content) or kernels & NEEDS_MODEL:
            flow = {"flow": [{"kind": "affine-coupling"}]}
            whole = {"model": flow, "training": {"steps": 10}} | whole
        config_from(whole)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["files.md", "summary.md"])
def test_pages_that_read_a_run(page, tmp_path, monkeypatch):
    """Their Python, with the run that they name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    (content,) = (content for kind, _, content in blocks if kind == "python")
    (run,) = set(re.findall(r'"(runs/quickstart-[^"]+)"', content))
    assert run_command(["run", "quickstart", "--pretrained", "--out", run]) == 0
    namespace = {"__name__": "documentation"}
    exec(compile(content, page, "exec"), namespace)
    if page == "summary.md":
        assert namespace["covariance"].shape == 2 * namespace["c"].shape == 2 * namespace["t"].shape


def test_every_page_is_in_the_navigation():
    """mkdocs.yml names all pages, and no page that is not there."""
    text = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"^\s+- [^:]+: (\S+\.md)$", text, flags=re.MULTILINE))
    assert named == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.stem)
def test_pictures_are_described_and_there(page):
    """Alternative text that says what is to be seen, for those who cannot see it."""
    for words, target in IMAGE.findall(page.read_text(encoding="utf-8")):
        assert len(words.split()) >= 8, (target, words)
        assert (page.parent / target).is_file(), target


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.stem)
def test_commands_and_options_exist(page):
    """Whatever a page tells people to type, with the options of that command."""
    known = typer.main.get_command(app).commands
    options = {name: _options(command) for name, command in known.items()}
    for name, rest in COMMAND.findall(page.read_text(encoding="utf-8")):
        assert name in known, f"latflow {name}"
        given = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest.split("  ")[0]))
        assert given <= options[name] | {"-h", "--help"}, (name, given)


def _options(command):
    """The options of a command, or of all commands of a group."""
    found = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    return found.union(*(_options(each) for each in getattr(command, "commands", {}).values()))


def test_versions_are_the_same_everywhere():
    """In the package, in what is cited, and at the top of the list of changes."""
    cited = (DOCS.parent / "CITATION.cff").read_text(encoding="utf-8")
    changes = (DOCS.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)$", cited, flags=re.MULTILINE).group(1) == lf.__version__
    newest = re.search(r"^## (\S+)", changes, flags=re.MULTILINE).group(1)
    assert newest == lf.__version__


def test_results_by_question_lead_to_the_log():
    """Every verdict names a section of the measuring log that is there."""
    log = (DOCS / "measuring-log.md").read_text(encoding="utf-8")
    sections = {slugify(heading) for heading in re.findall(r"^#+ (.+)$", log, flags=re.MULTILINE)}
    targets = re.findall(
        r"\(measuring-log\.md#([^)]+)\)", (DOCS / "results.md").read_text(encoding="utf-8")
    )
    assert len(targets) > 20 and set(targets) <= sections, set(targets) - sections


def slugify(heading):
    """The anchor that mkdocs gives to a heading."""
    text = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())
