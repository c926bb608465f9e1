"""Flows: invertible maps from easy fields to hard ones.

A new flow is one module with a :class:`Flow` and its settings, and one entry in ``FLOWS``.
"""

from latflow.flows._affine import AffineCoupling as AffineCoupling
from latflow.flows._affine import AffineCouplingSettings as AffineCouplingSettings
from latflow.flows._checkerboard import Checkerboard as Checkerboard
from latflow.flows._flow import Chain as Chain
from latflow.flows._flow import Flow as Flow
from latflow.flows._flow import FlowSettings as FlowSettings
from latflow.flows._flow import Invert as Invert
from latflow.flows._on_sublattices import OnSublattices as OnSublattices
from latflow.flows._rescale import Rescale as Rescale
from latflow.flows._rescale import RescaleSettings as RescaleSettings
from latflow.flows._site_spline import SiteSpline as SiteSpline
from latflow.flows._site_spline import SiteSplineSettings as SiteSplineSettings
from latflow.flows._spectral import PowerSpectrum as PowerSpectrum
from latflow.flows._spectral import PowerSpectrumSettings as PowerSpectrumSettings
from latflow.flows._spline_coupling import SplineCoupling as SplineCoupling
from latflow.flows._spline_coupling import SplineCouplingSettings as SplineCouplingSettings

FLOWS = (
    AffineCouplingSettings,
    SplineCouplingSettings,
    RescaleSettings,
    PowerSpectrumSettings,
    SiteSplineSettings,
)
