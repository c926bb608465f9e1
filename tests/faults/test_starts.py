"""How chains begin; that all kernels equilibrate is in ``tests/sampling/test_warm_up.py``."""

import json
import shutil

THEORY = """
kind = "phi4"
convention = "hopping"
shape = [8, 8]
beta = 0.537
lam = 0.5
"""


def run(latflow, tmp_path, more=""):
    text = f'seed = 3\n[theory]\n{THEORY}\n[[chains]]\nname = "it"\nkernel = "hmc"\n{more}\n'
    (tmp_path / "it.toml").write_text(text, "utf-8")
    assert latflow("sample", "it.toml", "--out", "it", "-q").code == 0
    assert latflow("measure", "it", "-q").code == 0
    return json.loads((tmp_path / "it" / "summary.json").read_text("utf-8"))["chains"]["it"]


def test_a_short_warm_up_is_as_long_as_it_says(latflow, tmp_path):
    """``warm_up = 3`` is three transitions, not ten."""
    small = "n_samples = 20\nn_chains = 2\nsegment = 20\nconfigurations_every = 0\n"
    values = []
    for number in (3, 10):
        shutil.rmtree(tmp_path / "it", ignore_errors=True)
        more = f"{small}warm_up = {number}\nsteps = 5"
        chain = run(latflow, tmp_path, more)
        values.append(chain["observables"]["phi2"]["value"])
    assert values[0] != values[1]
