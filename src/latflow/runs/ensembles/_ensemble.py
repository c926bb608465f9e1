"""An ensemble without its configurations: a model, a seed, and which proposals were accepted."""

from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, PyTree, Shaped

from latflow.errors import ConfigError, RunFolderError
from latflow.fields import from_named_arrays, named_arrays
from latflow.models import Proposer
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._trained import trained_model
from latflow.runs.building import build_kernel, build_model, build_theory
from latflow.runs.configuration import RunConfig, config_from
from latflow.runs.store import RunFolder, read_warm_up
from latflow.runs.store.files import ArrayFile, read_arrays, write_arrays
from latflow.sampling import Independence, held_steps, regenerated, start_chains

_REMEDY = "make it again with `latflow regenerate RUN --pack FILE`"


@dataclass(frozen=True)
class Ensemble:
    """What the configurations of some chains of independence Metropolis follow from.

    Attributes:
        config: of the run.
        chain: the name of the block.
        model: the trained model.
        first: the fields that the chains held after their warm-up.
        accepted: whether the proposal of each step was accepted.
    """

    config: RunConfig
    chain: str
    model: Proposer
    first: PyTree[Array]
    accepted: Bool[np.ndarray, "chains steps"]

    @property
    def n_samples(self) -> int:
        """Samples of one chain."""
        return self.accepted.shape[1]

    def configurations(self, samples: slice) -> dict[str, Shaped[np.ndarray, "chains kept ..."]]:
        """The fields after some samples, bit for bit, as named arrays.

        Args:
            samples: which ones, of every chain.
        """
        kernel = build_kernel(self.config, self.chain, build_theory(self.config), self.model)
        assert isinstance(kernel, Independence)  # whoever made the ensemble has checked it
        held = held_steps(self.accepted)[:, samples]
        chains = np.broadcast_to(np.arange(len(held))[:, None], held.shape)
        # The same proposal is often held for several samples.
        pairs, back = np.unique(
            np.stack([chains.ravel(), np.maximum(held, 0).ravel()]), axis=1, return_inverse=True
        )
        fields = regenerated(kernel, self.config.seed, self.chain, pairs[0], pairs[1])
        from_start = jnp.asarray(held.ravel() < 0)
        of_chain = jnp.asarray(chains.ravel())

        def picked(leaf, first):
            old = first[of_chain].astype(leaf.dtype)
            mask = from_start.reshape(-1, *(1,) * (leaf.ndim - 1))
            return jnp.where(mask, old, leaf[back.reshape(-1)])

        flat = jax.tree.map(picked, fields, self.first)
        return {
            name: np.asarray(array).reshape(*held.shape, *array.shape[1:])
            for name, array in named_arrays(flat).items()
        }


def ensemble_of(run: RunFolder | ResolvedRun, name: str) -> Ensemble:
    """The ensemble of one chain block of a run.

    Raises:
        ConfigError: there is no such chain, or its configurations follow from more than that.
        RunFolderError: files are missing or damaged.
    """
    run = resolve(run)
    if name not in [chain.name for chain in run.config.chains]:
        raise ConfigError("--chain", f'no chain is called "{name}"')
    chain, model = run.config.chain(name), trained_model(run)
    kernel = None if model is None else build_kernel(run.config, name, run.theory, model)
    if model is None or not isinstance(kernel, Independence):
        raise ConfigError(
            f"chains.{name}.kernel",
            "only chains of independence Metropolis can be made again from accepted proposals; "
            "others are made again by running them: keep config.toml",
        )
    if chain.thin > 1:
        raise ConfigError(
            f"chains.{name}.thin",
            "with thinning nobody recorded which proposals were accepted; take thin = 1",
        )
    data = run.chain(name)
    warm_up = read_warm_up(run.folder.chain_path(name))
    if warm_up is None:
        raise RunFolderError(
            f"{run.folder.chain_path(name)}: has no warm-up; `latflow resume {run.folder.path}` "
            "makes it again"
        )
    like = eqx.filter_eval_shape(
        start_chains, kernel, run.config.seed, name, chain.n_chains, chain.first_field
    )
    states = jax.tree.unflatten(
        jax.tree.structure(like), [jnp.asarray(leaf) for leaf in warm_up.state]
    )
    accepted = np.asarray(data.infos["accepted"]) > 0
    return Ensemble(run.config, name, model, jax.vmap(kernel.field)(states), accepted)


def write_ensemble(path: Path, ensemble: Ensemble) -> None:
    """Write an ensemble as one small file.

    Raises:
        RunFolderError: it cannot be written.
    """
    arrays = {f"first/{name}": np.asarray(a) for name, a in named_arrays(ensemble.first).items()}
    leaves = jax.tree.leaves(eqx.filter(ensemble.model, eqx.is_array))
    arrays |= {f"model/{number:05d}": np.asarray(leaf) for number, leaf in enumerate(leaves)}
    arrays["accepted"] = np.packbits(ensemble.accepted, axis=1)
    attributes = {
        "config": ensemble.config.resolved(),
        "chain": ensemble.chain,
        "samples": ensemble.n_samples,
    }
    write_arrays(path, ArrayFile(arrays, attributes))


def read_ensemble(path: Path) -> Ensemble:
    """Read what :func:`write_ensemble` wrote.

    Raises:
        RunFolderError: it is damaged, or no such file.
        ConfigError: its configuration is none of this version.
    """
    content = read_arrays(path, _REMEDY)
    if not {"config", "chain", "samples"} <= set(content.attributes):
        raise RunFolderError(f"{path}: holds no ensemble; {_REMEDY}")
    config = config_from(content.attributes["config"])
    name, samples = str(content.attributes["chain"]), int(content.attributes["samples"])
    theory = build_theory(config)
    fresh = build_model(config, theory)
    leaves = [jnp.asarray(leaf) for _, leaf in sorted(content.group("model").items())]
    arrays, rest = eqx.partition(fresh, eqx.is_array)
    known = jax.tree.leaves(arrays)
    if fresh is None or [x.shape for x in known] != [x.shape for x in leaves]:
        raise RunFolderError(f"{path}: holds the model of another version of latflow; {_REMEDY}")
    model = eqx.combine(jax.tree.unflatten(jax.tree.structure(arrays), leaves), rest)
    first = from_named_arrays(
        theory.space.structure(jnp.float64),
        {key: jnp.asarray(array) for key, array in content.group("first").items()},
    )
    accepted = np.unpackbits(content.arrays["accepted"], axis=1, count=samples).astype(bool)
    return Ensemble(config, name, model, first, accepted)


def compare_with_stored(run: RunFolder | ResolvedRun, ensemble: Ensemble) -> tuple[int, int]:
    """How many stored configurations of a run are the same to the last bit, and how many not."""
    run = resolve(run)
    data, every = run.chain(ensemble.chain), run.config.chain(ensemble.chain).configurations_every
    if not (every and data.n_kept):
        return 0, 0
    again = ensemble.configurations(slice(every - 1, None, every))
    same = np.ones((data.n_chains, data.n_kept), bool)
    for name, stored in data.configurations.items():
        made = again[name][:, : data.n_kept]
        axes = tuple(range(2, stored.ndim))
        same &= (np.asarray(stored) == made).all(axis=axes)
    return int(same.sum()), int((~same).sum())


def write_configurations(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write configurations as one HDF5 file, each array (chains, samples, ...).

    Raises:
        RunFolderError: it cannot be written.
    """
    write_arrays(path, ArrayFile({f"configurations/{k}": a for k, a in arrays.items()}))
