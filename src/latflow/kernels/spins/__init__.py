"""Kernels for spins: fields of real unit vectors."""

from latflow.kernels.spins._reflections import ClusterReflections as ClusterReflections
from latflow.kernels.spins._reflections import SpinClusterSettings as SpinClusterSettings
