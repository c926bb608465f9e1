"""The library in a notebook: progress, tables, and pages of the documentation as notebooks."""

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import latflow as lf
from latflow.library import Bars

from .test_library import CONFIG

ROOT = Path(__file__).parents[2]


class Shown:
    """Stands for ``IPython.display``: keeps what every output has shown."""

    def __init__(self):
        self.outputs = []

    def HTML(self, text):
        return text

    def display(self, content, display_id):
        assert display_id is True
        self.outputs.append([content])
        return SimpleNamespace(update=self.outputs[-1].append)


@pytest.fixture
def shown(monkeypatch):
    """A notebook, as far as the progress can tell."""
    shown = Shown()
    shell = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=shown)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return shown


def tool():
    spec = importlib.util.spec_from_file_location("notebook", ROOT / "tools" / "notebook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bars_are_html_that_is_replaced(shown, capsys):
    theory, model = lf.build(CONFIG)
    lf.train(model, theory, steps=3, batch=4, micro_batch=4, chunk=1, progress=True)
    (training,) = shown.outputs
    assert 'value="0" max="3"' in training[0]
    assert 'value="3" max="3"' in training[-1] and "training: 3 of 3" in training[-1]
    assert capsys.readouterr().out == ""


def test_every_stage_has_a_bar_and_keeps_its_end(shown):
    with Bars() as bars:
        bars.stage("a <b>", 10, 2)
        bars.advance(10, {})
        bars.stage("next", 5, 0)
    first, second = shown.outputs
    assert 'value="10"' in first[-1] and "a &lt;b&gt;: 10 of 10" in first[-1]
    assert 'value="0" max="5"' in second[-1]


def test_a_shell_without_a_kernel_is_a_terminal(shown, monkeypatch, capsys):
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: SimpleNamespace())
    with Bars() as bars:
        bars.stage("work", 2, 0)
        bars.advance(2, {})
    assert shown.outputs == [] and "work" in capsys.readouterr().out


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "tutorials").glob("*.md")), ids=str)
def test_tutorials_are_notebooks(page):
    """Every block becomes a cell, in order, and no text is lost."""
    text = page.read_text(encoding="utf-8")
    cells = tool().notebook(text)["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) == text.count("```python") + text.count("```sh") + text.count("```toml title")
    words = "".join(line for cell in cells for line in cell["source"])
    for line in text.splitlines():
        assert line.startswith("```") or line.strip() in words
    assert len({cell["id"] for cell in cells}) == len(cells)


@pytest.mark.slow
def test_the_tutorial_runs_in_jupyter(tmp_path):
    """With a real kernel: bars and tables arrive as HTML."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    page = (ROOT / "docs" / "tutorials" / "notebook.md").read_text(encoding="utf-8")
    notebook = nbformat.reads(json.dumps(tool().notebook(page)), as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    html = [
        output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})
    ]
    assert sum("<progress" in text for text in html) >= 2
    assert sum("<table>" in text for text in html) == 2
    complaints = [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert complaints == []
