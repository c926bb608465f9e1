"""One ``[[chains]]`` block at work: its warm-up, and its segments wherever one is missing."""

import equinox as eqx
import jax
import numpy as np

from latflow.errors import RunFolderError
from latflow.fields import named_arrays
from latflow.kernels import Kernel, describe
from latflow.models import Proposer
from latflow.runs._history import history_of, measure_slow
from latflow.runs._mending import keep_all_aside
from latflow.runs._resolved import ResolvedRun
from latflow.runs._trained import trained_model
from latflow.runs.building import build_kernel
from latflow.runs.configuration import ChainSettings
from latflow.runs.pools import moving_model
from latflow.runs.store import (
    Link,
    Progress,
    ShouldStop,
    StoredSegment,
    StoredWarmUp,
    Survey,
    WantedChain,
    WarmUpHistory,
    as_after_restart,
    interrupting,
    machine_load,
    never,
    read_segment,
    read_warm_up,
    segment_path,
    stop_if,
    write_segment,
    write_warm_up,
)
from latflow.sampling import Pieces, compile_start, run_in_pieces, start_chains, warm_up_round
from latflow.stopwatch import Spent, Stopwatch

_WARM_UP_ROUNDS = 10


class ChainBlock:
    """The chains of one block: kernel, states, and the folder that they are kept in.

    Args:
        run: the run.
        chain: the block.
        wanted: what the configuration says about its files.
        model: the trained model, for kernels that draw on it.
    """

    def __init__(
        self, run: ResolvedRun, chain: ChainSettings, wanted: WantedChain, model: Proposer | None
    ):
        self.chain, self.seed, self.origin = chain, run.config.seed, wanted.origin
        self.path = run.folder.made(run.folder.chain_path(chain.name))
        moving = moving_model(run.config, chain, model, trained_model)
        self.kernel = build_kernel(run.config, chain.name, run.theory, moving)
        self.measure, self.measure_slow = run.measurement, measure_slow(run.measurement)
        self.states = None
        self.pieces = Pieces(chain.n_chains * run.theory.space.n_numbers)

    def warm_up(self, progress: Progress, should_stop: ShouldStop) -> StoredWarmUp:
        """Bring kernel and states to the end of the warm-up."""
        chain = self.chain
        rounds = min(_WARM_UP_ROUNDS, chain.warm_up)
        stored = read_warm_up(self.path) or self._start()
        self._restore(stored.kernel, stored.state)
        if stored.rounds < rounds:
            progress.stage(f"{chain.name}: warm-up", rounds, stored.rounds)
        while stored.rounds < rounds:
            stop_if(should_stop)
            watch, compiled = Stopwatch(), self.pieces.compiling
            done = warm_up_round(
                self.kernel, self.states, self.seed, chain.name, chain.warm_up, stored.rounds,
                rounds, self.pieces, interrupting(should_stop), self.measure_slow,
            )  # fmt: skip
            self.kernel, self.states = done.kernel, as_after_restart(done.states)
            history = stored.history.then(history_of(self.measure, chain.warm_up, done.history))
            compiling = self.pieces.compiling.without(compiled)
            spent = stored.spent.and_then(watch.spent().without(compiling))
            compiling = stored.compiling.and_then(compiling)
            stored = self._stored_warm_up(stored.rounds + 1, spent, compiling, history)
            write_warm_up(self.path, stored)
            progress.advance(stored.rounds, {"acceptance": done.mean_infos["acceptance"]})
        return stored

    def draw(
        self, there: Survey, warm_up: StoredWarmUp, progress: Progress, should_stop: ShouldStop
    ) -> None:
        """Draw the segments that are missing, until the block has all its samples.

        A segment in the making is saved as far as it has come when it is time to stop.

        A segment that is drawn in place of a lost one is the same to the last bit on the same
        machine, so that later ones go on from it; where it is not, they are drawn again as well.

        Args:
            there: what there is already.
            warm_up: at its end; the states are those after it.
            progress: who sees how it goes.
            should_stop: asked every few seconds.
        """
        chain, links = self.chain, dict(there.links)
        index, done, identity = 0, 0, warm_up.identity
        states_at = 0
        progress.stage(chain.name, chain.n_samples, there.samples_in_a_row())
        while done < chain.n_samples or index in links:
            link = links.get(index)
            if link is not None and (link.previous, link.first_sample) != (identity, done):
                self._give_up(links, index)
                links = {number: each for number, each in links.items() if number < index}
            elif link is not None:
                index, done, identity = index + 1, link.end, link.identity
            else:
                stop_if(should_stop)
                if states_at != index:
                    self._restore(None, read_segment(segment_path(self.path, index - 1)).state)
                length = self._length(done, index, links)
                # A later one goes on from its end: then it has to be whole.
                stop = should_stop if max(links, default=-1) < index else never
                segment = self._segment(index, done, length, identity, warm_up, stop)
                write_segment(self.path, segment)
                links[index] = segment.link
                states_at = index + 1
                progress.advance(
                    segment.link.end, {"acceptance": float(segment.infos["acceptance"].mean())}
                )

    def _length(self, done: int, index: int, links: dict[int, Link]) -> int:
        """Samples of the next segment: wherever a run was cut, they end at the same ones."""
        chain = self.chain
        length = chain.segment - done % chain.segment
        later = min((number for number in links if number > index), default=None)
        if later is None:
            return min(length, chain.n_samples - done)
        left = links[later].first_sample - done
        return min(length, left) if left > 0 else length

    def _give_up(self, links: dict[int, Link], first: int) -> None:
        keep_all_aside(
            (segment_path(self.path, number) for number in sorted(links) if number >= first),
            "made on another machine than what was lost before them; they are drawn again",
        )

    def _segment(
        self,
        index: int,
        first_sample: int,
        length: int,
        previous: str,
        warm_up: StoredWarmUp,
        should_stop: ShouldStop,
    ) -> StoredSegment:
        chain = self.chain
        within = chain.configurations_every if chain.segment > chain.configurations_every else 0
        watch, compiled = Stopwatch(), self.pieces.compiling
        states, segment = run_in_pieces(
            self.pieces,
            should_stop,
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
        length = infos["acceptance"].shape[1]
        self.states = as_after_restart(states)
        compiling = self.pieces.compiling.without(compiled)
        spent = watch.spent().without(compiling)
        return StoredSegment(
            measurements=measurements,
            infos=infos,
            configurations=self._kept(segment.configurations, first_sample + length),
            state=jax.tree.leaves(_on_host(self.states)),
            index=index,
            first_sample=first_sample,
            previous=previous,
            origin=self.origin,
            tuned=warm_up.tuned,
            spent=spent,
            compiling=compiling,
            warm_up_spent=warm_up.spent,
            warm_up_compiling=warm_up.compiling,
            load=machine_load(),
            device=jax.default_backend(),
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
        watch = Stopwatch()
        how = self.chain.first_field
        start = compile_start(self.kernel, self.seed, self.chain.name, self.chain.n_chains, how)
        compiling = watch.spent()
        watch = Stopwatch()
        self.states = as_after_restart(start())
        stored = self._stored_warm_up(0, watch.spent(), compiling, WarmUpHistory())
        write_warm_up(self.path, stored)
        return stored

    def _stored_warm_up(
        self, rounds: int, spent: Spent, compiling: Spent, history: WarmUpHistory
    ) -> StoredWarmUp:
        return StoredWarmUp(
            rounds=rounds,
            kernel=_on_host(_array_leaves(self.kernel)),
            state=jax.tree.leaves(_on_host(self.states)),
            tuned=describe(self.kernel),
            spent=spent,
            origin=self.origin,
            compiling=compiling,
            history=history,
        )

    def _restore(self, kernel_leaves, state_leaves) -> None:
        """Kernel and states from what is stored, exactly as they were."""
        if kernel_leaves is not None:
            arrays, static = eqx.partition(self.kernel, eqx.is_array)
            arrays = self._as_stored(arrays, kernel_leaves)
            self.kernel = eqx.combine(arrays, static)
        how = self.chain.first_field
        like = eqx.filter_eval_shape(
            start_chains, self.kernel, self.seed, self.chain.name, self.chain.n_chains, how
        )
        self.states = self._as_stored(like, state_leaves)

    def _as_stored(self, like, leaves):
        """The stored leaves in a tree of the same kind."""
        known, structure = jax.tree.flatten(like)
        if [leaf.shape for leaf in known] != [leaf.shape for leaf in leaves]:
            raise RunFolderError(
                f"{self.path}: holds chains of another version of latflow; go on with that "
                "version, or move the folder away and use `latflow resume`"
            )
        return as_after_restart(jax.tree.unflatten(structure, leaves))


def _on_host(tree):
    """As NumPy arrays."""
    return jax.tree.map(np.asarray, tree)


def _array_leaves(kernel: Kernel) -> list:
    return jax.tree.leaves(eqx.filter(kernel, eqx.is_array))
