"""Markov chains in memory."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree, Shaped

from latflow.analysis import GammaResult
from latflow.errors import ConfigError
from latflow.library._html import number
from latflow.library._settings import settings_from
from latflow.models import Proposer
from latflow.observables import Measurement
from latflow.reports import html_table
from latflow.sampling import known_kernels, run_segment, start_chains
from latflow.sampling import warm_up as warmed_up
from latflow.theories import Theory


@dataclass(frozen=True)
class Samples:
    """What Markov chains have left.

    Attributes:
        measurements: what the observables recorded, each (chains, samples, ...), lattice units.
        infos: what the kernel reports, each (chains, samples); ``acceptance`` always.
        fields: kept configurations with leading axes (chains, kept), or ``None``.
        results: quantities with errors and tau_int (in samples), by name.
        doubts: reasons not to believe some of them, in words.
    """

    measurements: dict[str, Shaped[np.ndarray, "chains samples ..."]]
    infos: dict[str, Shaped[np.ndarray, "chains samples"]]
    fields: PyTree[Shaped[np.ndarray, "chains kept ..."]] | None
    results: dict[str, GammaResult]
    doubts: tuple[str, ...]

    def _repr_html_(self) -> str:
        rows = [
            [name, number(one.value, one.error), number(one.tau_int, one.tau_int_error)]
            for name, one in self.results.items()
            if np.isfinite(one.value) and np.isfinite(one.error)
        ]
        chains, count = self.infos["acceptance"].shape
        return html_table(f"{chains} x {count} samples", ["quantity", "value", "τ_int"], rows)


def sample(
    theory: Theory,
    kernel: str = "hmc",
    *,
    model: Proposer | None = None,
    n_chains: int = 8,
    n_samples: int = 1000,
    thin: int = 1,
    warm_up: int = 500,
    keep_every: int = 0,
    seed: int = 1,
    **settings: Any,
) -> Samples:
    """Run Markov chains of a theory from hot starts, and measure its observables.

    Args:
        theory: the target.
        kernel: name of a Markov kernel, such as ``hmc``, ``independence``, ``flow-hmc``.
        model: trained, for kernels that draw on one.
        n_chains: independent chains.
        n_samples: of each, after the warm-up.
        thin: transitions per sample.
        warm_up: transitions before the first sample, during which the kernel is tuned.
        keep_every: keep the field of every so-manieth sample; 0 keeps none.
        seed: of the random numbers.
        settings: the kernel's own keys in a ``[[chains]]`` block, such as ``steps``.

    Raises:
        ConfigError: there is no such kernel, it needs a model, or does not work on this theory.
    """
    kinds = {each.model_fields["kernel"].default: each for each in known_kernels()}
    if kernel not in kinds:
        raise ConfigError("kernel", f'"{kernel}" is none; there are {", ".join(kinds)}')
    checked = settings_from(kinds[kernel], settings, kernel)
    if checked.needs_model and model is None:
        raise ConfigError("model", f'the kernel "{kernel}" draws on a trained model: give one')
    double = None if model is None else model.cast("double")
    built = checked.build_kernel(theory, double, n_chains)
    name, measurement = kernel, Measurement(theory)
    start = "prior" if checked.draws_its_own else "hot"
    states = start_chains(built, seed, name, n_chains, start)
    tuned, states = warmed_up(built, states, seed, name, warm_up)
    _, segment = run_segment(
        tuned, states, seed, name, "sampling", 0, n_samples, thin, measurement, keep_every
    )
    series, infos, fields = jax.tree.map(np.asarray, tuple(segment))
    with np.errstate(all="ignore"):
        results = measurement.results(series)
        doubts = tuple(doubt.sentence for doubt in measurement.doubts(series))
    return Samples(series, infos, fields, results, doubts)
