"""The fit loop: it learns, and depends neither on interruptions nor on devices."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import latflow.parallel
from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings, Chain, Identity, RescaleSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField, IndependentNormal
from latflow.theories import FreeScalar, Phi4
from latflow.training import Trainer, TrainingSettings, evaluate

LATTICE = Lattice((4, 4))
SPACE = RealScalar(LATTICE)
THEORY = Phi4.hopping(LATTICE, beta=0.4, lam=0.5)
SETTINGS = TrainingSettings(
    steps=60, batch=64, micro_batch=16, learning_rate=0.02, warm_up=5, chunk=10
)


def new_model():
    """Two couplings and a rescaling from independent normal numbers."""
    key = jax.random.key(5)
    net = {"kind": "convolution", "hidden": (4,)}
    couplings = AffineCouplingSettings.model_validate({"layers": 2, "net": net})
    flow = Chain((couplings.build(SPACE, key), RescaleSettings().build(SPACE, key)))
    return Model(IndependentNormal(SPACE), flow)


def parameters(state):
    """All numbers of a training state."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(state, eqx.is_array))]


def trained(chunks, settings=SETTINGS):
    """The state after some chunks, restarted from host copies between them."""
    trainer = Trainer(settings, THEORY, seed=3)
    state, rows = trainer.init(new_model()), []
    for n_steps in chunks:
        state = jax.tree.map(
            lambda leaf: jnp.asarray(np.asarray(leaf)) if eqx.is_array(leaf) else leaf, state
        )
        state, metrics = trainer.advance(state, n_steps)
        rows.append(metrics)
    return state, {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def whole():
    """One training of six chunks."""
    return trained([10] * 6)


def test_training_learns(whole):
    """The loss falls and the weights get better, to a known value of log Z."""
    _, metrics = whole
    assert metrics["loss"][-10:].mean() < metrics["loss"][:5].mean() - 0.5
    assert metrics["ess"][-10:].mean() > 2 * metrics["ess"][:5].mean()
    assert all(values.shape == (60,) and np.isfinite(values).all() for values in metrics.values())
    assert metrics["learning_rate"][0] == pytest.approx(0.02 / 6)
    assert metrics["learning_rate"].max() == pytest.approx(0.02, rel=1e-3)
    assert metrics["learning_rate"][-1] < 1e-4


def test_the_next_chunk_is_not_compiled_anew(monkeypatch):
    """Neither for a state that training left, nor for one that was read from a file."""
    traced = []
    original = Phi4.action

    def counted(self, field):
        traced.append(field)
        return original(self, field)

    monkeypatch.setattr(Phi4, "action", counted)
    # A theory that no other test has: nothing is compiled yet.
    theory = Phi4.hopping(LATTICE, beta=0.41, lam=0.5)
    trainer = Trainer(SETTINGS, theory, seed=3)
    state, _ = trainer.advance(trainer.init(new_model()), 2)
    first = len(traced)
    state, _ = trainer.advance(state, 2)
    read = jax.tree.map(lambda x: jnp.asarray(np.asarray(x)) if eqx.is_array(x) else x, state)
    trainer.advance(read, 2)
    assert len(traced) == first > 0


def test_gradient_noise_is_the_scatter_of_gradients():
    """A model of one parameter that stands still: its gradient scatters from step to step.

    The scatter of 400 numbers is known to 3.5 %; five standard deviations are allowed.
    """
    theory = FreeScalar(LATTICE, m2=1.0)
    flow = RescaleSettings(scale=2.0).build(SPACE, jax.random.key(0))
    settings = TrainingSettings(
        steps=400, batch=32, micro_batch=4, learning_rate=1e-12, objective="reverse-kl"
    )
    trainer = Trainer(settings, theory, seed=1)
    _, metrics = trainer.advance(trainer.init(Model(IndependentNormal(SPACE), flow)), 400)
    norm, noise = metrics["gradient_norm"], metrics["gradient_noise"]
    # Far from the minimum all gradients have one sign, and the norm is their size.
    assert norm.min() > 5 * noise.mean()
    assert np.sqrt((noise**2).mean()) == pytest.approx(norm.std(ddof=1), rel=0.18)
    whole_batch = TrainingSettings(**(settings.model_dump() | {"micro_batch": 32, "steps": 1}))
    trainer = Trainer(whole_batch, theory, seed=1)
    _, metrics = trainer.advance(trainer.init(Model(IndependentNormal(SPACE), flow)), 1)
    assert "gradient_noise" not in metrics


def test_interrupted_training_is_bit_identical(whole):
    """Stopping after any chunk and starting a new process' trainer changes nothing."""
    first, _ = trained([10] * 2)
    trainer = Trainer(SETTINGS, THEORY, seed=3)
    state = jax.tree.map(
        lambda leaf: jnp.asarray(np.asarray(leaf)) if eqx.is_array(leaf) else leaf, first
    )
    for _ in range(4):
        state, _ = trainer.advance(state, 10)
    for ours, theirs in zip(parameters(state), parameters(whole[0]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_training_does_not_depend_on_the_number_of_devices(whole, monkeypatch):
    """The same random numbers and sums, wherever micro-batches are computed; every one once.

    In double precision: the last bits, in which the compiled programs differ, grow in training.
    """
    assert len(jax.local_devices()) == 2
    one = jax.local_devices()[:1]
    double = SETTINGS.model_copy(update={"precision": "double"})
    monkeypatch.setattr(latflow.parallel.jax, "local_devices", lambda: one)
    state, on_one = trained([10] * 2, double)
    monkeypatch.undo()
    reference, on_two = trained([10] * 2, double)
    for ours, theirs in zip(parameters(state), parameters(reference), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    for name, values in on_one.items():
        np.testing.assert_allclose(values, on_two[name], rtol=1e-9, err_msg=name)


def test_evaluation_of_an_exact_model():
    """The exact model of the free field has constant weights, equal to log Z."""
    theory = FreeScalar(LATTICE, m2=0.3)
    result = evaluate(Model(FreeField(theory), Identity(SPACE)), theory, 1, 300, n_fields=3)
    assert result["log_weight"].shape == (300,)
    assert result["fields"].shape == (3, 4, 4)
    np.testing.assert_allclose(result["log_weight"], theory.log_partition_function(), atol=1e-11)
    np.testing.assert_allclose(theory.action(jnp.asarray(result["fields"][1])), result["action"][1])


def test_evaluation_samples_do_not_depend_on_their_number():
    """More samples begin with the same ones."""
    theory = FreeScalar(LATTICE, m2=0.3)
    model = Model(FreeField(theory), Identity(SPACE))
    few, many = (evaluate(model, theory, 1, n)["action"] for n in (100, 700))
    np.testing.assert_array_equal(few, many[:100])


def test_micro_batches_must_fit():
    """A batch that cannot be cut evenly is refused."""
    with pytest.raises(ValueError, match="micro_batch must divide batch"):
        TrainingSettings(batch=100, micro_batch=64)
