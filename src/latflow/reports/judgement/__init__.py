"""What is to be thought of a run: comparisons, costs, warnings, the verdict."""

from latflow.reports.judgement._break_even_text import break_even_sentence as break_even_sentence
from latflow.reports.judgement._comparison import DISAGREEMENT as DISAGREEMENT
from latflow.reports.judgement._comparison import TENSION as TENSION
from latflow.reports.judgement._comparison import Pull as Pull
from latflow.reports.judgement._comparison import baseline as baseline
from latflow.reports.judgement._comparison import chain_pull as chain_pull
from latflow.reports.judgement._comparison import compared_pairs as compared_pairs
from latflow.reports.judgement._comparison import largest as largest
from latflow.reports.judgement._comparison import log_z_pull as log_z_pull
from latflow.reports.judgement._comparison import pull_between as pull_between
from latflow.reports.judgement._comparison import pulls_against_reference as pulls_against_reference
from latflow.reports.judgement._comparison import pulls_between_chains as pulls_between_chains
from latflow.reports.judgement._costs import BreakEven as BreakEven
from latflow.reports.judgement._costs import break_even as break_even
from latflow.reports.judgement._costs import break_even_of_entry as break_even_of_entry
from latflow.reports.judgement._costs import sample_cost as sample_cost
from latflow.reports.judgement._findings import Finding as Finding
from latflow.reports.judgement._findings import findings as findings
from latflow.reports.judgement._findings import still_moving as still_moving
from latflow.reports.judgement._verdict import Card as Card
from latflow.reports.judgement._verdict import cards as cards
from latflow.reports.judgement._verdict import sentences as sentences
