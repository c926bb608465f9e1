"""Sums of a few rows with signs, by a table, and their transposes: no scatter, the batch last."""

import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import batch_last


class SignedSums:
    """Which rows each sum is made of, and with which signs; hashable by content.

    Args:
        n_rows: how many rows there are to add.
        terms: of shape (sums, terms): their numbers.
        signs: of the same shape: 1 or -1, or 0 for no term.
    """

    def __init__(self, n_rows: int, terms: np.ndarray, signs: np.ndarray):
        self.n_rows = n_rows
        self.terms, self.signs = terms.astype(np.int32), signs.astype(np.int8)
        self._content = (n_rows, terms.shape, self.terms.tobytes(), self.signs.tobytes())
        self._hash = hash(self._content)

    @property
    def transposed(self) -> "SignedSums":
        """For each row all sums that it is a term of."""
        sums, places = np.nonzero(self.signs)
        rows = self.terms[sums, places]
        order = np.argsort(rows, kind="stable")
        counts = np.bincount(rows, minlength=self.n_rows)
        column = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        terms = np.zeros((self.n_rows, max(1, counts.max())), np.int32)
        signs = np.zeros(terms.shape, np.int8)
        terms[rows[order], column] = sums[order]
        signs[rows[order], column] = self.signs[sums, places][order]
        return SignedSums(len(self.terms), terms, signs)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other) -> bool:
        return isinstance(other, SignedSums) and self._content == other._content


def signed_sums(rows: Float[Array, "rows ..."], table: SignedSums) -> Float[Array, "sums ..."]:
    """result[n] = sum over t of signs[n, t] rows[terms[n, t]]."""
    return _sums_p.bind(rows, table=table)


def _sums(rows, *, table):
    total = None
    for column, signs in zip(table.terms.T, table.signs.T, strict=True):
        term = jnp.take(rows, column, axis=0, mode="clip")
        first, *others = signs
        if all(other == first for other in others):
            term = term if first == 1 else -term
        else:
            shape = (len(signs),) + (1,) * (rows.ndim - 1)
            term = term * jnp.asarray(signs.astype(rows.dtype).reshape(shape))
        total = term if total is None else total + term
    return total


_sums_p = batch_last("latflow_signed_sums", _sums)
ad.deflinear2(
    _sums_p, lambda gradient, _, *, table: [_sums_p.bind(gradient, table=table.transposed)]
)
