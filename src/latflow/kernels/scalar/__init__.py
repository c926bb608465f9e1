"""Kernels for real scalar fields with an action of neighbours and sites."""

from latflow.kernels.scalar._blackjax import BlackJAX as BlackJAX
from latflow.kernels.scalar._blackjax import BlackJAXSettings as BlackJAXSettings
from latflow.kernels.scalar._cluster import ClusterFlips as ClusterFlips
from latflow.kernels.scalar._cluster import cluster_labels as cluster_labels
from latflow.kernels.scalar._cluster import flipped_clusters as flipped_clusters
from latflow.kernels.scalar._cluster import ising_bonds as ising_bonds
from latflow.kernels.scalar._cluster_cycle import ClusterSettings as ClusterSettings
from latflow.kernels.scalar._local import require_local as require_local
from latflow.kernels.scalar._marginal_hmc import MarginalHMC as MarginalHMC
from latflow.kernels.scalar._marginal_hmc import MarginalHMCSettings as MarginalHMCSettings
from latflow.kernels.scalar._metropolis import Metropolis as Metropolis
from latflow.kernels.scalar._metropolis import MetropolisSettings as MetropolisSettings
from latflow.kernels.scalar._update import Update as Update
