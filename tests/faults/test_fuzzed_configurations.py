"""Whatever a configuration says: it is taken, or refused in one line that names the key."""

import copy
import shlex
import string
import tomllib
import unicodedata

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from latflow.errors import ConfigError, LatflowError
from latflow.runs import config_from, load_config

from .configurations import CLASSICAL_KERNELS, FAMILIES, FINE, MODEL_KERNELS, STAGES_AND_POOLS
from .processes import fresh_process

FAST, LONG = 400, 6000
fuzzed = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
SOUND = [tomllib.loads(text) for text in (CLASSICAL_KERNELS, MODEL_KERNELS, STAGES_AND_POOLS, FINE)]

numbers = st.one_of(
    st.sampled_from([0, -1, 1, 2, 3, 4, 2**31, 2**32, 2**63, 2**64, -(2**63), 10**30, 10**400]),
    st.sampled_from([0.0, -0.0, 1e-320, 1e308, -1e308, float("inf"), float("-inf"), float("nan")]),
    st.floats(),
    st.integers(-10, 100),
)
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "hmc", "phi4", "a" * 300, "../..", "/dev/zero", "\x00", "\x1b[31m", "ü"]),
)
values = st.recursive(
    st.one_of(numbers, texts, st.booleans(), st.dates(), st.datetimes()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places_in(raw, path=()):
    """All paths to values of nested blocks and lists."""
    yield path
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if type(raw) is list else ()
    for key, value in items:
        yield from places_in(value, (*path, key))


@st.composite
def changed(draw):
    """A sound configuration with a few values replaced, removed, doubled, or added."""
    raw = copy.deepcopy(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path in places_in(raw) if path]))
        block = raw
        for part in path[:-1]:
            block = block[part]
        what = draw(st.sampled_from(["replace", "remove", "add", "other"]))
        if what == "remove":
            del block[path[-1]]
        elif what == "replace":
            block[path[-1]] = draw(values)
        elif what == "other":
            block[path[-1]] = copy.deepcopy(draw(st.sampled_from([raw, block, block[path[-1]]])))
        elif isinstance(block, dict):
            block[draw(st.text(max_size=12))] = draw(values)
        else:
            block.append(draw(values))
    return raw


def check_one_line(error: LatflowError) -> None:
    """One line of modest length for people."""
    assert "\n" not in str(error)
    assert 0 < len(str(error)) < 2000
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in str(error)), repr(str(error))


def check_configuration(raw):
    try:
        config = config_from(raw)
    except LatflowError as error:
        check_one_line(error)
        return
    # What is accepted is complete, and means the same when it is written down and read again.
    assert config_from(config.resolved()) == config


@settings(fuzzed, max_examples=FAST)
@given(changed())
def test_changed_configurations(raw):
    check_configuration(raw)


@pytest.mark.slow
@settings(fuzzed, max_examples=LONG)
@given(changed())
def test_changed_configurations_many_times(raw):
    check_configuration(raw)


@settings(fuzzed, max_examples=FAST)
@given(st.dictionaries(st.sampled_from(["seed", "theory", "model", "training", "chains"]), values))
def test_configurations_of_anything(raw):
    check_configuration(raw)


toml_pieces = st.lists(
    st.one_of(
        st.sampled_from(
            ["seed", "=", "1", "\n", "[theory]", "[[chains]]", "kind", '"phi4"', "{", "}", "[", "]",
             ",", ".", "'", '"""', "#", "\t", "\r\n", "\x00", "nan", "1e999", "0x", "9" * 5000,
             "[" * 1500, "{a=" * 500, "a." * 2000, "\ufeff", "1979-05-27"]
        ),
        st.text(alphabet=string.printable, max_size=8),
    ),
    max_size=12,
)  # fmt: skip


def check_text(content: bytes, folder):
    path = folder / "it.toml"
    path.write_bytes(content)
    try:
        load_config(path)
    except LatflowError as error:
        check_one_line(error)
        assert "it.toml" in str(error) or isinstance(error, ConfigError)


@settings(fuzzed, max_examples=FAST)
@given(toml_pieces)
def test_texts_that_are_hardly_toml(tmp_path_factory, pieces):
    text = " ".join(pieces)
    check_text(text.encode(errors="surrogatepass"), tmp_path_factory.getbasetemp())


@settings(fuzzed, max_examples=FAST)
@given(st.binary(max_size=40), st.integers(0, 800), st.integers(0, 20))
def test_damaged_texts(tmp_path_factory, piece, place, length):
    content = CLASSICAL_KERNELS.encode()
    content = content[:place] + piece + content[place + length :]
    check_text(content, tmp_path_factory.getbasetemp())


overrides = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}={}".format,
        st.sampled_from(
            ["seed", "theory.beta", "theory.shape", "chains.hmc.steps", "chains.0.steps",
             "chains.9", "theory", "chains", "model.flow.0", "..", "a.b.c", "chains.hmc",
             "theory.kind.x"]
        ),
        st.one_of(
            st.sampled_from(
                ["1", "1.", ".5", "[4,4]", "x", "", '"', "[" * 1500, "9" * 5000, "1\nfoo=2", "{}",
                 "nan", "1e999", "/abs", "./x", "~/x", "C:\\x", "[[1]]", "true"]
            ),
            st.text(max_size=10),
        ),
    ),
)  # fmt: skip


def check_overrides(changes, folder):
    path = folder / "sound.toml"
    path.write_text(CLASSICAL_KERNELS, "utf-8")
    try:
        load_config(path, changes)
    except LatflowError as error:
        check_one_line(error)


@settings(fuzzed, max_examples=FAST)
@given(st.lists(overrides, min_size=1, max_size=3))
def test_overrides(tmp_path_factory, changes):
    check_overrides(changes, tmp_path_factory.getbasetemp())


@pytest.mark.slow
@settings(fuzzed, max_examples=LONG)
@given(st.lists(overrides, min_size=1, max_size=3))
def test_overrides_many_times(tmp_path_factory, changes):
    check_overrides(changes, tmp_path_factory.getbasetemp())


MODEST = {"RLIMIT_AS": 16 * 2**30}
ABSURD = {
    "layers": ("model-kernels", "model.flow.0.layers=1000000000"),
    "chains": ("hmc", "chains.hmc.n_chains=1000000000000"),
    "shape": ("hmc", "theory.shape=[1000000,1000000]"),
    "dimensions": ("hmc", f"theory.shape={[2] * 100}"),
    "many digits": ("hmc", f"theory.beta={'9' * 5000}"),
    "integer": ("hmc", f"seed={'9' * 400}"),
    "hidden": ("model", "model.flow.0.net.hidden=[1000000000]"),
    "batch": ("model", "training.batch=1000000000000"),
    "pool": ("stages-and-pools", "model.prior.pool=1000000000000"),
    "evaluation": ("model", "training.evaluation_samples=1000000000000000"),
    "name": ("hmc", f"chains.hmc.name={'a' * 300}"),
    "brackets": ("hmc", f"seed={'[' * 1500}"),
    "second line": ("hmc", "seed=1\nfoo=2"),
    "infinite": ("hmc", "theory.beta=inf"),
    "not a number": ("hmc", "theory.lam=nan"),
}


@pytest.mark.parametrize(
    # The pool needs a run of many parts that no other quick test has.
    "what",
    [pytest.param(what, marks=pytest.mark.slow) if what == "pool" else what for what in ABSURD],
)
def test_absurd_sizes_are_refused_before_anything_is_done(what, latflow, tmp_path):
    family, change = ABSURD[what]
    (tmp_path / "it.toml").write_text(FAMILIES[family], "utf-8")
    ended = latflow("run", "it.toml", "--out", "it", "--set", change, limits=MODEST, patience=30.0)
    assert ended.code == 2
    key = change.partition("=")[0]
    assert key.rpartition(".")[2] in ended.err or "--set" in ended.err
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize("name", ["theory.beta", "chains.hmc.name"])
def test_brackets_in_a_file(name, latflow, tmp_path):
    (tmp_path / "it.toml").write_text(f"{name} = {'[' * 1500}", "utf-8")
    assert latflow("validate", "it.toml").code == 2


PATHS = ["/abs/x", "./x", "../x", "~/x", "C:\\x", "runs/a b", "x-1.y", ".hidden"]


@pytest.mark.parametrize("path", PATHS)
def test_paths_need_no_quotes(path, latflow, tmp_path):
    (tmp_path / "it.toml").write_text(FAMILIES["model"], "utf-8")
    ended = latflow("run", "it.toml", "--out", "it", "--set", f"model.initial={path}")
    assert ended.code == 2
    assert "not a run folder" in ended.err


@pytest.mark.parametrize(("value", "number"), [(".5", "0.5"), ("1.", "1"), ("-.25", "-0.25")])
def test_numbers_as_people_write_them(value, number, latflow, tmp_path):
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    key = "theory.beta"
    assert latflow("validate", "it.toml", "--set", f"{key}={value}").code == 0
    config = load_config(tmp_path / "it.toml", [f"{key}={value}"])
    assert config.resolved()["theory"]["beta"] == float(number)


@pytest.mark.parametrize(
    ("encoding", "code"), [("utf-8-sig", 0), ("utf-16", 2), ("utf-16-le", 2), ("utf-32", 2)]
)
def test_other_encodings(encoding, code, latflow, tmp_path):
    text = "# Größe\n" + FAMILIES["hmc"]
    (tmp_path / "it.toml").write_bytes(text.encode(encoding))
    ended = latflow("validate", "it.toml")
    assert ended.code == code, ended.err
    assert code == 0 or "UTF-8" in ended.err


def test_defaults_fit_what_the_user_sets(latflow, tmp_path):
    """Setting one key does not make the default of another wrong."""
    text = (
        '[theory]\nkind = "phi4"\nshape = [4, 4]\nbeta = 0.3\nlam = 0.5\n'
        '[[chains]]\nname = "hmc"\nkernel = "hmc"\nsegment = 20\n'
    )
    (tmp_path / "it.toml").write_text(text, "utf-8")
    ended = latflow("validate", "it.toml")
    assert ended.code == 0, ended.err


def test_a_model_that_compiles_for_minutes_is_announced(latflow, tmp_path):
    (tmp_path / "it.toml").write_text(FAMILIES["model"], "utf-8")
    ended = latflow("validate", "it.toml", "--set", "model.flow.0.layers=64")
    assert "compil" in ended.said


@pytest.mark.slow
@settings(fuzzed, max_examples=300)
@given(st.sampled_from(["validate", "run", "train", "scan", "init", "reproduce", "resume"]),
       st.lists(st.one_of(overrides, st.text(max_size=10)), max_size=4))  # fmt: skip
def test_command_lines(server, tmp_path_factory, command, words):
    """Any words after a command: nothing but one line."""
    folder = tmp_path_factory.mktemp("words")
    arguments = [word.replace("\x00", "") for word in words]
    ended = server.run(command, "nothing.toml", *arguments, cwd=folder)
    ended.check()
    assert ended.code in (0, 2), shlex.join([command, *arguments])


@pytest.mark.slow
def test_command_lines_with_bytes(tmp_path):
    """Names of files that are not UTF-8."""
    name = b"caf\xe9.toml".decode(errors="surrogateescape")
    (tmp_path / name).write_text(FAMILIES["hmc"], "utf-8")
    ended = fresh_process("run", name, "--out", name[:-5], "-q", cwd=tmp_path).check()
    assert ended.code == 0, ended.err
