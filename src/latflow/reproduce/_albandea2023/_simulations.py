"""The scans of the recipe: done where they are missing, and read."""

from latflow.reproduce._albandea2023._flows import Flow, Start
from latflow.reproduce._albandea2023._plan import Plan
from latflow.reproduce._recipe import Work
from latflow.runs import RunFolder
from latflow.scans import PointResult, load_scan, run_scan


class Simulations:
    """Everything that is simulated for the recipe.

    Args:
        work: who wants it.
        plan: how long.
    """

    def __init__(self, work: Work, plan: Plan):
        self._work, self._plan = work, plan

    def classical(
        self, kernel: str, extents: tuple[int, ...], target_error: float
    ) -> list[PointResult]:
        """A kernel of the line ``hopping`` without a flow, such as HMC as in the paper.

        Raises:
            Interrupted: the recipe's ``should_stop`` said so; everything done is saved.
        """
        settings = load_scan("hopping", kernels=[kernel], seed=self._work.seed)
        names = [f"L{extent}" for extent in extents]
        wanted = tuple(e for e in settings.ensembles if e.name in names)
        changes = {"ensembles": wanted, "target_error": target_error}
        return self._done(kernel, settings.model_copy(update=changes))

    def flow_hmc(
        self, flow: Flow, extents: tuple[int, ...], target_error: float
    ) -> list[PointResult]:
        """Flow HMC with flows of one kind, trained at every extent.

        Raises:
            Interrupted: the recipe's ``should_stop`` said so; everything done is saved.
        """
        settings = flow.scan(self._plan, extents, target_error, self._work.seed)
        return self._done(flow.name, settings)

    def usual(self, start: Start, kernel_size: int | None = None) -> Flow:
        """A flow that is trained for the plan's number of steps."""
        return Flow(start, kernel_size or self._plan.kernel_size, self._plan.training_steps)

    def run_of(self, flow: Flow, point: PointResult) -> RunFolder:
        """The run behind a point of flow HMC."""
        return RunFolder(self._work.folder / "scans" / flow.name / point.run)

    def _done(self, name: str, settings) -> list[PointResult]:
        result = run_scan(
            settings,
            self._work.folder / "scans" / name,
            self._work.progress,
            self._work.should_stop,
            self._work.command,
        )
        return list(result.points)
