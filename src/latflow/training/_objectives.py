"""What training minimises: functions of a model, a theory and one random key."""

from collections.abc import Callable

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key

from latflow.models import Model
from latflow.theories import Theory

LogWeight = Float[Array, ""]
Objective = Callable[[Model, Theory, Key[Array, ""]], tuple[Float[Array, ""], LogWeight]]


def reverse_kl(
    model: Model, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """Reverse Kullback-Leibler divergence up to log Z: log q(x) + S(x) at one x drawn from q.

    Source: Albergo, Kanwar and Shanahan (arXiv:1904.12072), eq. (9).
    """
    field, log_prob = model.sample_and_log_prob(key)
    log_weight = theory.log_prob(field) - log_prob
    return -log_weight, log_weight


def path_gradient(
    model: Model, theory: Theory, key: Key[Array, ""]
) -> tuple[Float[Array, ""], LogWeight]:
    """The same divergence, differentiated along the sampled path only.

    The parameters are held fixed in the density q, which drops a term of vanishing mean: the
    gradient keeps its expectation, and its variance goes to zero as q approaches the target.
    Source: Roeder, Wu and Duvenaud (arXiv:1703.09194); Vaitl et al. (arXiv:2206.09016).
    """
    field, _ = model.sample_and_log_prob(key)
    parameters, static = eqx.partition(model, eqx.is_inexact_array)
    frozen = eqx.combine(jax.lax.stop_gradient(parameters), static)
    log_weight = theory.log_prob(field) - frozen.log_prob(field)
    return -log_weight, log_weight


OBJECTIVES: dict[str, Objective] = {
    "reverse-kl": reverse_kl,
    "path-gradient": path_gradient,
}
