"""Recipe of Boyda et al., arXiv:2008.05456: SU(2) and SU(3) in two dimensions by spectral flows."""

from latflow.reproduce._boyda2021._recipe import Boyda2021 as Boyda2021
