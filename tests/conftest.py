"""What every test of the package runs under: double precision, type checks, two devices, a cache.

The environment is set before JAX wakes up. Whatever a user has set already is respected.
"""

import gc
import os
import signal
from pathlib import Path

_user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
# Child processes (tests of the command line) inherit the cache, but no other setting from here.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_user_cache / "latflow" / "tests"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

import jax  # noqa: E402
import pytest  # noqa: E402
from jaxtyping import install_import_hook  # noqa: E402

jax.config.update("jax_enable_x64", True)
if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
    jax.config.update("jax_num_cpu_devices", 2)

# Every function of the package checks the types, shapes and dtypes that it is annotated with.
install_import_hook("latflow", "beartype.beartype")


def pytest_configure(config):
    """Warnings are errors, except that an entry of the cache may be half written by a neighbour."""
    config.addinivalue_line(
        "filterwarnings", "ignore:Error (reading|writing) persistent compilation cache"
    )


@pytest.fixture
def heeded_hangups():
    """SIGHUP as a terminal gives it, also to child processes, where the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def strict_promotion():
    """No silent mixing of precisions (Optax cannot run under this)."""
    with jax.numpy_dtype_promotion("strict"):
        yield


@pytest.fixture(scope="module", autouse=True)
def few_programs_at_a_time():
    """Compiled programs of a module go with it.

    Every one of them is mapped into memory several times, and Linux allows a process some 65,000
    such maps: a worker that kept all programs of the suite would end in the middle of it.
    """
    yield
    jax.clear_caches()
    gc.collect()
