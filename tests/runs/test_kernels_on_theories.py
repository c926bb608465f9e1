"""Every kernel on every theory that a preset has: it is built, or refused in one line."""

import pytest

from latflow.errors import ConfigError
from latflow.runs import check_buildable, config_from, load_config, preset_names
from latflow.sampling import known_kernels


def theories():
    """One theory of each kind and dimension, on a small lattice."""
    found = {}
    for name in preset_names():
        block = load_config(name).resolved()["theory"]
        key = (block["kind"], len(block["shape"]), block.get("convention"), block.get("group"))
        found.setdefault(key, block | {"shape": [4] * len(block["shape"])})
    return [pytest.param(block, id=" ".join(map(str, key))) for key, block in found.items()]


@pytest.mark.parametrize("theory", theories())
def test_built_or_refused(theory):
    built = []
    for kernel in known_kernels():
        name = kernel.model_fields["kernel"].default
        block = {"name": "chain", "kernel": name, "n_chains": 2}
        try:
            check_buildable(config_from({"theory": theory, "chains": [block]}))
        except ConfigError as error:
            assert error.key.startswith(("chains.chain", "theory.", "model."))
            assert "\n" not in str(error) and len(error.message) > 20
            assert not kernel.needs_model or "model" in error.message
        else:
            built.append(name)
            assert not kernel.needs_model
    assert "hmc" in built
