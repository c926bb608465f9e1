"""What kind of numbers live on a lattice, and the geometry of the manifold that they form."""

from latflow.fields._even_sites import EvenSites as EvenSites
from latflow.fields._product import ProductSpace as ProductSpace
from latflow.fields._scalar import RealScalar as RealScalar
from latflow.fields._scalar import ScalarField as ScalarField
from latflow.fields._space import Field as Field
from latflow.fields._space import FieldSpace as FieldSpace
from latflow.fields._space import Tangent as Tangent
from latflow.fields._space import from_named_arrays as from_named_arrays
from latflow.fields._space import named_arrays as named_arrays
from latflow.fields._unit_vectors import ComplexUnitVectors as ComplexUnitVectors
from latflow.fields._unit_vectors import UnitVectors as UnitVectors
from latflow.fields._unit_vectors import inner_product as inner_product
from latflow.fields._unit_vectors import scaled as scaled
