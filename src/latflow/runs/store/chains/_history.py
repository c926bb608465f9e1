"""The history of a warm-up: how the chains came to equilibrium, for people to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Shaped

from latflow.runs.store.files import Damage

Series = Shaped[np.ndarray, "chains points"]


@dataclass(frozen=True)
class WarmUpHistory:
    """Slow series and infos along a warm-up, thinned; nothing that a result depends on.

    Attributes:
        every: transitions between two points; 0 where nothing was recorded. Point k is after
            (k + 1) ``every`` transitions.
        series: what the observables call slow, by name, each (chains, points), single precision.
        infos: what the kernel reports, averaged over the ``every`` transitions that lead to a
            point, the same way.
    """

    every: int = 0
    series: Mapping[str, Series] = field(default_factory=dict)
    infos: Mapping[str, Series] = field(default_factory=dict)

    @property
    def n_points(self) -> int:
        """Points that were recorded."""
        return next((array.shape[1] for array in self.infos.values()), 0)

    def then(self, later: "WarmUpHistory") -> "WarmUpHistory":
        """This history with what came after it; what only one of the two has is left out."""
        if not self.n_points:
            return later
        return WarmUpHistory(
            later.every, _joined(self.series, later.series), _joined(self.infos, later.infos)
        )

    def check(self, n_chains: int | None) -> None:
        """Refuse arrays of different shapes.

        Args:
            n_chains: of the chains' states, where they have any.

        Raises:
            Damage: they are not all of the same chains and points.
        """
        arrays = [*self.series.values(), *self.infos.values()]
        shapes = {array.shape for array in arrays}
        sound = len(shapes) <= 1 and all(
            array.ndim == 2 and array.dtype.kind == "f" for array in arrays
        )
        if not sound or (arrays and n_chains is not None and arrays[0].shape[0] != n_chains):
            raise Damage("its history is of different chains or points")
        if arrays and not self.every:
            raise Damage("its history says not how many transitions lie between its points")


def single(array: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
    """In single precision, which is enough to look at; what is too large is infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(array).astype(np.float32)


def _joined(
    first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    return {k: np.concatenate([first[k], second[k]], axis=1) for k in first if k in second}
