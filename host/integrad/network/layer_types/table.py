"""The layer types by name, in the order in which messages list them."""

from __future__ import annotations

from integrad.network.layer_types.backprop_conv import BACKPROP_CONV
from integrad.network.layer_types.backprop_dense import BACKPROP_DENSE
from integrad.network.layer_types.conv import CONV
from integrad.network.layer_types.dense import DENSE
from integrad.network.layer_types.dropout import DROPOUT
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.layer_types.pocket_dense import POCKET_DENSE
from integrad.network.layer_types.pools import AVERAGE_POOL, MAX_POOL

LAYER_TYPES: dict[str, LayerType] = {
    layer_type.kind: layer_type
    for layer_type in (
        *(MAX_POOL, AVERAGE_POOL, DROPOUT, DENSE, CONV, POCKET_DENSE),
        *(BACKPROP_DENSE, BACKPROP_CONV),
    )
}
