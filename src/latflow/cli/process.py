"""The process before JAX wakes up: devices, precision and the compilation cache.

Whatever the user has set stays as it is.
"""

import hashlib
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

from latflow.errors import ConfigError, one_line

_DEVICE_COUNT = "xla_force_host_platform_device_count"
# What XLA hands to the library YNNPACK: products of matrices by themselves. It would hand over sums
# with all that surrounds them, too, which takes several times as long as what it does itself.
_LIBRARY_FUSIONS = "xla_cpu_experimental_ynn_fusion_type"
_PRODUCTS_ONLY = f"--{_LIBRARY_FUSIONS}=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
_SHORTEST_COMPILATION_KEPT = 0.3


def wake_jax() -> None:
    """Import JAX with one device per core, double precision, and a persistent cache."""
    flags = os.environ.get("XLA_FLAGS", "")
    if _LIBRARY_FUSIONS not in flags:
        flags = f"{flags} {_PRODUCTS_ONLY}".strip()
    if _DEVICE_COUNT not in flags:
        flags = f"{flags} --{_DEVICE_COUNT}={usable_cores()}".strip()
    os.environ["XLA_FLAGS"] = flags

    # Figures go into files: no window is opened, whatever there is to open one with.
    os.environ["MPLBACKEND"] = "agg"

    import jax

    from latflow.flags import pin_flags

    pin_flags()
    _require_devices()
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        cache = cache_folder()
        if cache is not None:
            jax.config.update("jax_compilation_cache_dir", str(cache))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", _SHORTEST_COMPILATION_KEPT)


def _require_devices() -> None:
    """The devices that the user asks for are there.

    Raises:
        ConfigError: they are not.
    """
    asked = os.environ.get("JAX_PLATFORMS")
    if not asked:
        return
    import jax

    try:
        jax.devices()
    except Exception as error:  # JAX has several ways to say so
        raise ConfigError(
            "JAX_PLATFORMS",
            f'JAX finds no "{asked}" here ({one_line(str(error) or "no reason given", 200)}); '
            "unset the variable, or set it to cpu",
        ) from None


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_folder() -> Path | None:
    """Where compiled programs are kept: the user's cache folder, apart for each kind of CPU.

    ``None`` where the user has none, or none that can be written to.
    """
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        if home:
            base = Path(home)
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path.home() / ".cache"
        folder = base / "latflow" / "xla" / _machine()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # the latter where nobody knows the home folder
        return None
    return folder if os.access(folder, os.W_OK) else None


def _machine() -> str:
    """A name for this kind of CPU: a shared home must not offer one machine another's code."""
    features = platform.processor()
    # Only Linux has this file.
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                features = line
                break
    return f"{platform.machine()}-{hashlib.sha256(features.encode()).hexdigest()[:12]}"
