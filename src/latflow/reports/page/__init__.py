"""The page: everything put into one file."""

from latflow.reports.page._page import render as render
from latflow.reports.page._page import write_report as write_report
from latflow.reports.page._paper import figure_names as figure_names
from latflow.reports.page._paper import paper_figure as paper_figure
