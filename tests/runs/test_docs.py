"""Documentation that is made from the package is up to date."""

from pathlib import Path

from latflow.runs import config_reference

DOCS = Path(__file__).parents[2] / "docs"


def test_config_reference_is_up_to_date():
    stale = "docs/config.md is out of date: python docs/generate_config.py"
    assert (DOCS / "config.md").read_text(encoding="utf-8") == config_reference(), stale
