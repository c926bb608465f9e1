"""Text on the terminal: nothing is cut, whatever the width and the letters of the stream."""

import io
import json

import pytest

from latflow.cli._letters import writable
from latflow.cli._table import print_summary
from latflow.cli._text import Column, say, say_columns, say_json


def entry(value, **changes):
    found = {"value": value, "error": 0.01, "tau_int": 12.0, "tau_int_error": 0.5, "pull": -0.4}
    return found | changes


def summary(chains, **entries):
    names = {"long_name_of_a_quantity": entry(1.234), "a": entry(1000.0), **entries}
    content = {
        "observables": names, "n_chains": 4, "n_samples": 100, "seconds": 1.0, "acceptance": 0.9,
        "warnings": [],
    }  # fmt: skip
    known = {"a": {"value": 1000.004, "error": 0.003, "source": "somebody", "pull": -0.4}}
    return {"chains": dict.fromkeys(chains, content), "reference": known}


def printed(monkeypatch, width, encoding, write):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    stream.isatty = lambda: True
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout", stream)
    write()
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [30, 60, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_number_or_name_is_cut(monkeypatch, width, encoding):
    chains = [f"chain-with-a-long-name-{number}" for number in range(4)]
    text = printed(monkeypatch, width, encoding, lambda: print_summary(summary(chains)))
    for chain in chains:
        assert chain in text
    lines = text.splitlines()
    assert sum("1000.000(10)" in line for line in lines) * text.count("1000.000(10)") >= 4
    assert text.count("1000.000(10)") == 4 and text.count("1000.0040(30)") >= 1
    assert text.count("12.00(50)") == 8
    assert text.count("long_name_of_a_quantity") >= 1
    table = [line for line in lines if "samples" not in line]
    if width >= 80:
        assert max(map(len, table)) <= width


def test_chains_that_do_not_fit_stand_below_each_other(monkeypatch):
    chains = [f"chain-number-{number}" for number in range(4)]
    text = printed(monkeypatch, 95, "utf-8", lambda: print_summary(summary(chains)))
    titles = [line for line in text.splitlines() if line.startswith("observable")]
    assert [line.count("tau_int") for line in titles] == [1, 1, 1, 1]
    assert all(line.endswith("reference") for line in titles)
    text = printed(monkeypatch, 200, "utf-8", lambda: print_summary(summary(chains)))
    assert next(line for line in text.splitlines() if "tau_int" in line).count("tau_int") == 4


def test_the_order_is_that_of_the_run(monkeypatch):
    text = printed(monkeypatch, 80, "utf-8", lambda: print_summary(summary(["hmc"])))
    assert [line.split()[0] for line in text.splitlines()[:3]] == [
        "observable", "long_name_of_a_quantity", "a",
    ]  # fmt: skip


def test_doubts_are_words(monkeypatch):
    nothing = {"error": None, "tau_int": None, "tau_int_error": None, "pull": None}
    content = summary(
        ["hmc"],
        q=entry(3.0, in_doubt=True, tau_int_at_least=1234.5, **nothing),
        m=entry(0.7, in_doubt=True, **nothing),
        u=entry(None, **nothing),
        v=entry(0.25, **nothing),
    )
    text = printed(monkeypatch, 80, "utf-8", lambda: print_summary(content))
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()[1:7]}
    assert rows["q"] == ["frozen", ">", "1.2e+03"]
    assert rows["m"] == ["in", "doubt"]
    assert rows["u"] == ["undefined"]
    assert rows["v"] == ["no", "error"]


def test_letters_that_a_stream_does_not_have():
    assert writable("τ(M²) = 1.2 × 10⁻⁸", "ascii") == "tau(M^2) = 1.2 x 10^-8"
    assert writable("mₚL of E1 … E5, ⟨φ²⟩ − ½", "ascii") == "m_pL of E1 ... E5, <phi^2> - 1/2"
    assert writable("τ(M²) × 3", "latin-1") == "tau(M²) × 3"
    assert writable("τ(M²)", "utf-8") == "τ(M²)"
    assert writable("☃ Å", "ascii") == "? A"


def test_what_is_said_on_a_stream_without_unicode(monkeypatch):
    text = printed(monkeypatch, 20, "ascii", lambda: say("τ of L/ξ = 4: " + "long " * 20))
    assert text == "tau of L/xi = 4: " + "long " * 20 + "\n"
    text = printed(monkeypatch, 20, "ascii", lambda: say_json('{"title": "τ − 1"}'))
    assert text.isascii() and json.loads(text) == {"title": "τ − 1"}


def test_columns_are_aligned(monkeypatch):
    names, numbers = Column("who", ("a", "longer"), is_text=True), Column("τ", ("1", "100"))
    text = printed(monkeypatch, 40, "utf-8", lambda: say_columns([names], [[numbers]]))
    assert text.splitlines() == ["who       τ", "a         1", "longer  100"]


def test_chains_whose_observables_have_no_results_have_no_table(monkeypatch):
    """As where the only observable has vectors."""
    content = summary(["hmc"])
    content["chains"]["hmc"]["observables"].clear()
    text = printed(monkeypatch, 80, "utf-8", lambda: print_summary(content))
    assert text.splitlines() == ["hmc: 4 x 100 samples in 1.0 s, acceptance 0.900"]


def test_compiling_has_a_time_of_its_own(monkeypatch):
    content = summary(["hmc"])
    content["chains"]["hmc"] |= {"cpu_seconds": 1.5, "compiling_seconds": 20.0}
    content["chains"]["hmc"]["observables"].clear()
    text = printed(monkeypatch, 80, "utf-8", lambda: print_summary(content))
    line = "hmc: 4 x 100 samples in 1.0 s (CPU 1.5 s) and 20.0 s of compiling, acceptance 0.900"
    assert text.splitlines() == [line]
