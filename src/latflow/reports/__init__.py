"""Reports: one self-contained HTML page per run, and the figures in it for papers.

``write_report`` makes the page; :mod:`latflow.reports.figures` has a function per figure, with
the look that all of them share.
"""

from latflow.reports.comparison import Comparison as Comparison
from latflow.reports.comparison import compare as compare
from latflow.reports.comparison import write_comparison as write_comparison
from latflow.reports.data import Run as Run
from latflow.reports.data import collect as collect
from latflow.reports.figures import layer_target as layer_target
from latflow.reports.page import figure_names as figure_names
from latflow.reports.page import paper_figure as paper_figure
from latflow.reports.page import write_report as write_report
from latflow.reports.text import MINUS as MINUS
from latflow.reports.text import MISSING as MISSING
from latflow.reports.text import count_text as count_text
from latflow.reports.text import duration_text as duration_text
from latflow.reports.text import html_table as html_table
from latflow.reports.text import plain_number as plain_number
from latflow.reports.text import plain_text as plain_text
from latflow.reports.text import power_of_ten as power_of_ten
from latflow.reports.text import pull_text as pull_text
from latflow.reports.text import value_with_error as value_with_error
