"""One site of a scalar field in the field of its neighbours: weight, averages, quantiles.

With an action of nearest neighbours the sites of one parity, given those of the other, are
independent, and each has the density p(phi | h) of this room. Tables are made once, in double
precision, with NumPy and SciPy; JAX looks them up.
"""

from latflow.site_density._averages import SiteAverages as SiteAverages
from latflow.site_density._lookup import looked_up as looked_up
from latflow.site_density._quantiles import QuantileTable as QuantileTable
from latflow.site_density._quantiles import quantile_table as quantile_table
from latflow.site_density._transport import SiteConditional as SiteConditional
from latflow.site_density._transport import SiteTransport as SiteTransport
from latflow.site_density._weight import SiteWeight as SiteWeight
from latflow.site_density._weight import site_weight_of as site_weight_of
