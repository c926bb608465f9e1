"""Every kernel leaves the weight invariant: exact answers and the Schwinger-Dyson identity."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import iv

from latflow.analysis import gamma_method
from latflow.dynamics import FourierMass, fourth_order, omelyan
from latflow.errors import ConfigError
from latflow.kernels import (
    HMC,
    BlackJAXSettings,
    ClusterFlips,
    ClusterSettings,
    HMCSettings,
    MarginalHMCSettings,
    Metropolis,
)
from latflow.lattice import Lattice
from latflow.sampling import (
    KERNELS,
    BlockUpdatingSettings,
    CrankNicolson,
    FlowHMCSettings,
    FlowLocalSettings,
    Independence,
    RotationHMCSettings,
)
from latflow.theories import Phi4

from .targets import (
    FREE,
    FREE_EXACT,
    PHI4,
    PHI4_EXACT,
    ROTORS,
    assert_agrees,
    model,
    product_model,
    sample,
)


def hmc(theory, **options):
    """Coarse trajectories: accept/reject matters. The jitter keeps free modes off resonance."""
    return HMC(theory, **{"step_size": 0.3, "steps": 4, "jitter": 0.3, **options})


def marginal_hmc(theory, **options):
    """Coarse trajectories of the even sites."""
    settings = MarginalHMCSettings(**{"trajectory": 1.2, "steps": 3, "jitter": 0.3, **options})
    return settings.build_kernel(theory)


def metropolis(theory, **options):
    """Half of the proposals accepted."""
    return Metropolis(theory, **{"width": 1.6, "sweeps": 5, **options})


def cluster(theory, update="metropolis", **options):
    update = {"kernel": update, **options}
    return ClusterSettings(update=update).build_kernel(theory, None, 1)


def block_updating(theory, blocks):
    """With a flow that nobody trained."""
    return BlockUpdatingSettings(blocks=blocks).build_kernel(theory, product_model(theory), 1)


def flow_hmc(theory, **options):
    """With a flow that nobody trained."""
    settings = FlowHMCSettings(**{"trajectory": 1.2, "steps": 4, "jitter": 0.3, **options})
    return settings.build_kernel(theory, product_model(theory), 1)


def rotation_hmc(theory, build=product_model, **options):
    """Two coarse steps of a quarter turn: accept/reject matters."""
    settings = RotationHMCSettings(**{"steps": 2, **options})
    return settings.build_kernel(theory, build(theory), 1)


def flow_local(theory, update="metropolis", **options):
    """Few local updates: without the proposals it would take longer."""
    settings = FlowLocalSettings(update={"kernel": update, **options})
    return settings.build_kernel(theory, model(theory), 1)


def blackjax(theory, algorithm="nuts", step_size=0.45, **options):
    """Steps that are large enough for accept/reject, or slices, to matter."""
    settings = BlackJAXSettings(algorithm=algorithm, step_size=step_size, **options)
    return settings.build_kernel(theory)


# The kernel for a theory, and how many measurements of 1024 chains the precision takes.
FAST = {
    "hmc": (hmc, 1000),
    "fourier-hmc": (lambda t: hmc(t, kinetic=FourierMass(t.space, 0.8)), 800),
    "marginal-hmc": (marginal_hmc, 800),
    "metropolis": (metropolis, 1100),
    "cluster": (lambda t: cluster(t, width=1.6, sweeps=4), 1200),
    "independence": (lambda t: Independence(t, model(t), 50), 1500),
    "block-updating": (lambda t: block_updating(t, 4), 1200),
    "flow-local": (lambda t: flow_local(t, width=1.6, sweeps=1), 1100),
    "flow-hmc": (flow_hmc, 800),
    "crank-nicolson": (lambda t: CrankNicolson(t, product_model(t), 0.8), 2400),
    "rotation-hmc": (rotation_hmc, 3200),
    "blackjax": (lambda t: blackjax(t, "hmc", 0.43, steps=2), 3000),
}
SLOW = {
    "hmc-single": (lambda t: hmc(t, precision="single"), 1000),
    "marginal-hmc-single": (lambda t: marginal_hmc(t, precision="single"), 800),
    "hmc-omelyan": (lambda t: hmc(t, integrator=omelyan(), step_size=0.6, steps=2), 1200),
    "hmc-fourth-order": (
        lambda t: hmc(t, integrator=fourth_order(), step_size=1.2, steps=1),
        1000,
    ),
    "metropolis-single": (lambda t: metropolis(t, precision="single"), 1100),
    "cluster-hmc": (lambda t: cluster(t, "hmc", steps=3, jitter=0.3), 1200),
    "flow-local-hmc": (lambda t: flow_local(t, "hmc", steps=3, jitter=0.3), 1000),
    "block-updating-1": (lambda t: block_updating(t, 1), 2000),
    "block-updating-2": (lambda t: block_updating(t, 2), 1500),
    "crank-nicolson-free-field": (lambda t: CrankNicolson(t, model(t), 0.8), 2200),
    "rotation-hmc-free-field": (lambda t: rotation_hmc(t, model), 4500),
    "rotation-hmc-single": (lambda t: rotation_hmc(t, precision="single"), 3000),
    "rotation-hmc-omelyan": (lambda t: rotation_hmc(t, integrator="omelyan", steps=1), 2000),
    "flow-hmc-single": (lambda t: flow_hmc(t, precision="single"), 800),
    "blackjax-nuts": (blackjax, 2000),
    "blackjax-mala": (lambda t: blackjax(t, "mala", 0.35), 16000),
    "blackjax-barker": (lambda t: blackjax(t, "barker", 1.0), 18000),
    "blackjax-adjusted-mclmc": (lambda t: blackjax(t, "adjusted-mclmc", 1.0, steps=3), 2500),
    "flow-hmc-omelyan": (lambda t: flow_hmc(t, integrator="omelyan", steps=2), 800),
}
CASES = [pytest.param(*case, id=name) for name, case in FAST.items()] + [
    pytest.param(*case, id=name, marks=pytest.mark.slow) for name, case in SLOW.items()
]


@pytest.mark.parametrize(("build", "n_measurements"), CASES)
@pytest.mark.parametrize(
    ("theory", "exact"),
    [
        pytest.param(PHI4, PHI4_EXACT, id="phi4"),
        pytest.param(FREE, FREE_EXACT, id="free", marks=pytest.mark.slow),
    ],
)
def test_exact_values(build, n_measurements, theory, exact):
    _, measured = sample(build(theory), n_measurements)
    for name, value in exact.items():
        assert_agrees(name, measured[name], value)


ODD = Phi4.hopping(Lattice((3, 4)), beta=0.6, lam=0.5)


@pytest.mark.parametrize(
    "kernel",
    [
        pytest.param(hmc(ODD), id="hmc", marks=pytest.mark.slow),
        pytest.param(hmc(ODD, kinetic=FourierMass(ODD.space, 0.5)), id="fourier-hmc"),
        pytest.param(cluster(ODD, "hmc"), id="cluster", marks=pytest.mark.slow),
    ],
)
def test_schwinger_dyson_with_an_odd_extent(kernel):
    _, measured = sample(kernel, 350)
    assert_agrees("schwinger_dyson", measured["schwinger_dyson"], 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("shape, beta", [((8,), 0.8), ((2, 4, 2), 0.3)], ids=str)
def test_marginal_hmc_in_one_and_three_dimensions(shape, beta):
    theory = Phi4.hopping(Lattice(shape), beta=beta, lam=0.5)
    found = {}
    for name, kernel in (("marginal", marginal_hmc(theory)), ("whole", hmc(theory))):
        _, measured = sample(kernel, 400)
        assert_agrees("schwinger_dyson", measured["schwinger_dyson"], 1.0, 0.004)
        found[name] = gamma_method(measured["phi2"])
    one, other = found["marginal"], found["whole"]
    assert abs(one.value - other.value) <= 4 * (one.error**2 + other.error**2) ** 0.5


def test_antiferromagnetic_clusters():
    theory = Phi4.hopping(Lattice((2, 4)), beta=-0.6, lam=0.5)
    _, measured = sample(cluster(theory, width=1.6, sweeps=3), 400)
    assert_agrees("schwinger_dyson", measured["schwinger_dyson"], 1.0)


@pytest.mark.slow
def test_kernels_agree_near_criticality():
    """Clusters against HMC: one sees a mistake of the other at 1 %."""
    theory = Phi4.hopping(Lattice((6, 6)), beta=0.6, lam=0.5)
    chi2 = {}
    for name, kernel, n in (
        ("cluster", cluster(theory, width=1.6), 2000),
        ("hmc", hmc(theory, step_size=0.2, steps=8), 1400),
    ):
        _, measured = sample(kernel, n)
        chi2[name] = measured["chi2"]
    a, b = (gamma_method(chi2[name]) for name in ("cluster", "hmc"))
    error = (a.error**2 + b.error**2) ** 0.5
    assert error <= 0.003 * a.value
    assert abs(a.value - b.value) <= 4 * error
    # The point of clusters: they decorrelate what the sweeps within them alone do not.
    _, alone = sample(metropolis(theory, sweeps=1), 400)
    assert a.tau_int < 0.7 * gamma_method(alone["chi2"]).tau_int


def test_every_registered_kernel_builds_and_is_distinct():
    names = [settings.model_fields["kernel"].default for settings in KERNELS]
    assert len(set(names)) == len(names)
    served = set()
    for settings in KERNELS:
        name = settings.model_fields["kernel"].default
        try:
            kernel = settings().build_kernel(PHI4, product_model(PHI4), 4)
        except ConfigError as error:
            # Kernels of links and spins: tests/gauge and tests/spins have them. Replica exchange
            # needs a ladder: tests/sampling/test_replica_exchange.py.
            assert str(error).startswith(("kernel", "theory", "ladder"))
            continue
        assert eqx.tree_equal(kernel.theory, PHI4)
        served.add(name)
    assert set(FAST) == served


@pytest.mark.parametrize("settings", KERNELS, ids=lambda s: s.model_fields["kernel"].default)
def test_a_theory_without_what_a_kernel_needs_is_refused(settings):
    if settings is HMCSettings:
        assert eqx.tree_equal(settings().build_kernel(ROTORS, None, 1).theory, ROTORS)
        return
    with pytest.raises(ConfigError, match=r"^(kernel|ladder)"):
        settings().build_kernel(ROTORS, None, 1)


def test_hmc_on_a_curved_space_of_pytrees():
    def measure(field):
        return {name: jnp.mean(jnp.cos(angle)) for name, angle in field.items()}

    _, measured = sample(hmc(ROTORS, step_size=0.4), 1500, measure=measure)
    for name, beta in (("first", ROTORS.beta), ("second", 2 * ROTORS.beta)):
        assert_agrees(name, measured[name], iv(1, beta) / iv(0, beta))


def test_metropolis_refuses_odd_extents():
    with pytest.raises(ConfigError, match=r"theory\.shape.*even"):
        Metropolis(ODD)


def test_clusters_refuse_an_action_that_is_not_even():
    class Tilted(Phi4):
        symmetries = frozenset({"translation"})

    tilted = Tilted(Lattice((2, 2)), h=0.5, a=1.0, g=0.5)
    with pytest.raises(ConfigError, match="even"):
        ClusterFlips(tilted)


def test_blackjax_is_optional(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'blackjax'")

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(ConfigError, match=r'pip install "latflow\[blackjax\]"'):
        blackjax(PHI4)


def test_blackjax_tunes_its_steps():
    kernel = blackjax(PHI4, step_size=0.1)
    larger = kernel.tune({"acceptance": 0.99}, 0.2)
    smaller = kernel.tune({"acceptance": 0.0}, 0.2)
    assert smaller.tuned["step_size"] < kernel.step_size < larger.tuned["step_size"]


def test_blackjax_counts_gradients():
    settings = BlackJAXSettings()
    assert settings.findings({"gradients": np.array([[3.0, 7.0]])}, 2) == {
        "gradients_per_sample": 10.0
    }
    assert settings.findings({"acceptance": np.ones((1, 2))}, 2) == {}
