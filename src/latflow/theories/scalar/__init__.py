"""Theories of one real number per site."""

from latflow.theories.scalar._conventions import canonical as canonical
from latflow.theories.scalar._free import FreeScalar as FreeScalar
from latflow.theories.scalar._free import FreeScalarSettings as FreeScalarSettings
from latflow.theories.scalar._marginal import Marginal as Marginal
from latflow.theories.scalar._phi4 import Phi4 as Phi4
from latflow.theories.scalar._phi4 import Phi4Settings as Phi4Settings
