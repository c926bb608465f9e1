"""From what a run has on disk to what it says: pulls, costs, and the summary of a chain."""

from latflow.runs.results._annealing import annealing_doubts as annealing_doubts
from latflow.runs.results._annealing import annealing_quality as annealing_quality
from latflow.runs.results._annealing import have_collapsed as have_collapsed
from latflow.runs.results._break_even import SampleCost as SampleCost
from latflow.runs.results._break_even import break_even as break_even
from latflow.runs.results._break_even import sample_cost as sample_cost
from latflow.runs.results._chain_summary import odd_quantities as odd_quantities
from latflow.runs.results._chain_summary import summarise_chain as summarise_chain
from latflow.runs.results._known import known_numbers as known_numbers
from latflow.runs.results._known import reference_entries as reference_entries
from latflow.runs.results._model_doubts import DETAILS as DETAILS
from latflow.runs.results._model_doubts import ODD as ODD
from latflow.runs.results._model_doubts import ModelDoubt as ModelDoubt
from latflow.runs.results._model_doubts import model_doubts as model_doubts
from latflow.runs.results._model_doubts import odd_series_of as odd_series_of
from latflow.runs.results._model_quality import model_quality as model_quality
from latflow.runs.results._model_quality import or_unknown as or_unknown
from latflow.runs.results._pull import pull as pull
from latflow.runs.results._starts import about_starts as about_starts
