"""What a report knows of a run: plain numbers and arrays, labels, nothing formatted."""

from latflow.reports.data._chain_report import ChainReport as ChainReport
from latflow.reports.data._chain_report import EntryCost as EntryCost
from latflow.reports.data._chain_report import Measured as Measured
from latflow.reports.data._chain_report import Memories as Memories
from latflow.reports.data._chain_report import Reference as Reference
from latflow.reports.data._collect import Run as Run
from latflow.reports.data._collect import collect as collect
from latflow.reports.data._labels import Label as Label
from latflow.reports.data._labels import Labels as Labels
from latflow.reports.data._losses import Loss as Loss
from latflow.reports.data._run_report import Comparison as Comparison
from latflow.reports.data._run_report import RunReport as RunReport
from latflow.reports.data._run_report import number as number
