"""Whether a run on disk is what it says: every file, how they hang together, numbers recomputed."""

from latflow.runs.verification._check import Check as Check
from latflow.runs.verification._verify import verify as verify
