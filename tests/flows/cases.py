"""The registry of flows under test: every settings class as it comes, and variants of the known."""

from functools import lru_cache

import equinox as eqx
import jax
import numpy as np
import pytest

from latflow.fields import RealScalar
from latflow.flows import (
    FLOWS,
    AffineCouplingSettings,
    Chain,
    ContinuousSettings,
    EvenPowerSpectrumSettings,
    ExactOddSitesSettings,
    OnSublattices,
    PowerSpectrumSettings,
    RescaleSettings,
    SiteSplineSettings,
    SplineCouplingSettings,
)
from latflow.flows.nets import (
    ConvolutionSettings,
    DenseSettings,
    FullConvolutionSettings,
    SingleConvolutionSettings,
)
from latflow.lattice import Lattice, on_lattice
from latflow.not_trained import parameters_of
from latflow.sublattices import halved


def coupling(net=None, layers=2, equivariance="z2"):
    net = net or ConvolutionSettings(hidden=(4, 3))
    return AffineCouplingSettings(layers=layers, equivariance=equivariance, net=net)


class Copied:
    """Builds a flow on every sublattice: it has no settings of its own."""

    def __init__(self, settings):
        self.settings = settings

    def build(self, space, key):
        return OnSublattices(self.settings.build(on_lattice(space, halved(space.lattice)), key))


class Chained:
    """Builds several flows, one after the other."""

    def __init__(self, *settings):
        self.settings = settings

    def build(self, space, key):
        return Chain(tuple(one.build(space, key) for one in self.settings))


# What makes a flow longer without making it another one: compilation is most of the time here.
FEWER = {"layers": 2, "channels": 2, "harmonics": 3, "times": 2}


def default(flow):
    """The settings of a class as they come, but for fewer layers and functions."""
    fields = flow.model_fields.keys() & FEWER.keys()
    return flow.model_validate({name: FEWER[name] for name in fields})


# Every class of the registry with its default settings, then the variants: name, block, shape.
# Flows of links are in tests/gauge/test_link_flows.py.
SCALAR_FLOWS = [flow for flow in FLOWS if RealScalar in flow.spaces]
CASES = [
    (f"default {flow.model_fields['kind'].default}", default(flow), (4, 4)) for flow in SCALAR_FLOWS
]
CASES += [
    (
        "spline coupling without z2",
        SplineCouplingSettings(
            layers=2,
            bins=3,
            bound=1.0,
            equivariance="none",
            net=ConvolutionSettings(hidden=(3,), activation="silu"),
        ),
        (4, 2),
    ),
    (
        "dense spline coupling in 3D",
        SplineCouplingSettings(layers=1, bins=2, net=DenseSettings(hidden=(4,))),
        (2, 2, 4),
    ),
    ("psd in 1D, odd", PowerSpectrumSettings(m2=0.3, bins=3), (7,)),
    ("psd in odd extents", PowerSpectrumSettings(start="identity", zero_mode_bins=3), (3, 5)),
    ("psd in 3D", PowerSpectrumSettings(bins=2), (2, 3, 4)),
    ("psd in 4D", PowerSpectrumSettings(bins=3), (2, 2, 3, 2)),
    ("spline, most sites in its tails", SiteSplineSettings(bins=3, bound=0.5), (3, 5)),
    ("rescale in odd extents", RescaleSettings(scale=0.3), (3, 5)),
    ("coupling in 1D", coupling(layers=3), (6,)),
    ("3D without hidden layer", coupling(ConvolutionSettings(hidden=()), layers=1), (2, 4, 2)),
    ("4D", coupling(ConvolutionSettings(hidden=(2,)), layers=1), (2, 2, 2, 2)),
    ("kernel 5, extents 2 and 6", coupling(ConvolutionSettings(hidden=(2, 3), kernel=5)), (2, 6)),
    (
        "convolution without z2",
        coupling(ConvolutionSettings(hidden=(4, 4), activation="silu"), equivariance="none"),
        (4, 4),
    ),
    (
        "spline activation",
        coupling(ConvolutionSettings(hidden=(2, 2), activation="symmetric-spline")),
        (4, 4),
    ),
    ("full convolution", coupling(FullConvolutionSettings(hidden=(3, 2))), (4, 6)),
    (
        "full convolution without z2 in 3D",
        coupling(FullConvolutionSettings(hidden=(2, 2)), layers=1, equivariance="none"),
        (2, 4, 2),
    ),
    (
        "full convolution, kernel 5",
        coupling(FullConvolutionSettings(hidden=(2, 2), kernel=5), equivariance="none"),
        (6, 2),
    ),
    ("single convolution", coupling(SingleConvolutionSettings()), (4, 6)),
    (
        "single convolution, kernel 7 and 3D",
        coupling(SingleConvolutionSettings(kernel=7), layers=1, equivariance="none"),
        (2, 4, 2),
    ),
    ("dense", coupling(DenseSettings(hidden=(8, 6))), (4, 2)),
    (
        "dense without z2",
        coupling(DenseSettings(hidden=(8,), activation="gelu"), equivariance="none"),
        (4, 4),
    ),
    (
        "continuous in 3D, gradients from stored stages",
        ContinuousSettings(channels=2, harmonics=3, times=2, gradient="store"),
        (2, 3, 2),
    ),
    (
        "continuous with smooth kernels",
        ContinuousSettings(channels=2, harmonics=3, times=2, nodes=3),
        (4, 3),
    ),
    ("on sublattices", Copied(coupling(SingleConvolutionSettings())), (4, 8)),
    ("on sublattices in 1D, all translations", Copied(PowerSpectrumSettings(bins=3)), (6,)),
    (
        "on sublattices in 3D, without z2",
        Copied(coupling(DenseSettings(hidden=(4,)), layers=1, equivariance="none")),
        (4, 4, 8),
    ),
    (
        "coupling of even sites",
        AffineCouplingSettings(level=1, layers=2, net=ConvolutionSettings(hidden=(4, 3))),
        (4, 4),
    ),
    (
        "coupling of even sites in 3D",
        AffineCouplingSettings(level=1, layers=1, net=ConvolutionSettings(hidden=(2,))),
        (4, 2, 4),
    ),
    (
        "coupling of every other even site",
        SplineCouplingSettings(level=2, layers=1, bins=2, net=ConvolutionSettings(hidden=(2,))),
        (4, 8),
    ),
    (
        "coupling of even sites in 1D",
        AffineCouplingSettings(level=1, layers=2, net=ConvolutionSettings(hidden=(3,))),
        (8,),
    ),
    (
        "finer sites given coarser ones",
        SplineCouplingSettings(
            level=2, active="finer", layers=2, bins=2, net=ConvolutionSettings(hidden=(2,))
        ),
        (4, 4),
    ),
    ("psd of coarse sites", PowerSpectrumSettings(bins=2, level=2), (4, 6)),
    ("even psd of coarse sites", EvenPowerSpectrumSettings(bins=2, level=3), (8, 4)),
    ("spline of even sites", SiteSplineSettings(bins=3, level=1), (4, 2)),
    ("even psd in 1D", EvenPowerSpectrumSettings(bins=3), (6,)),
    ("even psd in 3D", EvenPowerSpectrumSettings(start="identity", bins=2), (2, 4, 2)),
    ("exact odd sites in 1D", ExactOddSitesSettings(), (6,)),
    ("exact odd sites in 3D", ExactOddSitesSettings(), (2, 4, 2)),
    (
        "even sites, then exact odd ones",
        Chained(
            EvenPowerSpectrumSettings(bins=2),
            AffineCouplingSettings(level=1, layers=2, net=ConvolutionSettings(hidden=(3,))),
            ExactOddSitesSettings(),
        ),
        (4, 4),
    ),
    ("twice on sublattices", Copied(Copied(coupling(SingleConvolutionSettings()))), (8, 8)),
]
NAMES = [name for name, _, _ in CASES]

# One case of every kind and dimension is always tested; the others are more of the same.
ALWAYS = {
    "psd in 1D, odd",
    "psd in 3D",
    "coupling in 1D",
    "4D",
    "spline coupling without z2",
    "single convolution",
    "full convolution",
    "dense",
    "on sublattices",
    "coupling of even sites",
    "finer sites given coarser ones",
    "psd of coarse sites",
    "spline of even sites",
    "even psd in 1D",
    "exact odd sites in 1D",
    "even sites, then exact odd ones",
}
# Whose gradients are not made of the same pieces as another's.
DIFFERENTIATED = {
    "default affine-coupling",
    "default rescale",
    "default psd",
    "default symmetric-spline",
    "default exact-odd-sites",
    "default even-psd",
    "spline coupling without z2",
    "single convolution",
    "full convolution",
    "dense",
    "spline of even sites",
}


def cases(often):
    """All names as parameters of a test, those that are not tested often marked as slow."""
    return [name if name in often else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


TESTED = cases(ALWAYS | {name for name in NAMES if name.startswith("default")})


def randomised(tree, seed, scale=0.1):
    """The same tree in double precision, with noise on every parameter: no head is zero.

    What no optimiser touches stays: tables with noise would be no tables of anything.
    """
    random = np.random.default_rng(seed)

    def noisy(leaf):
        return np.asarray(leaf, np.float64) + scale * random.normal(size=leaf.shape)

    parameters, rest = parameters_of(tree)
    # NumPy and one transfer: a small JAX operation for each leaf would compile each of them.
    return eqx.combine(jax.device_put(jax.tree.map(noisy, parameters)), rest)


@lru_cache
def build(name):
    """The flow of a case with random parameters, in double precision, and its shape."""
    _, settings, shape = CASES[NAMES.index(name)]
    flow = settings.build(RealScalar(Lattice(shape)), jax.random.key(0))
    return randomised(flow, seed=len(name)), shape
