"""The small networks inside coupling layers.

A new network is one module with a :class:`CouplingNet` and its settings, and one entry in
``NETS`` or in the entry points ``latflow.parts`` of an installed package.
"""

from latflow.flows.nets._convolution import ConvolutionNet as ConvolutionNet
from latflow.flows.nets._convolution import ConvolutionSettings as ConvolutionSettings
from latflow.flows.nets._dense import DenseNet as DenseNet
from latflow.flows.nets._dense import DenseSettings as DenseSettings
from latflow.flows.nets._full_convolution import FullConvolutionNet as FullConvolutionNet
from latflow.flows.nets._full_convolution import FullConvolutionSettings as FullConvolutionSettings
from latflow.flows.nets._net import CouplingNet as CouplingNet
from latflow.flows.nets._net import CouplingNetSettings as CouplingNetSettings
from latflow.flows.nets._single_convolution import SingleConvolutionNet as SingleConvolutionNet
from latflow.flows.nets._single_convolution import (
    SingleConvolutionSettings as SingleConvolutionSettings,
)
from latflow.parts import registered

NETS: tuple[type[CouplingNetSettings], ...] = (
    ConvolutionSettings,
    FullConvolutionSettings,
    DenseSettings,
    SingleConvolutionSettings,
)
"""Those that come with latflow."""


def known_nets() -> tuple[type[CouplingNetSettings], ...]:
    """The settings of all networks that a coupling may name."""
    return tuple(settings.with_parts() for settings in registered(CouplingNetSettings, NETS))
