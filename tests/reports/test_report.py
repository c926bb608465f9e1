"""The page is valid, complete and self-contained, whatever a run holds."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from latflow.reports import write_report
from latflow.reports.data import collect
from latflow.reports.figures import known_figures
from latflow.reports.tables import stage_table

from .synthetic import make_run

_VOID = {"meta", "br", "hr", "img", "link", "input", "col"}


class Page(HTMLParser):
    """Checks that tags are closed, and collects what the tests ask about."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.targets, self.tags, self.text = [], [], [], [], []
        self.attributes = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self._start(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self._start(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-5:])
        self.open.pop()

    def handle_data(self, data):
        if not set(self.open) & {"style", "svg"}:
            self.text.append(data)

    def _start(self, tag, attrs):
        self.tags.append(tag)
        attributes = dict(attrs)
        self.attributes.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if attributes.get("href", "").startswith("#"):
            self.targets.append(attributes["href"][1:])

    @property
    def words(self):
        return re.sub(r"\s+", " ", "".join(self.text))


def page_of(run):
    path = write_report(run)
    assert path == run.path / "report.html"
    assert [p.name for p in run.path.iterdir()] == ["report.html"]
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.targets) <= set(page.ids)
    assert not re.search(r"https?:|<script|<link|@import|url\((?!#)", text)
    for _, attributes in page.attributes:
        for name in {"href", "src", "xlink:href"} & set(attributes):
            assert attributes[name].startswith(("#", "data:image/png;base64,"))
    assert len(text) < 3_000_000
    return page, text


def drawn(name, run):
    return known_figures()[name]().draw(collect(run))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return page_of(make_run(tmp_path_factory.mktemp("full"), n_samples=400))


def test_every_section_is_there(full):
    page, _ = full
    wanted = "verdict numbers training weights layers magnetisation correlator spectrum"
    chains = "configurations thermalisation autocorrelation acceptance energy cost"
    assert set(page.ids) >= set(f"{wanted} {chains} made".split())
    assert page.tags.count("svg") == 12
    # The headline comes first, and the way it was made last.
    assert page.ids.index("verdict") < page.ids.index("numbers") < page.ids.index("training")
    assert page.ids.index("cost") < page.ids.index("made")


def test_headline(full):
    words = full[0].words
    assert "φ⁴ theory, 8 × 8" in words and "m² = 0.25" in words and "seed 0" in words
    assert "2025-01-31" in words
    assert "flow and hmc agree" in words and "reference agree" in words
    assert "Break-even." in words and "Training pays off from" in words
    assert "hmc wins" in words
    assert "No warnings" in words


def test_table(full):
    page, text = full
    for symbol in ("⟨<i>M</i>⟩", "χ<sub>2</sub>", "ξ<sub>2nd</sub>", "<i>U</i><sub>4</sub>"):
        assert symbol in text
    assert "log <i>Z</i>" in text and "exact: free field" in page.words
    assert re.search(r"\d\.\d+\(\d+\)", page.words)
    assert "flow − hmc" in page.words


def test_numbers_beside_the_observables(tmp_path):
    run = make_run(tmp_path, n_samples=100)
    run.configuration["theory"] = {"kind": "phi4", "shape": [8, 8], "beta": 0.576, "lam": 0.5}
    reference = {"value": 18.0, "error": 0.5, "source": "a paper", "pull": -0.1, "chain": "hmc"}
    run.results["reference"]["hmc_tau_m"] = reference
    page, text = page_of(run)
    assert "18.00(50)" in page.words and "a paper" in page.words
    assert "τ<sub>int</sub> of ⟨<i>M</i>⟩" in text and "10 leapfrog steps" in page.words


def test_how_it_was_made(full):
    words = full[0].words
    assert 'convention = "textbook"' in words
    assert "latflow run quickstart" in words
    assert "cpu <2 cores>" in words
    assert "training, 800 steps" in words
    assert "hmc: sampling3.2 s (CPU 6.0 s)" in words
    assert "hmc: compiling for both7.0 s (CPU 9.0 s)" in words


def test_what_is_not_known_of_compiling_has_no_line(tmp_path):
    """Of runs that older versions made; then it is in the other times."""
    run = make_run(tmp_path, n_samples=100)
    for chain in run.chains.values():
        chain.compiling_seconds = chain.compiling_cpu_seconds = chain.seconds_per_sample = math.nan
    words = page_of(run)[0].words
    assert "compiling for both" not in words and "hmc: sampling3.2 s" in words
    assert "Break-even is not known" in words


def test_accessibility(full):
    page, text = full
    assert '<html lang="en">' in text and "@media print" in text
    for tag, attributes in page.attributes:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert set(attributes["aria-labelledby"].split()) <= set(page.ids)
        if tag == "th":
            assert attributes["scope"] in {"col", "row", "colgroup"}
    assert page.tags.count("caption") == page.tags.count("table")
    assert page.tags.count("figcaption") == page.tags.count("figure")


def test_classical_chain_alone(tmp_path):
    run = make_run(tmp_path, chains=("hmc",), trained=False, references=False, n_samples=200)
    page, _ = page_of(run)
    assert not {"training", "weights", "cost", "break-even"} & set(page.ids)
    assert {"magnetisation", "correlator", "energy"} <= set(page.ids)
    assert "No numbers to compare with are known" in page.words
    assert "log Z" not in page.words


def test_training_alone(tmp_path):
    page, _ = page_of(make_run(tmp_path, chains=()))
    assert {"training", "weights", "configurations"} <= set(page.ids)
    assert not {"numbers", "magnetisation", "cost"} & set(page.ids)
    assert "has no flow chain" in page.words


def test_layers(full, tmp_path):
    words = full[0].words
    assert "what each block of layers makes of it" in words and "From 256 fields" in words
    assert "the chain hmc, which the last column should meet" in words
    # A classical chain is compared with if there is one, and no chain is needed at all.
    for chains, compared in ((("flow",), "the chain flow, which"), ((), None)):
        run = make_run(tmp_path, chains=chains, n_samples=100)
        words = drawn("layers", run).caption.striptags()
        assert compared in words if compared else "the chain" not in words
    # A run of an older version, a model without layers, and some that have diverged.
    view = run.layer_view
    for broken in (
        None,
        replace(view, names=("normal",)),
        replace(view, two_point=np.full_like(view.two_point, np.nan)),
        replace(view, fields={"field": np.full_like(view.fields["field"], np.inf)}),
    ):
        run.layer_view = broken
        assert drawn("layers", run) is None


def test_stages_of_training(tmp_path):
    run = make_run(tmp_path)
    assert stage_table(collect(run)) is None
    quality = {
        f"{name}{error}": 0.5 if not error else 0.01
        for name in ("ess", "acceptance", "log_weight_variance")
        for error in ("", "_error")
    }
    stage = {"shape": [4, 4], "couplings": {"m2": 0.5}, "steps": 1200, "seconds": 11.0, **quality}
    run.results["training"]["stages"] = [stage]
    table = stage_table(collect(run))
    assert [head for head, _, _ in table.rows] == ["4 × 4", "8 × 8"]
    first, last = ([str(cell.text) for cell in cells] for _, _, cells in table.rows)
    assert first == ["m2 = 0.5", "1,200", "11 s", "0.500(10)", "0.500(10)", "0.500(10)"]
    assert last[:3] == ["—", "800", "20 s"]
    assert last[4:] == ["—", "—"], "an older summary has no acceptance and variance"
    text = write_report(run).read_text(encoding="utf-8")
    assert "Stages of training" in text and "those of the last stage" in text


def test_numbers_that_are_missing_or_broken(tmp_path):
    run = make_run(tmp_path, n_samples=100)
    flow = run.chain("flow")
    flow.measurements["m"] = np.full_like(flow.measurements["m"], np.nan)
    flow.configurations = {"field": flow.configurations["field"][:, :0]}
    observables = run.results["chains"]["flow"]["observables"]
    observables["m"] = dict.fromkeys(observables["m"])
    observables["chi2"]["error"] = None
    observables["chi2"]["tau_int"] = None
    run.metrics["loss"][-3:] = np.nan
    run.results["training"]["ess"] = None
    run.results["log_z"] |= {"value": None, "error": None}
    page, _ = page_of(run)
    assert "the loss is not finite" in page.words
    assert not re.search(r"\b(nan|None|null)\b", page.words)


def test_a_prior_whose_partition_function_nobody_knows(tmp_path):
    run = make_run(tmp_path, n_samples=100)
    known = run.results.pop("log_z")
    run.results["log_z_ratio"] = {"value": known["value"] + 100, "error": known["error"]}
    run.metrics["loss"] = run.metrics["loss"] - 100
    report = collect(run)
    assert report.log_normalisation == known["value"] + 100 == -report.smallest_loss
    page, _ = page_of(run)
    assert "log Z/Z′" in page.words and "in units of the prior's" in page.words
    # The reference is that of Z, which says nothing of the ratio.
    run.results["log_z_ratio"]["value"] = None
    assert collect(run).log_normalisation is None


@pytest.mark.parametrize(
    ("objective", "words"),
    [("force-matching", "zero for an exact map"), ("lag-one-autocorrelation", "squared jump")],
)
def test_losses_that_are_no_divergence_have_no_smallest_value(tmp_path, objective, words):
    run = make_run(tmp_path, n_samples=100)
    run.configuration["training"] = {"objective": objective}
    assert collect(run).smallest_loss is None
    caption = drawn("training", run).caption.striptags()
    assert words in caption and "smallest possible value" not in caption


@pytest.mark.slow
def test_a_share_of_the_forward_divergence(tmp_path):
    run = make_run(tmp_path, n_samples=100)
    run.configuration["training"] = {"objective": "path-gradient", "forward_kl": {"share": 0.25}}
    ess = run.results["training"]["ess"]
    run.results["training"] |= {"ess_from_target": 0.9 * ess, "ess_from_target_error": 0.01}
    assert collect(run).smallest_loss is None
    page, _ = page_of(run)
    assert "with configurations of the target in the second part" in page.words
    assert "which know what the flow leaves out" in page.words
    assert "leaves out a part" not in page.words
    run.results["training"]["ess_from_target"] = 0.01 * ess
    page, _ = page_of(run)
    assert "the flow leaves out a part of its target" in page.words


def test_names_are_not_markup(tmp_path):
    run = make_run(tmp_path, chains=("hmc",), trained=False, n_samples=100)
    chain = run.chains["hmc"]
    for results in (run.chains, run.results["chains"]):
        results["a<b>&$x$"] = results.pop("hmc")
    # A configuration would refuse the name, files might have it.
    chain.name = "a<b>&$x$"
    entry = run.results["chains"]["a<b>&$x$"]
    entry["observables"]["<i>new</i>"] = {"value": 1.0, "error": 0.1}
    entry["warnings"] = ["a <script> in it: is text"]
    page, text = page_of(run)
    assert "a<b>&$x$" in page.words and "<i>new</i>" in page.words
    assert "<script" not in text and "a <script> in it" in page.words


def test_an_older_report_is_replaced(tmp_path):
    (tmp_path / "report.html").write_text("old")
    page, _ = page_of(make_run(tmp_path, chains=(), trained=False))
    assert "holds nothing to draw" in page.words
