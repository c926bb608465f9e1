"""Gauge configurations in the formats of the field: NERSC archives and ILDG files."""

from latflow.exchange.gauge._checks import check_free as check_free
from latflow.exchange.gauge._configuration import GaugeConfiguration as GaugeConfiguration
from latflow.exchange.gauge._configuration import Links as Links
from latflow.exchange.gauge._formats import CONFIGURATION_FORMATS as CONFIGURATION_FORMATS
from latflow.exchange.gauge._formats import ConfigurationFormat as ConfigurationFormat
from latflow.exchange.gauge._formats import format_of as format_of
from latflow.exchange.gauge._formats import read_configuration as read_configuration
from latflow.exchange.gauge._formats import write_configuration as write_configuration
from latflow.exchange.gauge._ildg import read_ildg as read_ildg
from latflow.exchange.gauge._ildg import write_ildg as write_ildg
from latflow.exchange.gauge._nersc import read_nersc as read_nersc
from latflow.exchange.gauge._nersc import write_nersc as write_nersc
from latflow.exchange.gauge._stored import export_configuration as export_configuration
