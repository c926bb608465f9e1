"""Several runs side by side: their results and costs as numbers, tables and a page."""

from latflow.reports.comparison._compare import Comparison as Comparison
from latflow.reports.comparison._compare import compare as compare
from latflow.reports.comparison._page import write_comparison as write_comparison
