"""Reproductions: one recipe per paper, with its published numbers and a ledger of ours."""

from latflow.reproduce._ledger import LedgerEntry as LedgerEntry
from latflow.reproduce._ledger import PublishedRange as PublishedRange
from latflow.reproduce._ledger import PublishedValue as PublishedValue
from latflow.reproduce._ledger import ledger_table as ledger_table
from latflow.reproduce._recipe import Recipe as Recipe
from latflow.reproduce._recipe import ScanRecipe as ScanRecipe
from latflow.reproduce._recipe import Work as Work
from latflow.reproduce._reproduce import RECIPES as RECIPES
from latflow.reproduce._reproduce import Ledger as Ledger
from latflow.reproduce._reproduce import recipe_called as recipe_called
from latflow.reproduce._reproduce import reproduce as reproduce
