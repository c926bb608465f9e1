"""Recipe of Del Debbio et al., arXiv:2105.12481: what it costs to train flows to an acceptance."""

from latflow.reproduce._deldebbio2021._recipe import DelDebbio2021 as DelDebbio2021
