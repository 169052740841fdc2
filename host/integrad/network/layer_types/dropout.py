"""Dropout, which is applied during training on the host."""

from __future__ import annotations

from integrad.errors import IntegradError
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.layers.dropout import KEEP_SCALE, output_limit
from integrad.network.stage import Stage


class DropoutType(LayerType):
    def check_values(self, layer, where, shape, classes):
        if type(layer["percent"]) is not int or layer["percent"] not in KEEP_SCALE:
            raise IntegradError(f"network: {where} percent must be 5, 10, … 95")
        return shape

    def shape_after(self, layer, shape):
        return shape

    def output_limit(self, layer, input_limit):
        return output_limit(input_limit, layer["percent"])

    def stage(self, layer, shape, classes):
        return Stage(self.kind, shape, shape, percent=layer["percent"])

    def read(self, where, table, defaults, series):
        percent = table.get("percent")
        if type(percent) is not int or percent not in KEEP_SCALE:
            raise IntegradError(f"{where}: percent must be 5, 10, … 95")
        return {"type": self.kind, "percent": percent}


DROPOUT = DropoutType("dropout", "a dropout", frozenset({"percent"}))
