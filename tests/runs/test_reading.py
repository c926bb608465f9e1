"""Files that somebody else wrote: any bytes, one line."""

import codecs
import os
import threading

import pytest

from latflow.errors import ConfigError, LatflowError, one_line, shown
from latflow.runs import config_from, load_config, parse_value, read_toml

SOUND = 'title = "Größe"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_and_without_a_mark(tmp_path, encoding):
    path = tmp_path / "it.toml"
    path.write_bytes(SOUND.encode(encoding))
    assert read_toml(path) == {"title": "Größe"}


@pytest.mark.parametrize(
    "content",
    [
        SOUND.encode("utf-16"),
        SOUND.encode("utf-16-le"),
        SOUND.encode("utf-16-be"),
        SOUND.encode("utf-32"),
        SOUND.encode("utf-32-be"),
        SOUND.encode("latin-1"),
        codecs.BOM_UTF16_LE,
    ],
)
def test_other_encodings_are_named(tmp_path, content):
    path = tmp_path / "it.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        read_toml(path)
    assert "it.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 1500, "brackets"),
        ("a = " + "[" * 30 + "]" * 30, "deep"),
        (".".join("a" * 40) + " = 1", "deep"),
        ("a = " + "9" * 5000, "digits"),
        ("a = 0x" + "f" * 5000, "digits"),
        ('a = "' + "x" * 6000 + '"', "characters"),
        ("x" * 300 + " = 1", "characters"),
        ("a = [" + "1," * 30_000 + "]", "values"),
        ("#" * 2**21, "larger"),
    ],
)
def test_what_is_larger_than_any_configuration(tmp_path, text, words):
    path = tmp_path / "it.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        load_config(path)
    assert len(str(caught.value)) < 500


def test_a_file_without_end():
    with pytest.raises(ConfigError, match="larger"):
        load_config("/dev/zero")


def test_a_pipe(tmp_path):
    """As of ``latflow validate <(...)``."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text(SOUND, "utf-8"))
    writer.start()
    assert read_toml(path) == {"title": "Größe"}
    writer.join()


def test_one_line_of_anything():
    assert one_line("a\nb\t c") == "a b c"
    assert one_line("\x1b[31m\x07\x00\u202e\udce9") == r"\x1b[31m\x07\x00\u202e\udce9"
    assert len(one_line("x" * 10**7)) == 1500
    assert shown("a" * 1000).startswith('"aaa')
    assert len(shown("a" * 1000)) <= 80
    assert len(shown([1] * 10**6)) <= 80
    assert "\n" not in str(LatflowError("a\nb"))


def test_keys_of_strangers_are_not_printed_raw():
    with pytest.raises(ConfigError) as caught:
        config_from({"\x1b[31mred\x07\n" + "x" * 150: 1})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/abs", "/abs"),
        ("~/x", "~/x"),
        ("C:\\x", "C:\\x"),
        ("runs/a b", "runs/a b"),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.25", -0.25),
        ("1.e3", 1000.0),
        ("1e3", 1000.0),
        ("[4, 4]", [4, 4]),
        ('"1"', "1"),
        ("true", True),
    ],
)
def test_values_of_changes(text, value):
    assert parse_value("key", text) == value
    assert type(parse_value("key", text)) is type(value)


@pytest.mark.parametrize("text", ["", "1\nfoo=2", "a\rb", "[1", '"a', "{", "[" * 1500, "9" * 5000])
def test_what_is_no_value(text):
    with pytest.raises(ConfigError, match="key"):
        parse_value("key", text)
