"""The tables of a report."""

from latflow.reports.tables._convergence_table import convergence_table as convergence_table
from latflow.reports.tables._observable_table import observable_table as observable_table
from latflow.reports.tables._observable_table import observable_tables as observable_tables
from latflow.reports.tables._table import Cell as Cell
from latflow.reports.tables._table import Row as Row
from latflow.reports.tables._table import Table as Table
from latflow.reports.tables._table import pull_cell as pull_cell
from latflow.reports.tables._table import reference_cell as reference_cell
from latflow.reports.tables._tables import chain_table as chain_table
from latflow.reports.tables._tables import comparison_table as comparison_table
from latflow.reports.tables._tables import cost_table as cost_table
from latflow.reports.tables._tables import stage_table as stage_table
