"""latflow: normalizing flows for lattice field theory, exact and honest about errors.

What a notebook needs is here: ``import latflow as lf``, then ``lf.load(RUN)``, ``lf.run``,
``lf.build``, ``lf.train``, ``lf.evaluate``, ``lf.sample``, ``lf.compare``, ``lf.gamma_method``,
``lf.read_configuration``. Importing latflow does nothing but that: JAX wakes up when the first of
these is touched, and your choices of devices and precision stay yours.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# What type checkers are told of these stands in __init__.pyi.
_HOMES = {
    "gamma_method": "latflow.analysis",
    "read_configuration": "latflow.exchange",
    "build": "latflow.library",
    "compare": "latflow.library",
    "evaluate": "latflow.library",
    "load": "latflow.library",
    "run": "latflow.library",
    "sample": "latflow.library",
    "train": "latflow.library",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'latflow' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
