"""Devices of Torch, and batches as tensors."""

from __future__ import annotations

import numpy as np
import torch

from integrad.engines.torch.replay import Inputs
from integrad.errors import IntegradError


def inputs_of(x, labels, kept: list[np.ndarray] | None) -> Inputs:
    """On the host: samples int8 (N, …), labels int64 (N,), and the dropout masks, bool (N, …)."""
    return [tensor(x), tensor(np.asarray(labels, np.int64)), *map(tensor, kept or [])]


def tensor(array: np.ndarray) -> torch.Tensor:
    """A copy on the host: Torch warns about read-only arrays and does not support negative strides."""
    return torch.tensor(np.ascontiguousarray(array))


def find_device(name: str | None) -> torch.device:
    """The device with this name, by default the first GPU or else the CPU. Raises IntegradError."""
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise IntegradError(f"device {name!r}: expected cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise IntegradError(f"device {name!r}: expected cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise IntegradError(
            f"device {name!r}: torch {torch.__version__} finds {torch.cuda.device_count()} of them"
        )
    return device
