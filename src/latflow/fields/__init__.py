"""What kind of numbers live on a lattice."""

from latflow.fields._scalar import RealScalar as RealScalar
from latflow.fields._scalar import ScalarField as ScalarField
from latflow.fields._space import Field as Field
from latflow.fields._space import FieldSpace as FieldSpace
