"""The page: everything put into one file."""

from latflow.reports.page._page import filled as filled
from latflow.reports.page._page import render as render
from latflow.reports.page._page import write_report as write_report
from latflow.reports.page._paper import figure_names as figure_names
from latflow.reports.page._paper import paper_figure as paper_figure
from latflow.reports.page._sections import Section as Section
from latflow.reports.page._theory_text import lattice_text as lattice_text
from latflow.reports.page._theory_text import parameters_text as parameters_text
from latflow.reports.page._theory_text import theory_name as theory_name
