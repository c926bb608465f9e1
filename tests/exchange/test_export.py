"""Exports open in the programs that they are for, with the same means, errors and times."""

import csv
import gzip
import json
import math
import re
import sys
import warnings

import h5py
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.cli._errors import run_command
from latflow.errors import ConfigError, ForeignFileError
from latflow.exchange import SERIES_FORMATS, export, export_names, read_configuration

from . import independent as by_hand


@pytest.fixture
def exported(scalar_run, tmp_path):
    """Export the scalar run."""
    suffixes = {form.name: form.suffix for form in SERIES_FORMATS}

    def write(form, **options):
        return export(scalar_run, form, tmp_path / f"file{suffixes[form]}", **options)

    return write


def test_hdf5_has_names_units_axes_and_results(scalar_run, exported):
    chain, summary = scalar_run.chain("hmc"), scalar_run.summary()["chains"]["hmc"]
    with h5py.File(exported("hdf5", configurations=True)) as file:
        assert set(file["chains"]) == {"hmc", "local"}
        for name, series in chain.measurements.items():
            stored = file[f"chains/hmc/measurements/{name}"]
            np.testing.assert_array_equal(stored[()], series)
            assert stored.attrs["axes"] == "replica, sample"
            assert stored.attrs["units"].startswith("lattice units")
        assert file["chains/hmc/measurements/m"].attrs["words"] == "magnetisation"
        np.testing.assert_array_equal(
            file["chains/hmc/configurations/field"][()], chain.configurations["field"]
        )
        assert file["chains/hmc/configurations/field"].attrs["every_samples"] == 250
        for quantity, entry in summary["observables"].items():
            found = file[f"chains/hmc/results/{quantity}"].attrs
            for number in ("value", "error", "tau_int", "tau_int_error"):
                wanted = math.nan if entry[number] is None else entry[number]
                np.testing.assert_equal(found[number], wanted)
        assert json.loads(file.attrs["theory"])["kind"] == "phi4"


def test_npz_is_read_without_pickle(scalar_run, exported):
    chain, entry = scalar_run.chain("hmc"), scalar_run.summary()["chains"]["hmc"]["observables"]
    with np.load(exported("npz"), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["chains/hmc/measurements/m"], chain.measurements["m"])
        np.testing.assert_array_equal(
            file["chains/hmc/infos/acceptance"], chain.infos["acceptance"]
        )
        assert file["chains/hmc/results/chi2"][1] == entry["chi2"]["error"]
        assert json.loads(str(file["about"]))["seed"] == 5
        assert not any("configurations" in name for name in file)


def test_csv_keeps_every_digit(scalar_run, exported):
    path = exported("csv")
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 500 + 4 * 20
    for name in ("hmc", "local"):
        series = scalar_run.chain(name).measurements
        mine = [row for row in rows if row["chain"] == name]
        assert [int(row["replica"]) for row in mine] == sorted(int(r["replica"]) for r in mine)
        read = np.array([float(row["m"]) for row in mine])
        np.testing.assert_array_equal(read, series["m"].reshape(-1))
        array = next(key for key, value in series.items() if value.ndim == 3)
        read = np.array([float(row[f"{array}[1]"]) for row in mine])
        np.testing.assert_array_equal(read, series[array][..., 1].reshape(-1))


def test_pandas_reads_the_table(scalar_run, exported):
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(exported("csv"))
    mean = table[table.chain == "hmc"].m.mean()
    assert mean == pytest.approx(scalar_run.chain("hmc").measurements["m"].mean(), rel=1e-12)


def test_gvar_text(scalar_run, exported):
    content = json.loads(exported("gvar").read_text())
    observables = scalar_run.summary()["chains"]["hmc"]["observables"]
    with_error = {name for name, entry in observables.items() if entry["error"] is not None}
    assert {name for name in content if name.startswith("hmc/")} == {f"hmc/{n}" for n in with_error}
    for name in with_error:
        value, error = re.fullmatch(r"(\S+) \+- (\S+)", content[f"hmc/{name}"]).groups()
        assert float(value) == observables[name]["value"]
        assert float(error) == observables[name]["error"]


def test_pyerrors_document(scalar_run, exported):
    """The published layout, entry by entry, and the samples back to rounding."""
    document = json.loads(gzip.decompress(exported("pyerrors").read_bytes()))
    assert document["version"] == "1.1" and document["program"].startswith("latflow")
    found = set()
    for entry in document["obsdata"]:
        shape = [int(part) for part in entry["layout"].split(",")]
        size = math.prod(shape)
        assert entry["type"] == ("Obs" if entry["layout"] == "1" else "Array")
        assert len(entry["value"]) == len(entry["tag"]) == size
        name, _, series = entry["tag"][0].partition("/")
        wanted = scalar_run.chain(name).measurements[series]
        (ensemble,) = entry["data"]
        assert ensemble["id"] == name and len(ensemble["replica"]) == wanted.shape[0]
        for number, replica in enumerate(ensemble["replica"]):
            assert replica["name"] == f"{name}|r{number}"
            deltas = np.array(replica["deltas"])
            assert deltas[:, 0].tolist() == list(range(1, wanted.shape[1] + 1))
            back = deltas[:, 1:] + entry["value"]
            np.testing.assert_allclose(
                back, wanted[number].reshape(wanted.shape[1], -1), rtol=1e-12, atol=1e-13
            )
        found.add((name, series))
    assert ("hmc", "m") in found and ("local", "m") in found


def test_pyerrors_agrees(scalar_run, exported):
    """The samples come back: means, errors and times are the same to rounding.

    Its own errors are close at one window and from the same fluctuations: pyerrors takes these
    from the mean of each replicum and corrects the bias in another way, to order W / n. It knows
    no tau_int below one half: anticorrelated series are left out of that.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyerrors = pytest.importorskip("pyerrors")
        read = pyerrors.input.json.load_json(str(exported("pyerrors")), verbose=False)
        compared = 0
        for one in read:
            tag = np.ravel(one)[0].tag
            if not tag.startswith("hmc/"):
                continue
            series = scalar_run.chain("hmc").measurements[tag.removeprefix("hmc/")]
            columns = series.reshape(*series.shape[:2], -1)
            for k, obs in enumerate(np.ravel(one)):
                obs.gamma_method(S=1.5)
                if not obs.dvalue > 1e-12 * abs(obs.value):
                    continue
                window = int(obs.e_windowsize["hmc"])
                back = np.array([obs.deltas[r] + obs.r_values[r] for r in sorted(obs.names)])
                mine, again = gamma_method(columns[..., k]), gamma_method(back)
                for number in ("value", "error", "tau_int", "tau_int_error"):
                    assert getattr(again, number) == pytest.approx(getattr(mine, number), rel=1e-9)
                assert obs.value == pytest.approx(mine.value, rel=1e-12, abs=1e-13)
                centred = back - back.mean(axis=1, keepdims=True)
                close = gamma_method(centred, window=window)
                if close.tau_int > 0.6:
                    order = 0.01 + 2 * window / columns.shape[1]
                    assert obs.dvalue == pytest.approx(close.error, rel=order)
                    assert obs.e_tauint["hmc"] == pytest.approx(close.tau_int, rel=2 * order)
                    compared += 1
        assert compared > 3


def test_netcdf_opens_in_xarray_and_arviz(scalar_run, exported):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    path = exported("netcdf", names=["hmc"])
    chain = scalar_run.chain("hmc")
    with xarray.open_dataset(path, group="posterior", engine="h5netcdf") as posterior:
        assert posterior["m"].dims == ("chain", "draw")
        np.testing.assert_array_equal(posterior["m"].values, chain.measurements["m"])
        assert posterior["m"].attrs["long_name"] == "magnetisation"
        results = json.loads(posterior.attrs["results"])
        assert results["m"] == {
            key: scalar_run.summary()["chains"]["hmc"]["observables"]["m"][key]
            for key in ("value", "error", "tau_int", "tau_int_error")
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arviz = pytest.importorskip("arviz")
        data = arviz.from_netcdf(str(path), engine="h5netcdf")
        np.testing.assert_array_equal(data.posterior["m"].values, chain.measurements["m"])
        assert "acceptance" in data.sample_stats
        # Effective samples by a method of its own, against 2 tau_int.
        m2 = chain.measurements["m"] ** 2
        wanted = m2.size / (2 * gamma_method(m2).tau_int)
        found = float(arviz.ess(m2, method="mean"))
        assert found == pytest.approx(wanted, rel=0.3)


def test_netcdf_without_its_packages(scalar_run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    with pytest.raises(ConfigError, match=r"latflow\[export\]"):
        export(scalar_run, "netcdf", tmp_path / "x.nc", names=["hmc"])
    with pytest.raises(ConfigError, match="holds one chain"):
        export(scalar_run, "netcdf", tmp_path / "x.nc")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["nersc", "ildg"])
def test_a_stored_configuration(links_run, tmp_path, form):
    path = export(links_run, form, tmp_path / "one", configuration=1, replica=1)
    read, field = read_configuration(path), by_hand.random_field(seed=11)
    np.testing.assert_array_equal(read.links, by_hand.links_of(field))
    assert read.plaquette == pytest.approx(by_hand.plaquette(field), abs=1e-13)
    last = read_configuration(export(links_run, form, tmp_path / "last"))
    np.testing.assert_array_equal(last.links, by_hand.links_of(by_hand.random_field(seed=2)))


def test_what_cannot_be_exported(scalar_run, links_run, tmp_path):
    there = tmp_path / "there"
    there.write_text("mine")
    for error, words, run, form, path, options in (
        (ConfigError, "there are hdf5", scalar_run, "root", "new", {}),
        (ConfigError, "no chain", scalar_run, "csv", "new", {"names": ["x"]}),
        (ConfigError, "four dimensions", scalar_run, "ildg", "new", {"names": ["hmc"]}),
        (ConfigError, "metrics are those", scalar_run, "metrics", "new", {}),
        (ConfigError, "name one", scalar_run, "ildg", "new", {}),
        (ConfigError, "has 3, numbers", links_run, "ildg", "new", {"configuration": 3}),
        (ConfigError, "has 2, numbers", links_run, "nersc", "new", {"replica": -3}),
        (ForeignFileError, "is there already", scalar_run, "csv", "there", {}),
        (ForeignFileError, "folder is not there", scalar_run, "csv", "no/new", {}),
    ):
        with pytest.raises(error, match=words):
            export(run, form, tmp_path / path, **options)
    assert there.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [there]


def test_commands(links_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("latflow.runs.RunFolder", type(links_run))
    path = str(links_run.path)
    assert run_command(["export", path, "--format", "ildg"]) == 0
    assert capsys.readouterr().out.split() == ["links.ildg"]
    assert run_command(["configuration", "links.ildg"]) == 0
    said = capsys.readouterr().out
    assert "SU(3)" in said and "2 x 3 x 1 x 4" in said and "verified" in said
    assert run_command(["configuration", "links.ildg", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["group"] == "SU(3)"
    convert = ["configuration", "links.ildg", "--format", "nersc", "--out", "links.nersc"]
    assert run_command(convert) == 0
    one, other = read_configuration("links.ildg"), read_configuration("links.nersc")
    np.testing.assert_array_equal(one.links, other.links)
    for wrong in (convert, [*convert[:3], "root", "-o", "new"], convert[:4]):
        capsys.readouterr()
        assert run_command(wrong) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert run_command(["export", path, "--format", "ildg"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run_command(["configuration", "nothing"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run_command(["export", "--help"]) == 0
    words = capsys.readouterr().out
    assert all(name in words for name in export_names())
