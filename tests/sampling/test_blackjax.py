"""The same target and trajectory through BlackJAX's HMC."""

import blackjax
import jax
import jax.numpy as jnp
import numpy as np

from latflow.analysis import gamma_method
from latflow.kernels import HMC

from .targets import PHI4, observables, sample


def test_blackjax_hmc_agrees():
    step_size, steps, n_chains, n_samples = 0.3, 4, 128, 1000
    algorithm = blackjax.hmc(
        lambda x: PHI4.log_prob(x.reshape(2, 2)), step_size, jnp.ones(4), steps
    )
    measure = observables(PHI4)

    def chain(key):
        def one(state, key):
            state, info = algorithm.step(key, state)
            return state, (measure(state.position.reshape(2, 2)), info.acceptance_rate)

        state = algorithm.init(jax.random.normal(key, (4,)))
        return jax.lax.scan(one, state, jax.random.split(key, n_samples))[1]

    theirs, acceptance = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(0), n_chains))
    infos, ours = sample(HMC(PHI4, step_size=step_size, steps=steps), n_samples, n_chains=n_chains)
    for name in ("chi2", "phi2"):
        a, b = gamma_method(np.asarray(theirs[name])[:, 100:]), gamma_method(ours[name])
        error = np.hypot(a.error, b.error)
        assert error < 0.01 * a.value
        assert abs(a.value - b.value) < 4 * error
    assert abs(float(acceptance[:, 100:].mean()) - infos["acceptance"].mean()) < 0.003
