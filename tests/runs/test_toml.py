"""The TOML writer: what it writes reads back as it was."""

import tomllib

import pytest

from latflow.runs import to_toml

CONTENT = {
    "number": 3,
    "small": 1e-300,
    "large": 1e22,
    "tenth": 0.1,
    "yes": True,
    "text": 'quotes " back\\slash \t tab\nline ü \x7f',
    "empty": [],
    "list": [1, 2],
    "nested": [[1, 2], [3.5]],
    "a key": 1,
    "table": {"inner": {"deep": "x"}, "value": 2},
    "blocks": [{"name": "a", "sub": {"k": 1}}, {"name": "b", "list": [{"z": 1}]}],
}


def test_round_trip():
    assert tomllib.loads(to_toml(CONTENT)) == CONTENT


def test_none_is_left_out():
    assert tomllib.loads(to_toml({"a": None, "b": {"c": None, "d": 1}})) == {"b": {"d": 1}}


def test_comments_stand_above_their_key():
    remarks = {("table",): "about\nit", ("table", "value"): "two"}
    text = to_toml({"table": {"value": 2}}, remarks.get)
    assert text == "# about\n# it\n[table]\n# two\nvalue = 2\n"
    assert tomllib.loads(text) == {"table": {"value": 2}}


def test_what_toml_has_not_is_refused():
    with pytest.raises(TypeError, match="no complex"):
        to_toml({"z": 1j})
