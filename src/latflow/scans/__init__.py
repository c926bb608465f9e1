"""Scans: critical slowing down of any kernels along a line of theories."""

from latflow.scans._document import check_scan as check_scan
from latflow.scans._document import commented_scan as commented_scan
from latflow.scans._figures import cost_figure as cost_figure
from latflow.scans._figures import tau_figure as tau_figure
from latflow.scans._fits import Scaling as Scaling
from latflow.scans._lines import line_description as line_description
from latflow.scans._lines import line_names as line_names
from latflow.scans._lines import read_line as read_line
from latflow.scans._load import load_scan as load_scan
from latflow.scans._load import scan_from as scan_from
from latflow.scans._result import PointResult as PointResult
from latflow.scans._run import ScanResult as ScanResult
from latflow.scans._run import run_scan as run_scan
from latflow.scans._sampling import sample_to_error as sample_to_error
from latflow.scans._save import save_figure as save_figure
from latflow.scans._settings import ScanEnsembleSettings as ScanEnsembleSettings
from latflow.scans._settings import ScanSettings as ScanSettings
from latflow.scans._symbols import Symbol as Symbol
from latflow.scans._tables import Table as Table
from latflow.scans._tables import point_table as point_table
from latflow.scans._tables import scaling_table as scaling_table
