"""Replica exchange: docs/replica-exchange.md."""

from latflow.sampling.replicas._findings import exchange_findings as exchange_findings
from latflow.sampling.replicas._flow_exchange import AnnealingLadder as AnnealingLadder
from latflow.sampling.replicas._flow_exchange import FlowExchangeSettings as FlowExchangeSettings
from latflow.sampling.replicas._ladder import LADDERS as LADDERS
from latflow.sampling.replicas._ladder import CouplingLadder as CouplingLadder
from latflow.sampling.replicas._ladder import CouplingLadderSettings as CouplingLadderSettings
from latflow.sampling.replicas._ladder import Defective as Defective
from latflow.sampling.replicas._ladder import DefectLadder as DefectLadder
from latflow.sampling.replicas._ladder import DefectLadderSettings as DefectLadderSettings
from latflow.sampling.replicas._ladder import Ladder as Ladder
from latflow.sampling.replicas._ladder import LadderSettings as LadderSettings
from latflow.sampling.replicas._ladder import couplings_of as couplings_of
from latflow.sampling.replicas._replica_exchange import ExchangeState as ExchangeState
from latflow.sampling.replicas._replica_exchange import ReplicaExchange as ReplicaExchange
from latflow.sampling.replicas._settings import ReplicaExchangeSettings as ReplicaExchangeSettings
from latflow.sampling.replicas._spacing import even_positions as even_positions
from latflow.sampling.replicas._spacing import respaced as respaced
from latflow.sampling.replicas._switching import Switching as Switching
from latflow.sampling.replicas._switching import SwitchingSettings as SwitchingSettings
from latflow.sampling.replicas._walks import Walks as Walks
from latflow.sampling.replicas._walks import walks as walks
