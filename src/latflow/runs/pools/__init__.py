"""Pools of configurations that Markov chains fill for training, and cascades of runs.

Nothing here opens a run's model: whoever asks hands in how to get one.
"""

from latflow.runs.pools._backward import backward_configurations as backward_configurations
from latflow.runs.pools._cascade import ModelOf as ModelOf
from latflow.runs.pools._cascade import composed_model as composed_model
from latflow.runs.pools._cascade import flow_kernel as flow_kernel
from latflow.runs.pools._cascade import moving_model as moving_model
from latflow.runs.pools._pool_chains import PoolChains as PoolChains
from latflow.runs.pools._pool_kernels import prior_kernel as prior_kernel
from latflow.runs.pools._pool_kernels import target_kernel as target_kernel
from latflow.runs.pools._pools import PRIOR_FILE as PRIOR_FILE
from latflow.runs.pools._pools import TARGET_FILE as TARGET_FILE
from latflow.runs.pools._pools import Pools as Pools
from latflow.runs.pools._pools import Stage as Stage
from latflow.runs.pools._pools import pool_files as pool_files
from latflow.runs.pools._pools import prior_chains as prior_chains
from latflow.runs.pools._pools import read_pool_record as read_pool_record
from latflow.runs.pools._pools import training_pools as training_pools
from latflow.runs.pools._prior_evaluation import evaluate_with_chains as evaluate_with_chains
from latflow.runs.pools._prior_run import PriorRun as PriorRun
from latflow.runs.pools._prior_run import behind_prior as behind_prior
from latflow.runs.pools._prior_run import ensemble_settings as ensemble_settings
from latflow.runs.pools._prior_run import prior_run as prior_run
