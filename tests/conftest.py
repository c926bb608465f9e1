"""What every test of the package runs under: double precision, type checks, two devices, a cache.

The environment is set before JAX wakes up. Whatever a user has set already is respected.
"""

import ctypes
import gc
import os
import signal
from contextlib import contextmanager
from pathlib import Path

_user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
# Child processes (tests of the command line) inherit the cache, but no other setting from here.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_user_cache / "latflow" / "tests"))
# Most tests compile for seconds to compute for milliseconds, and so do the commands they start.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
# As the command sets it (cli/process.py): what runs here must round as what it starts.
_FUSIONS = "xla_cpu_experimental_ynn_fusion_type"
_flags = os.environ.get("XLA_FLAGS", "")
if _FUSIONS not in _flags:
    _flags = f"{_flags} --{_FUSIONS}=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT".strip()
    os.environ["XLA_FLAGS"] = _flags

import jax  # noqa: E402
import pytest  # noqa: E402
from jaxtyping import install_import_hook  # noqa: E402

jax.config.update("jax_enable_x64", True)
if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
    jax.config.update("jax_num_cpu_devices", 2)

MEMORY_OF_A_WORKER = 1.2e9
MAPS_OF_A_WORKER = 30_000

# Every function of the package checks the types, shapes and dtypes that it is annotated with.
install_import_hook("latflow", "beartype.beartype")


def pytest_configure(config):
    """Warnings are errors, except that an entry of the cache may be half written by a neighbour."""
    config.addinivalue_line(
        "filterwarnings", "ignore:Error (reading|writing) persistent compilation cache"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """``first_cases(n)``: of a test with parameters n cases are quick, the others slow."""
    seen = {}
    for item in items:
        marker = item.get_closest_marker("first_cases")
        if marker is None or item.get_closest_marker("slow") is not None:
            continue
        test = (item.path, item.cls, item.function)
        seen[test] = seen.get(test, 0) + 1
        if seen[test] > marker.args[0]:
            item.add_marker(pytest.mark.slow)


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


@contextmanager
def _optimised():
    jax.clear_caches()
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
    jax.clear_caches()


@pytest.fixture
def optimised_programs():
    """Programs as users have them: for what must hold to the bit."""
    with _optimised():
        yield


@pytest.fixture(scope="module")
def optimised_module():
    """The same for all tests of a module: where chains are long."""
    with _optimised():
        yield


@pytest.fixture(autouse=True)
def memory_given_back():
    """A worker keeps little of what the compiler needed, and not too many programs.

    The compiler leaves the heap in pieces that only ``malloc_trim`` gives back. Every compiled
    program is mapped into memory several times, and Linux allows a process some 65,000 such maps:
    a worker that kept all programs of the suite would end in the middle of it.
    """
    yield
    if _resident_memory() < MEMORY_OF_A_WORKER:
        return
    _trim_heap()
    if _resident_memory() > 0.7 * MEMORY_OF_A_WORKER or _number_of_maps() > MAPS_OF_A_WORKER:
        jax.clear_caches()
        gc.collect()
        _trim_heap()


def _resident_memory():
    """In bytes; 0 where the system does not say."""
    if not Path("/proc/self/statm").exists():
        return 0
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _number_of_maps():
    return Path("/proc/self/maps").read_bytes().count(b"\n")


def _trim_heap():
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
