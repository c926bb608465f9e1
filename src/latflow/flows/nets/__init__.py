"""The small networks inside coupling layers."""

from typing import Annotated

from pydantic import Field

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

NETS = (ConvolutionSettings, FullConvolutionSettings, DenseSettings, SingleConvolutionSettings)

NetSettings = Annotated[
    ConvolutionSettings | FullConvolutionSettings | DenseSettings | SingleConvolutionSettings,
    Field(discriminator="kind"),
]
