"""Recipes of Albergo, Kanwar, Shanahan, arXiv:1904.12072: flow chains, and their baselines."""

from latflow.reproduce._albergo2019._baselines import Albergo2019Baselines as Albergo2019Baselines
from latflow.reproduce._albergo2019._recipe import Albergo2019 as Albergo2019
