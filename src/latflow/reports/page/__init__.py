"""The page: everything put into one file."""

from latflow.reports.page._page import render as render
from latflow.reports.page._page import write_report as write_report
