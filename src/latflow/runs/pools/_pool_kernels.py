"""The kernels of the Markov chains behind pools: of a prior's theory, and of the target."""

from latflow.errors import ConfigError
from latflow.kernels import ClusterSettings, HMCSettings, Kernel, KernelSettings
from latflow.priors import EnsembleSettings
from latflow.theories import Theory
from latflow.training import ForwardKLSettings

# In single precision, as the pool is: the chains go on from what is in it, to the last bit.
_SINGLE = {"kernel": "metropolis", "precision": "single"}
_KERNELS: dict[str, KernelSettings] = {
    "cluster": ClusterSettings.model_validate({"update": _SINGLE}),
    "hmc": HMCSettings.model_validate({"precision": "single", "jitter": 0.2}),
}


def prior_kernel(settings: EnsembleSettings, theory: Theory) -> Kernel:
    """The kernel of the chains of a prior's theory, before their warm-up, where it needs no run.

    Raises:
        ConfigError: it cannot work on this theory or its lattice.
    """
    key = "model.prior.kernel"
    return _kernel(settings.kernel, theory, settings.chains, key, "the prior's")


def target_kernel(settings: ForwardKLSettings, theory: Theory) -> Kernel:
    """The kernel of the chains of the target behind the forward divergence, likewise.

    Raises:
        ConfigError: it cannot work on this theory or its lattice.
    """
    key = "training.forward_kl.kernel"
    return _kernel(settings.kernel, theory, settings.chains, key, "the target's")


def _kernel(name: str, theory: Theory, chains: int, key: str, whose: str) -> Kernel:
    """The kernel of the chains of a pool, before their warm-up.

    Args:
        name: "cluster" or "hmc".
        theory: of the pool's configurations.
        chains: number of chains.
        key: of the configuration, for the error.
        whose: theory it is, for the error: "the prior's" or "the target's".

    Raises:
        ConfigError: it cannot work on this theory or its lattice.
    """
    try:
        return _KERNELS[name].build_kernel(theory, None, chains)
    except ConfigError as error:
        raise ConfigError(key, f"for {whose} theory, {error}") from None
