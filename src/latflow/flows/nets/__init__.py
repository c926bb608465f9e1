"""The small networks inside coupling layers."""

from typing import Annotated

from pydantic import Field

from latflow.flows.nets._convolution import ConvolutionNet as ConvolutionNet
from latflow.flows.nets._convolution import ConvolutionSettings as ConvolutionSettings
from latflow.flows.nets._dense import DenseNet as DenseNet
from latflow.flows.nets._dense import DenseSettings as DenseSettings
from latflow.flows.nets._net import CouplingNet as CouplingNet
from latflow.flows.nets._net import CouplingNetSettings as CouplingNetSettings

NETS = (ConvolutionSettings, DenseSettings)

NetSettings = Annotated[ConvolutionSettings | DenseSettings, Field(discriminator="kind")]
