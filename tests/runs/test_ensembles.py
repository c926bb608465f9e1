"""What a finished run's ensembles are good for: configurations made again, derivatives."""

import shutil

import numpy as np
import pytest

from latflow.errors import ConfigError, DamagedFileError, RunFolderError
from latflow.reports import figure_names
from latflow.runs import (
    RunFolder,
    ask_for_more,
    compare_with_stored,
    config_from,
    derivative_content,
    derivatives,
    ensemble_of,
    finite,
    keep_derivative,
    kept_derivatives,
    read_ensemble,
    resolve,
    verify,
    write_ensemble,
)
from latflow.sampling import held_steps


@pytest.fixture(scope="module")
def ensemble(finished):
    return ensemble_of(finished[0], "flow")


def test_what_a_chain_holds():
    accepted = np.array([[False, True, False, True], [False, False, True, False]])
    assert held_steps(accepted).tolist() == [[-1, 1, 1, 3], [-1, -1, 2, 2]]


def test_stored_configurations_are_made_again_to_the_last_bit(finished, ensemble):
    data = finished[0].chain("flow")
    assert compare_with_stored(finished[0], ensemble) == (data.n_chains * data.n_kept, 0)
    again = ensemble.configurations(slice(19, None, 20))["field"]
    assert again.dtype == data.configurations["field"].dtype
    assert np.array_equal(again, data.configurations["field"])


def test_measurements_of_all_samples_are_those_of_the_chain(finished, ensemble):
    """Also of those that nobody stored, and of rejected proposals: what was held."""
    fields = ensemble.configurations(slice(None))["field"]
    recorded = finished[0].chain("flow").measurements["phi2"]
    assert fields.shape[:2] == recorded.shape
    assert np.allclose((fields**2).mean(axis=(2, 3)), recorded, rtol=1e-12)


def test_a_small_file_holds_the_ensemble(finished, ensemble, tmp_path):
    path = tmp_path / "ensemble.h5"
    write_ensemble(path, ensemble)
    assert path.stat().st_size < 20_000
    again = read_ensemble(path)
    assert again.config == finished[0].config() and again.chain == "flow"
    assert np.array_equal(again.accepted, ensemble.accepted)
    wanted = slice(3, None, 7)
    assert np.array_equal(
        again.configurations(wanted)["field"], ensemble.configurations(wanted)["field"]
    )
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(RunFolderError, match="regenerate RUN --pack FILE"):
        read_ensemble(path)


def test_a_proposal_that_was_not_accepted_is_not_made(finished, ensemble):
    """A wrong bit is seen."""
    flipped = ensemble.accepted.copy()
    step = int(np.flatnonzero(flipped[0])[-1])
    flipped[0, step:] = False
    changed = type(ensemble)(
        ensemble.config, ensemble.chain, ensemble.model, ensemble.first, flipped
    )
    same, different = compare_with_stored(finished[0], changed)
    assert different >= 1 and same + different == 8


def test_what_cannot_be_made_again_is_refused(finished):
    with pytest.raises(ConfigError, match="no chain is called"):
        ensemble_of(finished[0], "nothing")
    with pytest.raises(ConfigError, match="only chains of independence Metropolis"):
        ensemble_of(finished[0], "hmc")


def test_derivatives_of_a_run(finished):
    """From few configurations, for which the correlators are written out; refusals."""
    (found,) = derivatives(finished[0], "lam", ["hmc"])
    assert found.chain == "hmc" and found.n_configurations == 24
    assert {"phi2", "m", "action"} <= set(found.recorded)
    # Too few for controls.
    assert found.log_z.improved is found.log_z.plain
    run = resolve(finished[0])
    phi4, phi2 = (run.chain("hmc").measurements[name] for name in ("phi4", "phi2"))
    # Hopping form: S has (1 - 2 lambda) phi^2 + lambda phi^4.
    slope = 16 * (phi4 - 2 * phi2)[:, 9::10]
    assert found.log_z.plain.value == pytest.approx(-slope.mean(), rel=1e-9)
    assert found.recorded["phi2"].plain.value == pytest.approx(
        -np.mean(phi2[:, 9::10] * slope) + phi2[:, 9::10].mean() * slope.mean(), rel=1e-6
    )
    with pytest.raises(ConfigError, match="no coupling of this theory"):
        derivatives(finished[0], "mass")
    with pytest.raises(ConfigError, match="no chain is called"):
        derivatives(finished[0], "lam", ["nothing"])


def test_derivatives_stay_with_a_run_as_it_is(finished, tmp_path):
    """In its report and under its checks, until it has more samples."""
    folder = RunFolder(shutil.copytree(finished[0].path, tmp_path / "run"))
    content = derivative_content("lam", None, derivatives(folder, "lam", ["hmc"]))
    assert content["chains"]["hmc"]["log_z"]["variance_ratio"] == 1
    assert kept_derivatives(folder) == [] and "derivatives" not in figure_names(folder)
    path = keep_derivative(folder, content)
    (kept,) = kept_derivatives(folder)
    assert kept["chains"]["hmc"]["recorded"] == finite(content["chains"]["hmc"]["recorded"])
    assert "derivatives" in figure_names(folder)
    assert not any(check.status == "failed" for check in verify(folder))
    ask_for_more(folder, 100)
    assert kept_derivatives(folder) == []
    path.write_text(path.read_text().replace("lam", "Lam"))
    with pytest.raises(DamagedFileError, match="--coupling lam --keep"):
        kept_derivatives(folder)


def test_thinned_chains_are_refused(finished, monkeypatch):
    run = resolve(finished[0])
    content = run.config.resolved()
    content["chains"][0]["thin"] = 2
    object.__setattr__(run, "config", config_from(content))
    with pytest.raises((ConfigError, RunFolderError)):
        ensemble_of(run, "flow")
