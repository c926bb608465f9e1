"""Pictures of configurations, for every kind of field."""

from latflow.reports.figures.maps._field_map import FieldMap as FieldMap
from latflow.reports.figures.maps._field_map import MapLook as MapLook
from latflow.reports.figures.maps._field_map import plane_of as plane_of
from latflow.reports.figures.maps._registry import FIELD_MAPS as FIELD_MAPS
from latflow.reports.figures.maps._registry import map_of as map_of
from latflow.reports.figures.maps._scalar import SCALAR_LOOK as SCALAR_LOOK
from latflow.reports.figures.maps._scalar import ScalarMap as ScalarMap
