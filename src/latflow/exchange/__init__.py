"""Data for other programs and from them: gauge configurations, and the chains of runs."""

from latflow.exchange._export import SERIES_FORMATS as SERIES_FORMATS
from latflow.exchange._export import SeriesFormat as SeriesFormat
from latflow.exchange._export import export as export
from latflow.exchange._export import export_names as export_names
from latflow.exchange.gauge import read_configuration as read_configuration
from latflow.exchange.gauge import write_configuration as write_configuration
