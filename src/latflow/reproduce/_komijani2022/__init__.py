"""Komijani and Marinkovic (Lattice 2022): figures 2 to 6 and what can be read off them."""

from latflow.reproduce._komijani2022._recipe import Komijani2022 as Komijani2022
