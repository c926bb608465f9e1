"""Numbers and names as text: what tables, sentences and figures write."""

from latflow.reports.text._html_table import html_table as html_table
from latflow.reports.text._number_format import MINUS as MINUS
from latflow.reports.text._number_format import MISSING as MISSING
from latflow.reports.text._number_format import count_text as count_text
from latflow.reports.text._number_format import duration_text as duration_text
from latflow.reports.text._number_format import plain_number as plain_number
from latflow.reports.text._number_format import power_of_ten as power_of_ten
from latflow.reports.text._number_format import pull_text as pull_text
from latflow.reports.text._number_format import value_with_error as value_with_error
from latflow.reports.text._plain_text import plain_text as plain_text
