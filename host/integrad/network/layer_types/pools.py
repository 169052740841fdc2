"""Max-pools and average-pools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from integrad.network.layer_types import checks, toml_values
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.layers import pool
from integrad.network.stage import Stage


@dataclass(frozen=True)
class PoolType(LayerType):
    """forward, backward: the functions of `layers.pool` that pool maps and propagate gradients."""

    forward: Callable[..., np.ndarray] = pool.max_forward
    backward: Callable[..., np.ndarray] = pool.max_backward

    def check_values(self, layer, where, shape, classes):
        checks.pair(layer["size"], f"{where} size", 1)
        return self.fitting(layer, where, shape)

    def shape_after(self, layer, shape):
        return (shape[0], *pool.output_size(shape[1:], layer["size"]))

    def output_limit(self, layer, input_limit):
        return input_limit  # neither a maximum nor a truncated average exceeds what is pooled

    def stage(self, layer, shape, classes):
        window = tuple(layer["size"])
        return Stage(
            self.kind,
            shape,
            self.shape_after(layer, shape),
            window=window,
            function=partial(self.forward, window=window),
            backward=partial(self.backward, window=window),
        )

    def read(self, where, table, defaults, series):
        return {"type": self.kind, "size": toml_values.pair(where, "size", table.get("size"), 1, series)}


MAX_POOL = PoolType("max_pool", "a max-pool", frozenset({"size"}), takes_maps=True)
AVERAGE_POOL = PoolType(
    "avg_pool",
    "an average-pool",
    frozenset({"size"}),
    takes_maps=True,
    forward=pool.average_forward,
    backward=pool.average_backward,
)
