"""The files of Markov chains: segments that go on from each other, and the warm-up."""

from latflow.runs.store.chains._chain_data import ChainData as ChainData
from latflow.runs.store.chains._chain_files import Survey as Survey
from latflow.runs.store.chains._chain_files import WantedChain as WantedChain
from latflow.runs.store.chains._chain_files import check_segment as check_segment
from latflow.runs.store.chains._chain_files import read_chain as read_chain
from latflow.runs.store.chains._chain_files import survey_chain as survey_chain
from latflow.runs.store.chains._history import WarmUpHistory as WarmUpHistory
from latflow.runs.store.chains._history import single as single
from latflow.runs.store.chains._links import ChainOrigin as ChainOrigin
from latflow.runs.store.chains._links import Link as Link
from latflow.runs.store.chains._segments import StoredSegment as StoredSegment
from latflow.runs.store.chains._segments import StoredWarmUp as StoredWarmUp
from latflow.runs.store.chains._segments import read_segment as read_segment
from latflow.runs.store.chains._segments import read_warm_up as read_warm_up
from latflow.runs.store.chains._segments import segment_path as segment_path
from latflow.runs.store.chains._segments import segment_paths as segment_paths
from latflow.runs.store.chains._segments import write_segment as write_segment
from latflow.runs.store.chains._segments import write_warm_up as write_warm_up
