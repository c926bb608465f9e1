"""Flows of gauge fields: they commute with gauge transformations."""

from latflow.flows.gauge._active_links import ActiveLinks as ActiveLinks
from latflow.flows.gauge._circular_spline import CircularSpline as CircularSpline
from latflow.flows.gauge._link_coupling import LinkCoupling as LinkCoupling
from latflow.flows.gauge._link_coupling import LinkCouplingSettings as LinkCouplingSettings
from latflow.flows.gauge._plaquette_spline import PlaquetteSpline as PlaquetteSpline
from latflow.flows.gauge._plaquette_spline import (
    PlaquetteSplineSettings as PlaquetteSplineSettings,
)
from latflow.flows.gauge.gradient import GradientFlow as GradientFlow
from latflow.flows.gauge.gradient import GradientFlowSettings as GradientFlowSettings
from latflow.flows.gauge.residual import ResidualFlow as ResidualFlow
from latflow.flows.gauge.residual import ResidualFlowSettings as ResidualFlowSettings
from latflow.flows.gauge.spectral import PlaquetteSpectral as PlaquetteSpectral
from latflow.flows.gauge.spectral import PlaquetteSpectralSettings as PlaquetteSpectralSettings
