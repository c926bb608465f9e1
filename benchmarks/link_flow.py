"""Whole training steps of flows of links: latflow against plain JAX.

Prints milliseconds per step, nanoseconds per link, layer and step, and per link that a layer
changes, for gauge theories in two dimensions, trained in single precision with the reverse
Kullback-Leibler divergence and Adam; couplings have two hidden layers of 8 channels and 3 x 3
kernels:

- ``link-coupling``: latflow's couplings of U(1); a layer changes a quarter of the links, its
  network works on sublattices, and its maps of plaquettes are circular splines;
- ``plain U(1)``: the architecture of the public tutorial of Albergo et al. (arXiv:2101.08176), and
  all of its training step, in plain JAX (one jitted function of a vmapped sample with XLA's
  convolutions on the full lattice): stripes of active plaquettes, an eighth of the links in a
  layer, mixtures of two tangent maps and a shift;
- ``plaquette-spectral``: latflow's flow of SU(3) plaquettes by their spectra, at ``--su-shape``:
  one layer, which changes all plaquettes, without a network;
- ``plain SU(3)``: couplings with the same stripes and networks, whose splines of eigenvalues
  (Boyda et al., arXiv:2008.05456) rest on JAX's ``eigh`` and its derivative.

Variants run in turn in one process; medians and ratios of processor time come from one run.

    python benchmarks/link_flow.py --shape 16 16 --batch 256
"""

import argparse
import statistics
import time

import jax

jax.config.update("jax_enable_x64", True)
# ruff: noqa: E402

from _plain_links import CHANNELS, plain_su3, plain_u1
from _steps import latflow_training

from latflow.flows.gauge import LinkCouplingSettings, PlaquetteSpectralSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import Uniform
from latflow.theories import SUGauge, U1Gauge

BETA, BETA_SU3 = 2.0, 5.0
LEARNING_RATE = 1e-3


def main():
    """Time all variants in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=2, default=(16, 16))
    parser.add_argument("--su-shape", type=int, nargs=2, default=(16, 16))
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--micro-batch", type=int, default=64)
    parser.add_argument("--su-layers", type=int, default=4, help="of the plain flow of SU(3)")
    parser.add_argument("--su-batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=3, help="steps between two looks at the clock")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    lattice, su_lattice = Lattice(tuple(options.shape)), Lattice(tuple(options.su_shape))
    abelian = U1Gauge(lattice, beta=BETA)
    coupling = LinkCouplingSettings.model_validate(
        {"layers": options.layers, "equivariance": "none", "net": {"hidden": (CHANNELS, CHANNELS)}}
    )
    su3 = SUGauge(su_lattice, n=3, beta=BETA_SU3)
    spectral, key = PlaquetteSpectralSettings(), jax.random.key(0)
    links, su_links = 2 * lattice.volume, 2 * su_lattice.volume
    # A function that does steps; configurations, layers, links, and the share of them that a
    # layer changes.
    variants = {
        "link-coupling": (
            latflow_training(
                abelian,
                Model(Uniform(abelian.space), coupling.build(abelian.space, key)),
                options.batch,
                options.micro_batch,
                LEARNING_RATE,
            ),
            (options.batch, options.layers, links, 1 / 4),
        ),
        "plain U(1)": (
            plain_u1(lattice.shape, options.layers, options.batch, BETA, LEARNING_RATE),
            (options.batch, options.layers, links, 1 / 8),
        ),
        "plaquette-spectral": (
            latflow_training(
                su3,
                Model(Uniform(su3.space), spectral.build(su3.space, key)),
                options.su_batch,
                options.su_batch,
                LEARNING_RATE,
            ),
            (options.su_batch, 1, su_links, 1),
        ),
        "plain SU(3)": (
            plain_su3(
                su_lattice.shape, options.su_layers, options.su_batch, BETA_SU3, LEARNING_RATE
            ),
            (options.su_batch, options.su_layers, su_links, 1 / 8),
        ),
    }
    # A step that is handed its own result may be compiled once more.
    for advance, _ in variants.values():
        for _ in range(2):
            advance(options.steps)
    times = {name: [] for name in variants}
    for _ in range(options.rounds):
        for name, (advance, _) in variants.items():
            start = time.process_time()
            advance(options.steps)
            times[name].append((time.process_time() - start) / options.steps)
    print(
        f"{'':20s} {'CPU ms per step':>16s} {'ns per link, layer and step':>28s} "
        f"{'per changed link':>17s} {'speed-up per layer':>19s} {'per changed link':>17s}"
    )
    of_plain, of_plain_changed = None, None
    for name in reversed(variants):
        batch, layers, n_links, share = variants[name][1]
        median = statistics.median(times[name])
        each = 1e9 * median / (batch * layers * n_links)
        row = f"{name:20s} {1e3 * median:16.2f} {each:28.1f} {each / share:17.1f}"
        if name.startswith("plain"):
            of_plain, of_plain_changed = each, each / share
        else:
            assert of_plain is not None
            assert of_plain_changed is not None
            row += f" {of_plain / each:19.2f} {of_plain_changed * share / each:17.2f}"
        print(row)


if __name__ == "__main__":
    main()
