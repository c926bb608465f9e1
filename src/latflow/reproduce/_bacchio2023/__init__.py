"""Recipe of Bacchio et al., arXiv:2212.08469: trivializing gradient flows with few parameters."""

from latflow.reproduce._bacchio2023._recipe import Bacchio2023 as Bacchio2023
