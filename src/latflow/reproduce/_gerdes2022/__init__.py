"""Recipe of Gerdes et al., arXiv:2207.00283: one continuous flow, from small lattices to large."""

from latflow.reproduce._gerdes2022._recipe import Gerdes2022 as Gerdes2022
