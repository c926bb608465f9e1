"""Derivatives with respect to the hopping parameter of phi^4: variance against the volume.

    python benchmarks/response.py --extents 16 32 64 --beta 0.6 --lam 0.5

HMC chains of one ensemble give d<E>/dbeta, d<phi^2>/dbeta and d log Z/dbeta by connected
correlators, plainly and with infinitesimal maps as controls. Beside them stands what two
independent ensembles at beta +- delta would give, from as many configurations in all: the error
of a difference of means, each known from half of them.
"""

import argparse
import json
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
# ruff: noqa: E402

from latflow.analysis import gamma_method, log_z_response, response
from latflow.kernels import HMC
from latflow.runs import theory_tangent
from latflow.sampling import run_segment, start_chains, warm_up
from latflow.sampling.response import response_series
from latflow.theories import Phi4Settings


def measure(theory, field):
    lattice = theory.space.lattice
    links = sum(field * lattice.shift(field, axis) for axis in range(lattice.ndim))
    return {"energy": jnp.mean(links) / lattice.ndim, "phi2": jnp.mean(field**2)}


def nothing(field):
    """Measurements are made afterwards."""
    return {}


def row(result, own, delta):
    """Numbers of one derivative; ``own`` is the mean itself, from the same configurations."""
    independent = own.error / delta
    return {
        "value": float(result.improved.value),
        "error": float(result.improved.error),
        "plain": [float(result.plain.value), float(result.plain.error)],
        "variance_ratio_to_plain": result.variance_ratio,
        "variance_ratio_to_independent": float((independent / result.improved.error) ** 2),
        "tau_int": float(own.tau_int),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extents", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--beta", type=float, default=0.6)
    parser.add_argument("--lam", type=float, default=0.5)
    parser.add_argument("--chains", type=int, default=16)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--thin", type=int, default=4)
    parser.add_argument("--delta", type=float, default=0.01)
    options = parser.parse_args()
    for extent in options.extents:
        settings = Phi4Settings(shape=(extent, extent), beta=options.beta, lam=options.lam)
        theory, tangent = settings.build(), theory_tangent(settings, "beta")
        kernel = HMC(theory, step_size=0.12, steps=8, target_acceptance=0.85)
        states = start_chains(kernel, 1, "hmc", options.chains, "hot")
        kernel, states = warm_up(kernel, states, 1, "hmc", 300)

        def drawn(kernel=kernel, states=states):
            return jax.block_until_ready(
                run_segment(
                    kernel, states, 1, "hmc", "sampling", 0, options.samples, options.thin,
                    nothing, 1,
                )[1]
            )  # fmt: skip

        drawn()
        start = time.process_time()
        segment = drawn()
        fields = segment.configurations
        flat = jax.block_until_ready(fields.reshape(-1, *fields.shape[2:]))
        sampling = time.process_time() - start

        @eqx.filter_jit
        def every(theory, tangent, flat):
            one = lambda field: response_series(theory, tangent, measure, field)  # noqa: E731
            return jax.lax.map(one, flat, batch_size=16)

        jax.block_until_ready(every(theory, tangent, flat))
        start = time.process_time()
        series = jax.tree.map(
            lambda a: np.asarray(a).reshape(options.chains, options.samples, *a.shape[1:]),
            every(theory, tangent, flat),
        )
        seconds = time.process_time() - start
        found = {"extent": extent, "cpu_seconds": {"sampling": sampling, "response": seconds}}
        for name in series.values:
            result = response(
                series.values[name], series.explicit[name], series.score, series.along[name],
                series.stein,
            )  # fmt: skip
            found[name] = row(result, gamma_method(series.values[name]), options.delta)
        log_z = log_z_response(series.score, series.stein)
        found["log_z"] = {
            "value": float(log_z.improved.value),
            "error": float(log_z.improved.error),
            "plain": [float(log_z.plain.value), float(log_z.plain.error)],
            "variance_ratio_to_plain": log_z.variance_ratio,
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
