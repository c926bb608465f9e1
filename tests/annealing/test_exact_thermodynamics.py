"""log Z, its derivative and entropy of runs against exact ones: free field, SU(2), Ising limit.

Within 4 standard errors (false alarms 6e-5 each, under thirty comparisons), errors bounded.
"""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad

from latflow.runs import RunFolder, config_from, sample, thermodynamics, train

# On 2 x 2 sites every pair of neighbours has two links; the pairs form a ring.
LINKS = 2.0 * np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])


def curve_of(tmp_path, content):
    folder = RunFolder.create(tmp_path / "run", config_from({"seed": 5, **content}))
    train(folder)
    sample(folder)
    (curve,) = thermodynamics(folder)
    return curve


def annealed(theory, prior, annealing):
    model = {"prior": prior, "annealing": annealing}
    return {"theory": theory, "model": model, "training": {"evaluation_samples": 4096}}


def agrees(estimate, exact, largest):
    assert 0 < estimate.error < largest
    assert abs(estimate.value - exact) < 4 * estimate.error, (estimate, exact)


@pytest.mark.slow
def test_free_field_between_two_masses(tmp_path):
    far, theory = 2.0, {"kind": "free", "shape": [2, 2], "m2": 0.8}
    hmc = {"kernel": "hmc", "trajectory": 1.2, "steps": 3}
    annealing = {"levels": 4, "couplings": {"m2": far}, "kernel": hmc}
    prior = {"kind": "free-field", "m2": far, "zeta": 1.0}
    curve = curve_of(tmp_path, annealed(theory, prior, annealing))
    khat2 = np.array([0.0, 4.0, 4.0, 8.0])
    for state, exact, m2 in zip(curve.states, curve.exact, curve.couplings["m2"], strict=True):
        modes = khat2 + m2
        assert exact.log_z == pytest.approx(0.5 * np.sum(np.log(2 * np.pi / modes)))
        assert exact.slope == pytest.approx(-0.5 * (0.8 - far) * np.sum(1 / modes), rel=1e-4)
        agrees(state.log_z, exact.log_z, 0.02)
        if state.slope is not None:
            agrees(state.slope, exact.slope, 0.05)
    # Each of four modes has half a unit of action.
    agrees(curve.states[-1].entropy, curve.exact[-1].log_z + 2.0, 0.05)


@pytest.mark.slow
def test_su2_from_haar_measure(tmp_path):
    annealing = {"levels": 4, "couplings": {"beta": 0.0}, "kernel": "heat-bath"}
    theory = {"kind": "su2", "shape": [2, 2], "beta": 1.5}
    curve = curve_of(tmp_path, annealed(theory, {"kind": "uniform"}, annealing))
    assert curve.couplings["beta"] == pytest.approx([0.375, 0.75, 1.125, 1.5])
    for state, exact in zip(curve.states, curve.exact, strict=True):
        agrees(state.log_z, exact.log_z, 0.03)
        agrees(state.entropy, exact.entropy, 0.05)
        if state.slope is not None:
            agrees(state.slope, exact.slope, 0.1)


def ising_difference(h, lam, links):
    """log Z(h) - log Z(0) of the hopping form for large lambda, to second order in the width.

    phi = s r with a sign s and r near one. Given the signs r is averaged over by cumulants: to
    first order it makes an Ising model of coupling h <r>^2, to second order there is
    h^2 / 2 Var(sum over links of s s' r r').
    """

    def weight(r):
        return np.exp(-(r**2) - lam * (r**2 - 1) ** 2)

    norm, mean, square = (
        quad(lambda r, n=n: r**n * weight(r), 0.0, 3.0, points=[1.0], epsabs=1e-13)[0]
        for n in range(3)
    )
    mean, square = mean / norm, square / norm
    variance = square - mean**2
    signs = np.array(list(itertools.product([-1, 1], repeat=len(links))))
    linked = signs @ links
    energy = 0.5 * np.sum(signs * linked, axis=1)
    second = mean**2 * variance * np.sum(linked**2, axis=1) + variance**2 * np.sum(links**2) / 2
    return np.log(np.mean(np.exp(h * mean**2 * energy + h**2 / 2 * second)))


def test_large_lambda_is_an_ising_model_with_corrections():
    """Against the transfer matrix of the ring by quadrature; without corrections it is 3 % off."""

    def log_z(h, lam):
        nodes, weights = np.polynomial.legendre.leggauss(400)
        x, w = 2 * nodes, 2 * weights
        site = w * np.exp(-(x**2) - lam * (x**2 - 1) ** 2)
        transfer = np.sqrt(np.outer(site, site)) * np.exp(2 * h * np.outer(x, x))
        return np.log(np.trace(np.linalg.matrix_power(transfer, 4)))

    exact = log_z(0.3, 30.0) - log_z(0.0, 30.0)
    assert ising_difference(0.3, 30.0, LINKS) == pytest.approx(exact, abs=1e-5)
    assert abs(ising_difference(0.3, 1e4, LINKS) - exact) > 0.02


@pytest.mark.slow
def test_phi4_in_the_ising_limit(tmp_path):
    """Exchange with clusters; what the expansion neglects is far below the errors."""
    beta, lam = 0.3, 30.0
    ladder = {"kind": "couplings", "couplings": {"h": 0.0}, "positions": [0.0, 0.5, 1.0]}
    chain = {
        "name": "exchange", "kernel": "replica-exchange", "ladder": ladder, "update": "cluster",
        "n_chains": 64, "n_samples": 400, "segment": 400, "warm_up": 50,
    }  # fmt: skip
    theory = {"kind": "phi4", "convention": "hopping", "shape": [2, 2], "beta": beta, "lam": lam}
    curve = curve_of(tmp_path, {"theory": theory, "chains": [chain]})
    assert curve.is_relative and curve.couplings["h"] == pytest.approx([0, beta / 2, beta])
    for state, h in zip(curve.states[1:], curve.couplings["h"][1:], strict=True):
        agrees(state.log_z, ising_difference(h, lam, LINKS), 0.02)
    step = 1e-3
    exact = [ising_difference(h, lam, LINKS) for h in (beta - step, beta + step)]
    slope = curve.states[-1].slope
    assert slope is not None
    agrees(slope, beta * (exact[1] - exact[0]) / (2 * step), 0.05)
