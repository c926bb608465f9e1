"""What training minimises: functions of a model, a theory and one random key."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.annealing import Annealed, Population, Transported
from latflow.errors import ConfigError
from latflow.models import Model, Proposer
from latflow.not_trained import parameters_of
from latflow.precision import dtype_of, sum_in_double
from latflow.pullback import Pullback
from latflow.theories import Theory
from latflow.training._lag_one import LagOneAutocorrelation
from latflow.training._settings import TrainingSettings

LogWeight = Float[Array, ""]
Objective = Callable[[Any, Theory, Key[Array, ""]], tuple[Float[Array, ""], LogWeight]]


def reverse_kl(
    model: Proposer, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """Reverse Kullback-Leibler divergence up to log Z: log q(x) + S(x) at one x drawn from q.

    Of a stochastic map the mean work, which is the divergence of its ways from those that lead back
    from the target; Metropolis decisions are differentiated as if they stood.

    Source: Albergo, Kanwar and Shanahan (arXiv:1904.12072), eq. (9); Wu, Koehler and Noe
    (arXiv:2002.06707).
    """
    _, log_weight = model.propose(theory, key)
    return -log_weight, log_weight


def local_work(
    model: Proposer, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """The work of annealing, every flow trained for its own level only.

    No gradient passes a Markov step, so that the kernels may be any, and memory does not grow with
    them. Source: Matthews, Arbel, Rezende and Doucet (arXiv:2201.13117).

    Raises:
        ConfigError: the model is not annealed.
    """
    if not isinstance(model, Annealed | Population):
        raise ConfigError("training.objective", '"local-work" needs a model with [model.annealing]')
    return model.local_loss(theory, key)


def transport_residual(
    model: Proposer, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """How far a learnt drift is from carrying each theory of its path into the next.

    No gradient passes the trajectory. Source: Albergo and Vanden-Eijnden (arXiv:2410.02711).

    Raises:
        ConfigError: the model has no drift.
    """
    if not isinstance(model, Transported):
        raise ConfigError(
            "training.objective", '"transport-residual" needs a model with model.annealing.drift'
        )
    return model.residual_loss(theory, key)


def path_gradient(
    model: Model, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """The same divergence, differentiated along the sampled path only.

    The parameters are held fixed in the density q, which drops a term of vanishing mean: the
    gradient keeps its expectation, and its variance goes to zero as q approaches the target.
    Source: Roeder, Wu and Duvenaud (arXiv:1703.09194); Vaitl et al. (arXiv:2206.09016).
    """
    if model.flow.carries_score:
        return _along_the_way(model, theory, key)
    field, _ = model.sample_and_log_prob(key)
    parameters, static = parameters_of(model)
    frozen = eqx.combine(jax.lax.stop_gradient(parameters), static)
    log_weight = theory.log_prob(field) - frozen.log_prob(field)
    return -log_weight, log_weight


def _along_the_way(
    model: Model, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """The path gradient without the inverse: grad log q comes along with the sample.

    Source: Vaitl, Winkler, Richter and Kessel (arXiv:2403.15881), section 3.
    """
    fixed = jax.lax.stop_gradient
    latent = model.prior.sample(key, dtype_of(model.precision))
    score = jax.grad(model.prior.log_prob)(fixed(latent))
    field, log_det, score = model.flow.transform_with_score(latent, score)
    log_prob = fixed(model.prior.log_prob(latent) - log_det)
    log_weight = theory.log_prob(field) - log_prob
    # Nothing in value; its gradient is that of log q with the parameters of q held fixed.
    along = sum_in_double(fixed(score) * (field - fixed(field)))
    return along - log_weight, log_weight


def force_matching(
    model: Model, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    r"""Mean squared difference of two forces on the latent variables, at one z of the prior.

        |grad log r(z) - grad log p~(z)|^2 / n,   log p~(z) = -S(F(z)) + log|det dF/dz|:

    for n independent normal numbers |grad S~(z) - z|^2 / n, with S~ the action that flow HMC
    integrates. Like the divergence it vanishes for an exact map and needs no partition function;
    it weighs how the latent action bends, not how much of the target is covered.
    Source: Jin, PoS LATTICE2021 (2022) 600 (arXiv:2201.01862), which minimises forces.
    """
    latent = model.prior.sample(key, dtype_of(model.precision))
    field, log_det = model.flow.forward(latent)
    log_weight = theory.log_prob(field) + log_det - model.prior.log_prob(latent)
    prior_force = theory.space.gradient(model.prior.log_prob, latent)
    latent_force = Pullback(theory, model.flow).force(latent)
    difference = jax.tree.map(jnp.subtract, prior_force, latent_force)
    return 2 * theory.space.kinetic(difference) / theory.space.n_variables, log_weight


def _lag_one_autocorrelation(settings: TrainingSettings) -> Objective:
    assert settings.trajectory is not None  # what the settings see to
    return LagOneAutocorrelation(settings.trajectory)


OBJECTIVES: dict[str, Callable[[TrainingSettings], Objective]] = {
    "reverse-kl": lambda settings: reverse_kl,
    "local-work": lambda settings: local_work,
    "transport-residual": lambda settings: transport_residual,
    "path-gradient": lambda settings: path_gradient,
    # Its trainer takes the gradients of the log weights, draw by draw.
    "log-weight-variance": lambda settings: reverse_kl,
    "force-matching": lambda settings: force_matching,
    "lag-one-autocorrelation": _lag_one_autocorrelation,
}
"""What makes an objective of the settings of a training, by the objective's name."""
