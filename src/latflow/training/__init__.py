"""Training: objectives as pure functions, and the loop that minimises them."""

from latflow.training._evaluate import evaluate as evaluate
from latflow.training._forward_kl import ForwardKLSettings as ForwardKLSettings
from latflow.training._forward_kl import forward_kl as forward_kl
from latflow.training._lag_one import LagOneAutocorrelation as LagOneAutocorrelation
from latflow.training._lag_one import TrajectorySettings as TrajectorySettings
from latflow.training._objectives import OBJECTIVES as OBJECTIVES
from latflow.training._objectives import Objective as Objective
from latflow.training._objectives import force_matching as force_matching
from latflow.training._objectives import local_work as local_work
from latflow.training._objectives import path_gradient as path_gradient
from latflow.training._objectives import reverse_kl as reverse_kl
from latflow.training._objectives import transport_residual as transport_residual
from latflow.training._settings import StageSettings as StageSettings
from latflow.training._settings import TrainingSettings as TrainingSettings
from latflow.training._trainer import Trainer as Trainer
from latflow.training._trainer import TrainingState as TrainingState
from latflow.training._trainer import first_broken_step as first_broken_step
from latflow.training._weigh import weigh as weigh
from latflow.training._weigh import weigh_fields as weigh_fields
from latflow.training._weight_metrics import weight_metrics as weight_metrics
