"""Flows: invertible maps from easy fields to hard ones.

A new flow is one module with a :class:`Flow` and its settings, and one entry in ``FLOWS`` or in
the entry points ``latflow.parts`` of an installed package. A new coupling needs only a
:class:`Transform`, a :class:`Mask` or a network of its own.
"""

from latflow.flows._affine import Affine as Affine
from latflow.flows._affine import AffineCouplingSettings as AffineCouplingSettings
from latflow.flows._checkerboard import Checkerboard as Checkerboard
from latflow.flows._combined import Chain as Chain
from latflow.flows._combined import Identity as Identity
from latflow.flows._combined import Invert as Invert
from latflow.flows._conditional import Conditional as Conditional
from latflow.flows._conditional import CouplingLine as CouplingLine
from latflow.flows._conditional import require_linear as require_linear
from latflow.flows._coupling import Coupling as Coupling
from latflow.flows._coupling import CouplingSettings as CouplingSettings
from latflow.flows._flow import Flow as Flow
from latflow.flows._flow import FlowSettings as FlowSettings
from latflow.flows._flow import LogDet as LogDet
from latflow.flows._levels import LevelMask as LevelMask
from latflow.flows._mask import Mask as Mask
from latflow.flows._mask import Surroundings as Surroundings
from latflow.flows._on_coarse_sites import OnCoarseSites as OnCoarseSites
from latflow.flows._on_sublattices import OnSublattices as OnSublattices
from latflow.flows._representation import Representation as Representation
from latflow.flows._rescale import Rescale as Rescale
from latflow.flows._rescale import RescaleSettings as RescaleSettings
from latflow.flows._site_spline import SiteSpline as SiteSpline
from latflow.flows._site_spline import SiteSplineSettings as SiteSplineSettings
from latflow.flows._spectral import PowerSpectrum as PowerSpectrum
from latflow.flows._spectral import PowerSpectrumSettings as PowerSpectrumSettings
from latflow.flows._spline_coupling import RationalQuadratic as RationalQuadratic
from latflow.flows._spline_coupling import SplineCouplingSettings as SplineCouplingSettings
from latflow.flows._symmetries import closure as closure
from latflow.flows._transform import Transform as Transform
from latflow.flows.continuous import Continuous as Continuous
from latflow.flows.continuous import ContinuousSettings as ContinuousSettings
from latflow.flows.elimination import EvenPowerSpectrum as EvenPowerSpectrum
from latflow.flows.elimination import EvenPowerSpectrumSettings as EvenPowerSpectrumSettings
from latflow.flows.elimination import ExactOddSites as ExactOddSites
from latflow.flows.elimination import ExactOddSitesSettings as ExactOddSitesSettings
from latflow.flows.elimination import FinerPowerSpectrum as FinerPowerSpectrum
from latflow.flows.elimination import FinerPowerSpectrumSettings as FinerPowerSpectrumSettings
from latflow.flows.elimination import PairAverages as PairAverages
from latflow.flows.elimination import PairAveragesSettings as PairAveragesSettings
from latflow.flows.gauge import ActiveLinks as ActiveLinks
from latflow.flows.gauge import CircularSpline as CircularSpline
from latflow.flows.gauge import GradientFlow as GradientFlow
from latflow.flows.gauge import GradientFlowSettings as GradientFlowSettings
from latflow.flows.gauge import LinkCoupling as LinkCoupling
from latflow.flows.gauge import LinkCouplingSettings as LinkCouplingSettings
from latflow.flows.gauge import PlaquetteSpectral as PlaquetteSpectral
from latflow.flows.gauge import PlaquetteSpectralSettings as PlaquetteSpectralSettings
from latflow.flows.gauge import PlaquetteSpline as PlaquetteSpline
from latflow.flows.gauge import PlaquetteSplineSettings as PlaquetteSplineSettings
from latflow.flows.gauge import ResidualFlow as ResidualFlow
from latflow.flows.gauge import ResidualFlowSettings as ResidualFlowSettings
from latflow.parts import registered

FLOWS: tuple[type[FlowSettings], ...] = (
    AffineCouplingSettings,
    SplineCouplingSettings,
    RescaleSettings,
    PowerSpectrumSettings,
    SiteSplineSettings,
    EvenPowerSpectrumSettings,
    ExactOddSitesSettings,
    FinerPowerSpectrumSettings,
    PairAveragesSettings,
    ContinuousSettings,
    LinkCouplingSettings,
    PlaquetteSplineSettings,
    PlaquetteSpectralSettings,
    GradientFlowSettings,
    ResidualFlowSettings,
)
"""Those that come with latflow."""


def known_flows() -> tuple[type[FlowSettings], ...]:
    """The settings of all flows that a configuration may name."""
    return tuple(settings.with_parts() for settings in registered(FlowSettings, FLOWS))
