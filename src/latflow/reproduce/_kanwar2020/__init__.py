"""Recipe of Kanwar et al., arXiv:2003.06413: topological freezing, and what does not freeze."""

from latflow.reproduce._kanwar2020._recipe import Kanwar2020 as Kanwar2020
