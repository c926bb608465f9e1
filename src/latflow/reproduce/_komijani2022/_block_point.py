"""What block updating achieves at one coupling, with so many blocks."""

from dataclasses import dataclass

from latflow.analysis import Estimate
from latflow.reproduce._komijani2022._configurations import block_name
from latflow.reproduce._runs import chain_acceptance
from latflow.runs import RunFolder

OBSERVABLES = ("m", "chi2", "ising_energy")


@dataclass(frozen=True)
class BlockPoint:
    """A chain of block updating; a sweep redraws every block once.

    Attributes:
        kappa: coupling.
        extent: L.
        blocks: number of blocks, and of the flow's evaluations per sweep.
        acceptance: mean acceptance probability of a block's update.
        tau_int: of M, M^2 and E by name, in sweeps.
        seconds_per_sweep: of one chain, compilation left out.
        warnings: what the run says about the chain.
    """

    kappa: float
    extent: int
    blocks: int
    acceptance: Estimate
    tau_int: dict[str, Estimate]
    seconds_per_sweep: float
    warnings: tuple[str, ...]

    def evaluations(self, observable: str) -> Estimate:
        """tau_int in evaluations of the flow."""
        return self._scaled(observable, float(self.blocks))

    def cost(self, observable: str) -> Estimate:
        """Seconds per independent sample, 2 tau_int times those of a sweep."""
        return self._scaled(observable, 2 * self.seconds_per_sweep)

    def _scaled(self, observable: str, factor: float) -> Estimate:
        tau = self.tau_int[observable]
        return Estimate(factor * tau.value, factor * tau.error)


def block_point(folder: RunFolder, kappa: float, extent: int, blocks: int) -> BlockPoint:
    """Read the chain with so many blocks from a finished run."""
    name = block_name(blocks)
    results = folder.summary()["chains"][name]
    tau_int = {
        observable: Estimate(_number(entry["tau_int"]), _number(entry["tau_int_error"]))
        for observable in OBSERVABLES
        for entry in (results["observables"][observable],)
    }
    return BlockPoint(
        kappa,
        extent,
        blocks,
        chain_acceptance(folder, name),
        tau_int,
        _number(results["seconds_per_sample"]),
        tuple(results["warnings"]),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
