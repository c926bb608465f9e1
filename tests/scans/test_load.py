"""From files, lines and overrides to settings; mistakes are named by their key."""

import pytest

from latflow.errors import ConfigError
from latflow.runs import slow_series_of
from latflow.scans import line_description, line_names, load_scan, read_line, scan_from
from latflow.scans._point import points_of

ENSEMBLE = {"name": "A", "theory": {"kind": "phi4", "shape": [4, 4], "beta": 0.5, "lam": 0.5}}


@pytest.mark.parametrize("line", line_names())
def test_every_line_has_ensembles_that_every_kernel_can_sample(line):
    settings = load_scan(line)
    assert [kernel["name"] for kernel in settings.kernels] == [
        "hmc", "fourier-hmc", "metropolis", "cluster",
    ]  # fmt: skip
    extents = [max(ensemble.theory["shape"]) for ensemble in settings.ensembles]
    assert extents == sorted(set(extents)) and len(extents) >= 5
    for point in points_of(settings)[:4]:
        point.check()


def test_a_line_is_a_scan_with_everything_written_out():
    large = read_line("aks-large")
    assert [block["name"] for block in large["ensembles"]] == [
        "E1", "E2", "E3", "E4", "E5", "L32", "L64",
    ]  # fmt: skip
    assert large["kernels"] == read_line("aks")["kernels"]
    assert "arXiv:1904.12072" in line_description("aks")
    with pytest.raises(ConfigError, match="allowed: aks"):
        read_line("nowhere")


def test_settings_of_lines_go_with_the_extent():
    for ensemble in (*read_line("aks-large")["ensembles"], *read_line("hopping")["ensembles"]):
        extent = ensemble["theory"]["shape"][0]
        fourier = ensemble["defaults"]["fourier-hmc"]
        assert fourier["mass2"] == round((4 / extent) ** 2, 4)
        steps = 10 if extent <= 20 else 20
        assert fourier["steps"] == ensemble["defaults"]["hmc"]["steps"] == steps


def test_lines_have_the_published_couplings():
    aks = {e.name: e.theory["lam"] for e in load_scan("aks-large").ensembles}
    assert aks == {
        "E1": 6.975, "E2": 6.008, "E3": 5.550, "E4": 5.276, "E5": 5.113, "L32": 4.572, "L64": 4.398,
    }  # fmt: skip
    hopping = {e.name: e.theory["beta"] for e in load_scan("hopping").ensembles}
    assert hopping == {"L6": 0.537, "L8": 0.576, "L12": 0.616, "L16": 0.634, "L20": 0.645}


def test_quick_kernels_overrides_and_seed():
    settings = load_scan(
        "hopping",
        ["kernels.hmc.steps=20", "max_steps=1000"],
        kernels=["hmc", "independence"],
        quick=True,
        seed=7,
    )
    assert settings.target_error == 0.08
    assert settings.seed == 7 and settings.max_steps == 1000
    assert settings.kernels[0]["steps"] == 20
    assert settings.kernels[1] == {"name": "independence", "kernel": "independence"}


def test_a_file_may_extend_a_line(tmp_path):
    path = tmp_path / "scan.toml"
    path.write_text(
        'line = "aks"\n[[ensembles]]\nname = "E6"\n'
        'theory = { kind = "phi4", convention = "aks", shape = [16, 16], m2 = -4.0, lam = 5.0 }\n'
        '[[kernels]]\nkernel = "hmc"\n'
    )
    settings = load_scan(path)
    assert [e.name for e in settings.ensembles] == ["E1", "E2", "E3", "E4", "E5", "E6"]
    assert [kernel["name"] for kernel in settings.kernels] == ["hmc"]


def test_defaults_of_an_ensemble_fill_what_a_kernel_leaves_open():
    ensemble = {**ENSEMBLE, "defaults": {"hmc": {"steps": 7, "trajectory": 2.0}}}
    kernels = [{"kernel": "hmc", "trajectory": 0.5}, {"kernel": "metropolis"}]
    settings = scan_from({"ensembles": [ensemble], "kernels": kernels})
    hmc, metropolis = (point.pilot.chains[0] for point in points_of(settings))
    assert (hmc.kernel, hmc.steps, hmc.trajectory) == ("hmc", 7, 0.5)
    assert metropolis.kernel == "metropolis"


@pytest.mark.parametrize(("kernel", "warm_up"), [("independence", 200), ("flow-hmc", 2000)])
def test_an_ensemble_may_bring_the_model_of_a_kernel(kernel, warm_up):
    defaults = {"model": {"flow": [{"kind": "rescale"}]}, "training": {"steps": 3}}
    ensemble = {**ENSEMBLE, "defaults": {kernel: defaults}}
    kernels = [{"kernel": kernel}, {"kernel": "hmc"}]
    flow, hmc = points_of(scan_from({"ensembles": [ensemble], "kernels": kernels}))
    assert flow.uses_model and not hmc.uses_model
    flow.check()
    # No pilot, for which a flow would have to be trained; chains start from a draw of the model.
    lengths = flow.fixed_lengths
    assert lengths is not None and (lengths.warm_up, lengths.thin) == (warm_up, 1)
    config = flow.config(lengths)
    assert config.training.steps == 3 and config.chains[0].start == "auto"
    assert hmc.config(lengths).training is None and hmc.fixed_lengths is None


def test_what_is_measured_is_the_same_in_all_runs():
    block = {"measure": ["action"]}
    settings = scan_from(
        {"ensembles": [ENSEMBLE], "kernels": [{"kernel": "hmc"}], "observables": block}
    )
    (point,) = points_of(settings)
    point.check()
    assert list(slow_series_of(point.pilot)) == ["action"]
    (usual,) = points_of(scan_from({"ensembles": [ENSEMBLE], "kernels": [{"kernel": "hmc"}]}))
    assert list(slow_series_of(usual.pilot)) == ["m", "chi2", "ising_energy"]


def test_large_fields_have_fewer_chains():
    ensembles = [
        {"name": f"L{n}", "theory": {**ENSEMBLE["theory"], "shape": [n, n]}} for n in (16, 40, 128)
    ]
    settings = scan_from({"ensembles": ensembles, "kernels": [{"kernel": "hmc"}]})
    chains = [point.pilot.chains[0].n_chains for point in points_of(settings)]
    assert chains == [64, 65536 // 1600, 16]


def test_no_two_points_share_random_numbers():
    names = [point.chain_name for point in points_of(load_scan("aks"))]
    assert len(set(names)) == len(names) == 20


@pytest.mark.parametrize(
    ("raw", "key", "says"),
    [
        ({}, "", "nothing to do"),
        ({"ensembles": [ENSEMBLE]}, "", "give [[kernels]]"),
        ({"line": "nowhere"}, "line", "allowed: aks"),
        ({"line": "aks", "target": 0.1}, "target", "did you mean target_error"),
        ({"line": "aks", "target_error": 2.0}, "target_error", "less than 1"),
        ({"line": "aks", "seed": "one"}, "seed", "integer"),
        ({"line": "aks", "kernels": 3}, "kernels", "[[kernels]]"),
        ({"line": "aks", "kernels": [{}]}, "kernels.0.kernel", "missing; allowed: hmc"),
        ({"line": "aks", "kernels": [{"kernel": "magic"}]}, "kernels.0.kernel", '"magic"'),
        (
            {"line": "aks", "kernels": [{"kernel": "hmc"}] * 2},
            "",
            'two [[kernels]] are called "hmc"',
        ),
        ({"ensembles": [{"name": "A"}]}, "ensembles.A.theory", "missing"),
        ({"ensembles": [{**ENSEMBLE, "x": 1}]}, "ensembles.A.x", "allowed: name, theory"),
    ],
)
def test_mistakes_in_the_settings(raw, key, says):
    with pytest.raises(ConfigError) as caught:
        scan_from(raw)
    assert caught.value.key == key
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("ensemble", "kernel", "key"),
    [
        ({"lam": -1.0}, {}, "ensembles.A.theory.lam"),
        ({"betta": 0.1}, {}, "ensembles.A.theory.betta"),
        ({"shape": "wide"}, {}, "ensembles.A.theory.shape"),
        ({"shape": 8}, {}, "ensembles.A.theory.shape"),
        ({}, {"segment": "long"}, "kernels.hmc.segment"),
        ({}, {"steps": 0}, "kernels.hmc.steps"),
        ({}, {"stepz": 3}, "kernels.hmc.stepz"),
        ({}, {"n_chains": 0}, "kernels.hmc.n_chains"),
        ({"shape": [3, 3]}, {"kernel": "metropolis"}, "ensembles.A.theory.shape"),
        ({}, {"kernel": "independence"}, "kernels.hmc.kernel"),
    ],
)
def test_mistakes_in_a_theory_or_kernel_are_found_before_anything_is_run(ensemble, kernel, key):
    settings = scan_from(
        {
            "ensembles": [{**ENSEMBLE, "theory": {**ENSEMBLE["theory"], **ensemble}}],
            "kernels": [{"name": "hmc", "kernel": "hmc", **kernel}],
        }
    )
    with pytest.raises(ConfigError) as caught:
        for point in points_of(settings):
            point.check()
    assert caught.value.key == key


@pytest.mark.parametrize("source", ["nowhere", "nowhere.toml"])
def test_sources_that_are_not_there(source):
    with pytest.raises(ConfigError, match="lines are aks"):
        load_scan(source)


def test_a_file_that_is_not_toml(tmp_path):
    path = tmp_path / "scan.toml"
    path.write_text("line = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_scan(path)
