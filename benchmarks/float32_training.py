"""A baseline in floating point: the same architecture with float32 back-propagation and Adam in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from integrad.errors import IntegradError
from integrad.network.network import Network


class Float32Training:
    """Linear and convolution layers, leaky ReLU, max-pools, cross entropy, on the CPU.

    There are no heads: the error of the last layer is propagated through all layers. Adam is the fused
    implementation, the fastest in PyTorch.
    """

    label = "PyTorch float32"

    def __init__(self, network: Network, x: np.ndarray, labels: np.ndarray):
        self.model = build_model(network)
        self.optimiser = torch.optim.Adam(self.model.parameters(), fused=True)
        self.loss = nn.CrossEntropyLoss()
        self.x = torch.from_numpy(x).float() / 64
        self.labels = torch.from_numpy(labels)

    def step(self, chosen: np.ndarray) -> float:
        """Train on a batch of the samples `chosen`; returns the loss before the update."""
        indices = torch.from_numpy(chosen)
        self.optimiser.zero_grad()
        loss = self.loss(self.model(self.x[indices]), self.labels[indices])
        loss.backward()
        self.optimiser.step()
        return loss.item()


def build_model(network: Network) -> nn.Sequential:
    """The main path of an integer network as float32 layers, with biases where it has them."""
    layers: list[nn.Module] = []
    flat = False
    for stage in network.stages:
        if stage.kind == "max_pool":
            layers.append(nn.MaxPool2d(stage.window))
        elif stage.kind == "avg_pool":
            layers.append(nn.AvgPool2d(stage.window))
        elif stage.kind in ("conv", "backprop_conv"):
            b = stage.block
            geometry = b.kernel, b.stride, b.padding
            convolution = nn.Conv2d(
                b.input_shape[0], b.channels, *geometry, groups=b.groups, bias=is_biased(b)
            )
            layers += [convolution, nn.LeakyReLU(slope(b))]
        elif stage.kind in ("dense", "backprop_dense"):
            if not flat:
                layers.append(nn.Flatten())
            flat = True
            layers += [nn.Linear(stage.block.fan_in, stage.block.units, bias=is_biased(stage.block))]
            layers += [nn.LeakyReLU(slope(stage.block))]
        else:
            raise IntegradError(f"float32 training: a {stage.kind} stage has no counterpart here")
    if not flat:
        layers.append(nn.Flatten())
    output = nn.Linear(network.output.fan_in, network.classes, bias=is_biased(network.output))
    return nn.Sequential(*layers, output)


def is_biased(layer) -> bool:
    return getattr(layer, "bias", None) is not None


def slope(block) -> float:
    """Of the negative activations."""
    if hasattr(block, "leak"):
        return 1 / block.leak if block.leak else 0.0
    return 1 / block.alpha_inv
