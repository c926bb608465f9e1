"""What all have in common whose ways begin with a draw of a model."""

import equinox as eqx

from latflow.fields import FieldSpace
from latflow.models import Model, Proposer
from latflow.precision import Precision


class FromAModel(Proposer):
    """A proposer whose ways begin with a draw of a model, on its space and in its precision."""

    base: eqx.AbstractVar[Model]

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the base."""
        return self.base.space

    @property
    def precision(self) -> Precision:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the base."""
        return self.base.precision

    @property
    def draws_independently(self) -> bool:
        """If the base does."""
        return self.base.draws_independently
