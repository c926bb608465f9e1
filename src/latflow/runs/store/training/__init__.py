"""The files of training: checkpoints, metrics, the evaluation, and the view of the layers."""

from latflow.runs.store.training._checkpoints import Checkpoint as Checkpoint
from latflow.runs.store.training._checkpoints import CheckpointHeader as CheckpointHeader
from latflow.runs.store.training._checkpoints import check_checkpoint as check_checkpoint
from latflow.runs.store.training._checkpoints import (
    check_latest_checkpoint as check_latest_checkpoint,
)
from latflow.runs.store.training._checkpoints import checkpoint_header as checkpoint_header
from latflow.runs.store.training._checkpoints import checkpoint_identity as checkpoint_identity
from latflow.runs.store.training._checkpoints import checkpoint_paths as checkpoint_paths
from latflow.runs.store.training._checkpoints import latest_checkpoint as latest_checkpoint
from latflow.runs.store.training._checkpoints import steps_saved as steps_saved
from latflow.runs.store.training._checkpoints import write_checkpoint as write_checkpoint
from latflow.runs.store.training._evaluation import EVALUATION_FILE as EVALUATION_FILE
from latflow.runs.store.training._evaluation import read_evaluation as read_evaluation
from latflow.runs.store.training._evaluation import write_evaluation as write_evaluation
from latflow.runs.store.training._layer_view import LAYERS_FILE as LAYERS_FILE
from latflow.runs.store.training._layer_view import LayerView as LayerView
from latflow.runs.store.training._layer_view import read_layer_view as read_layer_view
from latflow.runs.store.training._layer_view import write_layer_view as write_layer_view
from latflow.runs.store.training._metrics import append_metrics as append_metrics
from latflow.runs.store.training._metrics import read_metrics as read_metrics
from latflow.runs.store.training._metrics import truncate_metrics as truncate_metrics
