"""Recipe of Singha et al., arXiv:2604.10209: phi^4 at its critical point, from coarse to fine."""

from latflow.reproduce._singha2026._recipe import Singha2026 as Singha2026
