"""One ``[[chains]]`` block at work: its warm-up, its segments, and going on where they stopped."""

import time

import equinox as eqx
import jax
import numpy as np

from latflow.errors import RunFolderError
from latflow.fields import named_arrays
from latflow.kernels import Kernel, describe
from latflow.models import Model
from latflow.runs._build import build_kernel
from latflow.runs._resolved import ResolvedRun
from latflow.runs._trained import trained_model
from latflow.runs.configuration import ChainSettings
from latflow.runs.pools import moving_model
from latflow.runs.store import (
    Progress,
    ShouldStop,
    StoredSegment,
    StoredWarmUp,
    as_after_restart,
    read_segment,
    read_warm_up,
    segment_paths,
    stop_if,
    write_segment,
    write_warm_up,
)
from latflow.sampling import run_segment, start_chains, warm_up_round

_WARM_UP_ROUNDS = 10


class ChainBlock:
    """The chains of one block: kernel, states, and the folder that they are kept in.

    Args:
        run: the run.
        chain: the block.
        model: the trained model, for kernels that draw on it.
    """

    def __init__(self, run: ResolvedRun, chain: ChainSettings, model: Model | None):
        self.chain, self.seed = chain, run.config.seed
        self.path = run.folder.chain_path(chain.name)
        self.path.mkdir(parents=True, exist_ok=True)
        self.digest = run.chain_digest(chain.name)
        moving = moving_model(run.config, chain, model, trained_model)
        self.kernel = build_kernel(run.config, chain.name, run.theory, moving)
        self.measure = run.measurement
        self.states = None

    def warm_up(self, progress: Progress, should_stop: ShouldStop) -> None:
        """Bring kernel and states to the end of the warm-up."""
        chain = self.chain
        rounds = min(_WARM_UP_ROUNDS, chain.warm_up)
        stored = read_warm_up(self.path)
        if stored is None:
            stored = self._start()
        else:
            self._check(stored.digest)
        self._restore(stored.kernel, stored.state)
        if stored.rounds < rounds:
            progress.stage(f"{chain.name}: warm-up", rounds, stored.rounds)
        done, seconds = stored.rounds, stored.seconds
        while done < rounds:
            stop_if(should_stop)
            start = time.perf_counter()
            self.kernel, states, infos = warm_up_round(
                self.kernel, self.states, self.seed, chain.name, chain.warm_up, done, rounds
            )
            self.states = as_after_restart(states)
            done, seconds = done + 1, seconds + time.perf_counter() - start
            write_warm_up(self.path, self._stored_warm_up(done, seconds))
            progress.advance(done, {"acceptance": infos["acceptance"]})

    def draw(self, progress: Progress, should_stop: ShouldStop) -> None:
        """Draw segments until the block has all its samples."""
        chain = self.chain
        paths = segment_paths(self.path)
        done = 0
        if paths:
            last = read_segment(paths[-1])
            self._check(last.digest)
            self._restore(None, last.state)
            done = last.first_sample + last.n_samples
        progress.stage(chain.name, chain.n_samples, done)
        compiled_lengths: set[int] = set()
        index = len(paths)
        while done < chain.n_samples:
            stop_if(should_stop)
            length = min(chain.segment, chain.n_samples - done)
            segment = self._segment(done, length, compiled=length not in compiled_lengths)
            compiled_lengths.add(length)
            write_segment(self.path, index, segment)
            done, index = done + length, index + 1
            progress.advance(done, {"acceptance": float(segment.infos["acceptance"].mean())})

    def _segment(self, first_sample: int, length: int, compiled: bool) -> StoredSegment:
        chain = self.chain
        within = chain.configurations_every if chain.segment > chain.configurations_every else 0
        start = time.perf_counter()
        states, segment = run_segment(
            self.kernel,
            self.states,
            self.seed,
            chain.name,
            "sampling",
            first_sample * chain.thin,
            length,
            chain.thin,
            self.measure,
            within,
        )
        measurements, infos = _on_host((segment.measurements, segment.infos))
        self.states = as_after_restart(states)
        seconds = time.perf_counter() - start
        return StoredSegment(
            measurements=measurements,
            infos=infos,
            configurations=self._kept(segment.configurations, first_sample + length),
            state=jax.tree.leaves(_on_host(self.states)),
            first_sample=first_sample,
            seconds=seconds,
            compiled=compiled,
            digest=self.digest,
        )

    def _kept(self, within_segment, n_samples: int) -> dict[str, np.ndarray]:
        """The configurations to store, oldest first: arrays of (chains, kept, ...) by name."""
        every = self.chain.configurations_every
        if within_segment is not None:
            return _on_host(named_arrays(within_segment))
        # Then they are kept at the end of segments only, where the states hold them.
        fields = _on_host(named_arrays(jax.vmap(self.kernel.field)(self.states)))
        kept = 1 if every and n_samples % every == 0 else 0
        return {name: array[:, None][:, :kept] for name, array in fields.items()}

    def _start(self) -> StoredWarmUp:
        start = time.perf_counter()
        how = self.chain.first_field
        self.states = as_after_restart(
            start_chains(self.kernel, self.seed, self.chain.name, self.chain.n_chains, how)
        )
        stored = self._stored_warm_up(0, time.perf_counter() - start)
        write_warm_up(self.path, stored)
        return stored

    def _stored_warm_up(self, rounds: int, seconds: float) -> StoredWarmUp:
        return StoredWarmUp(
            rounds=rounds,
            kernel=_on_host(_array_leaves(self.kernel)),
            state=jax.tree.leaves(_on_host(self.states)),
            tuned=describe(self.kernel),
            seconds=seconds,
            digest=self.digest,
        )

    def _restore(self, kernel_leaves, state_leaves) -> None:
        """Kernel and states from what is stored, exactly as they were."""
        if kernel_leaves is not None:
            arrays, static = eqx.partition(self.kernel, eqx.is_array)
            arrays = jax.tree.unflatten(jax.tree.structure(arrays), kernel_leaves)
            self.kernel = eqx.combine(as_after_restart(arrays), static)
        how = self.chain.first_field
        like = eqx.filter_eval_shape(
            start_chains, self.kernel, self.seed, self.chain.name, self.chain.n_chains, how
        )
        self.states = as_after_restart(jax.tree.unflatten(jax.tree.structure(like), state_leaves))

    def _check(self, digest: str) -> None:
        if digest != self.digest:
            raise RunFolderError(
                f"{self.path}: sampled with another configuration than config.toml says (only "
                "n_samples may change); restore config.toml, or start a new run"
            )


def _on_host(tree):
    """As NumPy arrays."""
    return jax.tree.map(np.asarray, tree)


def _array_leaves(kernel: Kernel) -> list:
    return jax.tree.leaves(eqx.filter(kernel, eqx.is_array))
