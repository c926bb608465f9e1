"""Tiny configurations, seconds each, that together walk through everything a run can do."""

THEORY = """
seed = 3

[theory]
kind = "phi4"
convention = "hopping"
shape = [4, 4]
beta = 0.3
lam = 0.5
"""

CHAIN = """
n_chains = 2
n_samples = 40
warm_up = 10
segment = 10
configurations_every = 10
"""

FLOW = """
[[model.flow]]
kind = "affine-coupling"
layers = 2
net = { hidden = [2] }

[training]
steps = 12
batch = 8
micro_batch = 4
warm_up = 2
chunk = 3
checkpoint_every = 3
evaluation_samples = 64
"""


def _block(kernel: str, more: str = "") -> str:
    return f'\n[[chains]]\nname = "{kernel}"\nkernel = "{kernel}"\n{more}{CHAIN}'


HMC = THEORY + _block("hmc", "steps = 4\ntarget_acceptance = 0.8\n")

MODEL = THEORY + "\n[model]\n" + FLOW + _block("independence") + _block("hmc", "steps = 4\n")

STAGES_AND_POOLS = (
    THEORY
    + """
[model.prior]
kind = "ensemble"
theory = { kind = "phi4", convention = "hopping", beta = 0.2, lam = 0.5 }
chains = 4
warm_up = 20
pool = 16
"""
    + FLOW
    + """
[[training.stages]]
shape = [2, 2]
steps = 6

[[training.stages]]
couplings = { beta = 0.25 }
steps = 6

[training.forward_kl]
share = 0.5
chains = 4
warm_up = 20
pool = 16
"""
    + _block("flow-hmc", "steps = 2\n")
)

CLASSICAL_KERNELS = THEORY + "".join(
    (
        _block("hmc", "steps = 4\n"),
        _block("fourier-hmc", "steps = 4\n"),
        _block("metropolis"),
        _block("cluster"),
    )
)

MODEL_KERNELS = (
    THEORY
    + "\n[model]\n"
    + FLOW
    + "".join(
        (
            _block("independence"),
            _block("block-updating"),
            _block("flow-local"),
            _block("flow-hmc", "steps = 2\n"),
        )
    )
)

LINKS = """
seed = 3

[theory]
kind = "u1"
shape = [4, 4]
beta = 1.0
""" + "".join(
    (
        _block("hmc", "steps = 4\n"),
        _block("heat-bath", "over_relaxation = 1\n"),
        _block("instanton"),
    )
)

SPINS = """
seed = 3

[theory]
kind = "on"
n = 3
shape = [4, 4]
beta = 1.0
""" + "".join((_block("hmc", "steps = 4\n"), _block("spin-cluster"), _block("heat-bath")))

# The smallest lattices, with configurations in the middle of segments and segments that the
# number of samples cuts.
TINY = (
    THEORY.replace("[4, 4]", "[2]").replace("seed = 3", "seed = 5")
    + _block("hmc", "steps = 4\n").replace("configurations_every = 10", "configurations_every = 5")
    + _block("metropolis").replace("n_samples = 40", "n_samples = 37")
)

FAMILIES = {
    "hmc": HMC,
    "model": MODEL,
    "stages-and-pools": STAGES_AND_POOLS,
    "classical-kernels": CLASSICAL_KERNELS,
    "model-kernels": MODEL_KERNELS,
    "links": LINKS,
    "spins": SPINS,
    "tiny": TINY,
}

SCAN = """
seed = 3

[[ensembles]]
name = "A"
theory = { kind = "phi4", shape = [2, 2], beta = 0.5, lam = 0.5 }

[[ensembles]]
name = "B"
theory = { kind = "phi4", shape = [4, 2], beta = 0.5, lam = 0.5 }

[[kernels]]
kernel = "hmc"
n_chains = 4
n_samples = 40
warm_up = 20
trajectory = 0.3
steps = 3
"""

# A chain of runs, as recipes make them: each starts from what the one before it has trained.
COARSE = (
    THEORY.replace("[4, 4]", "[2, 2]").replace("0.3", "0.2")
    + "\n[model]\n"
    + FLOW
    + _block("flow-hmc", "steps = 2\n")
)
FINE = (
    THEORY
    + """
[model.prior]
kind = "interleaved"
theory = { kind = "phi4", convention = "hopping", beta = 0.2, lam = 0.5 }
kernel = "flow-hmc"
run = "coarse"
chains = 4
warm_up = 20
pool = 16
"""
    + FLOW
    + _block("flow-hmc", "steps = 2\n")
)
