"""Reports: one self-contained HTML page per run, and the figures in it for papers.

``write_report`` makes the page; :mod:`latflow.reports.figures` has a function per figure.
"""

from latflow.reports._collect import Run as Run
from latflow.reports._collect import collect as collect
from latflow.reports._layer_target import layer_target as layer_target
from latflow.reports._number_format import value_with_error as value_with_error
from latflow.reports._page import write_report as write_report
