"""What a report knows of a run: plain numbers and arrays, labels, nothing formatted."""

from latflow.reports.data._collect import Run as Run
from latflow.reports.data._collect import collect as collect
from latflow.reports.data._data import ChainReport as ChainReport
from latflow.reports.data._data import Comparison as Comparison
from latflow.reports.data._data import Quantity as Quantity
from latflow.reports.data._data import Reference as Reference
from latflow.reports.data._data import RunReport as RunReport
from latflow.reports.data._data import number as number
from latflow.reports.data._labels import OBSERVABLES as OBSERVABLES
from latflow.reports.data._labels import SLOW_SERIES as SLOW_SERIES
from latflow.reports.data._labels import Label as Label
from latflow.reports.data._labels import in_order as in_order
from latflow.reports.data._labels import label_of as label_of
from latflow.reports.data._labels import with_symbols as with_symbols
from latflow.reports.data._losses import Loss as Loss
