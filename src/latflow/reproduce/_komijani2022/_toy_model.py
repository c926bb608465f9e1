r"""The toy model of accept/reject with log-normal weights: exact answers, and its simulation.

Komijani and Marinkovic, arXiv:2301.01504, section 4.1. Proposals x are normal with mean 0 and
variance :math:`\sigma^2`; the chain y goes to x with probability :math:`e^{-\max(x - y, 0)}`,
and stays otherwise. It stands for log(q/p) in independence Metropolis, so that the weight of y
is :math:`w = e^{-y}`. With ``blocks`` the number :math:`y = \sum_b y_b` is a sum of independent
such chains of variance :math:`\sigma^2` / blocks each, and a substep updates one of them, in
turn: block updating of a field whose blocks do not know of each other.

**Unit of time.** Lags and :math:`\tau_{int}` count substeps, each the cost of a proposal. This
is the horizontal axis of the paper's figure 5 (right), where sweeps over all blocks are
stretched by their number. In kn + r substeps over n blocks, r blocks are updated k + 1 times
and all others k times, whatever the starting block. So the autocorrelation of y in substeps
interpolates linearly between those of one block after whole numbers of updates, and the sum in

    tau_int = 1/2 + sum over t >= 1 of rho(t) = n (1/2 + sum over k >= 1 of rho_block(k))

is the same whether y is measured after every substep or after every sweep only.

**The kernel.** f and pi are the densities of the proposal, N(0, s^2), and of the chain in
equilibrium, N(-s^2, s^2), with s^2 the variance of a block. a(y) is the probability to move away
from y. Smith and Tierney (Exact transition probabilities for the independence Metropolis
sampler, 1996) found all powers of such a kernel. For y itself, where the integral of
(x + s^2) pi(x) over the weights below that of y is s^2 pi(y), they give

    R(n) = int (1 - a)^n (y + s^2)^2 pi dy  +  n s^4 int (1 - a)^(n-1) f pi dy,

one smooth integral: a trapezoidal sum has it to rounding.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy.special import erfc, log_ndtr

_POINTS = 4001
# Beyond so many standard deviations all integrands vanish.
_REACH = 12.0


class ToySeries(NamedTuple):
    """A simulation: the sum y over the blocks after every substep, and what was accepted."""

    y: Float[np.ndarray, "replicas substeps"]
    accepted: Bool[np.ndarray, "replicas substeps"]


def toy_acceptance(sigma: float, blocks: int = 1) -> float:
    """Mean acceptance of a substep, erfc(s/2) with s = sigma / sqrt(blocks).

    Args:
        sigma: standard deviation of log(q/p), positive.
        blocks: number of blocks.

    Raises:
        ValueError: ``sigma`` or ``blocks`` is not positive.
    """
    return float(erfc(_deviation(sigma, blocks) / 2))


def toy_autocorrelation(
    sigma: float, lags: Shaped[np.ndarray, " lags"], blocks: int = 1
) -> Float[np.ndarray, " lags"]:
    """Exact normalised autocorrelation of y in equilibrium.

    Args:
        sigma: standard deviation of log(q/p), positive.
        lags: in substeps, at least 0.
        blocks: number of blocks.

    Raises:
        ValueError: a parameter is out of its range.
    """
    integrals = _Integrals(_deviation(sigma, blocks))
    lags = np.asarray(lags, dtype=np.float64)
    if (lags < 0).any():
        raise ValueError("lags must not be negative")
    updates, fraction = np.divmod(lags / blocks, 1)
    known = {n: integrals.autocorrelation(n) for n in {*updates, *(updates + 1)}}
    before, after = (np.array([known[n] for n in shifted]) for shifted in (updates, updates + 1))
    return (1 - fraction) * before + fraction * after


def toy_tau_int(sigma: float, blocks: int = 1) -> float:
    """Exact integrated autocorrelation time of y, in substeps; 1/2 is independent.

    With n blocks and s = sigma / sqrt(n) it is sigma^2 tau(s) / s^2, tau that of one block. So
    the best size of a block does not depend on sigma: s^2 = 0.544, where the acceptance of a
    substep is 0.602. With blocks of that size tau_int is 5.53 sigma^2; with a
    single one it is about (1 + sigma^2) e^(sigma^2) where sigma is large.

    Args:
        sigma: standard deviation of log(q/p), positive.
        blocks: number of blocks.

    Raises:
        ValueError: ``sigma`` or ``blocks`` is not positive.
    """
    return blocks * _Integrals(_deviation(sigma, blocks)).tau_int()


def toy_simulation(
    sigma: float,
    substeps: int,
    replicas: int,
    random: np.random.Generator,
    blocks: int = 1,
    from_equilibrium: bool = True,
) -> ToySeries:
    """Simulate many independent replicas of the chain.

    Args:
        sigma: standard deviation of log(q/p), positive.
        substeps: proposals per replica; block t mod ``blocks`` is updated in substep t.
        replicas: independent chains, advanced together.
        random: source of all random numbers.
        blocks: number of blocks.
        from_equilibrium: start in N(-sigma^2, sigma^2); else, as in the paper, at a proposal.

    Raises:
        ValueError: ``sigma`` or ``blocks`` is not positive.
    """
    deviation = _deviation(sigma, blocks)
    parts = random.normal(-(deviation**2) * from_equilibrium, deviation, (blocks, replicas))
    y, accepted = np.empty((substeps, replicas)), np.empty((substeps, replicas), dtype=bool)
    for substep in range(substeps):
        part = parts[substep % blocks]
        proposal = random.normal(0, deviation, replicas)
        accepted[substep] = random.exponential(size=replicas) > proposal - part
        np.copyto(part, proposal, where=accepted[substep])
        y[substep] = parts.sum(axis=0)
    return ToySeries(y.T, accepted.T)


class _Integrals:
    """R(n) and tau_int of one block of standard deviation s, in its own updates."""

    def __init__(self, s: float):
        # pi / a, the widest integrand, is a normal density around -2 s^2 far to the left.
        y = np.linspace(-2 * s**2 - _REACH * s, _REACH * s, _POINTS)
        self._log_leave = np.logaddexp(log_ndtr(y / s), y + s**2 / 2 + log_ndtr(-(y + s**2) / s))
        self._stay = np.clip(-np.expm1(self._log_leave), 0, 1)
        log_normal = -np.log(s * np.sqrt(2 * np.pi)) + np.log(y[1] - y[0])
        log_pi = log_normal - ((y + s**2) / s) ** 2 / 2
        # Both are divided by the variance, and the first holds the step of the sum.
        self._square = ((y + s**2) / s) ** 2 * np.exp(log_pi)
        log_f = -((y / s) ** 2) / 2 - np.log(s * np.sqrt(2 * np.pi))
        self._log_moved = 2 * np.log(s) + log_f + log_pi

    def autocorrelation(self, n: float) -> float:
        """R(n) / R(0) after n updates."""
        moved = n * self._stay ** max(n - 1, 0) * np.exp(self._log_moved)
        return float(np.sum(self._stay**n * self._square + moved))

    def tau_int(self) -> float:
        """1/2 + sum of R(n) / R(0): the sums over n are geometric."""
        stayed = self._stay * self._square * np.exp(-self._log_leave)
        return float(0.5 + np.sum(stayed + np.exp(self._log_moved - 2 * self._log_leave)))


def _deviation(sigma: float, blocks: int) -> float:
    if not (sigma > 0 and blocks >= 1):
        raise ValueError(f"sigma and blocks must be positive, got {sigma} and {blocks}")
    return sigma / np.sqrt(blocks)
