"""The operations of a network of integer backpropagation, with the constants by which they scale."""

from __future__ import annotations

from dataclasses import replace

from integrad.arithmetic import INT8_LIMIT
from integrad.network.backprop_blocks import BackpropLayer as Layer
from integrad.network.backprop_blocks import error_exponents, input_exponents
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import BIAS, BIAS_FRACTION, FRACTION, WEIGHTS
from integrad.network.stage import Stage
from integrad_codegen import bounds
from integrad_codegen.encodings import encoding_of
from integrad_codegen.operations.backprop_conv import LARGEST_WINDOW, BackpropConv
from integrad_codegen.operations.backprop_dense import BackpropDense
from integrad_codegen.operations.backprop_layer import BackpropLayer, Scales
from integrad_codegen.operations.backprop_pool import BackpropPool
from integrad_codegen.operations.operation import Operation
from integrad_codegen.operations.pool import Pool

PRODUCT = INT8_LIMIT**2


def backprop_operations(network: Network, learn_set: LearnSet, loss: str) -> list[Operation]:
    """All operations in their order; the output layer is the last."""
    operations: list[Operation] = []
    scales = _scales(network)
    blocks, pools, back = 0, 0, False
    for stage in network.stages:
        if stage.kind == "dropout":  # inference and devices never drop values
            continue
        if stage.block is not None:
            learns = learn_set.block_learns(blocks)
            fields = _fields(network, stage.block) | {"updated": learns, "scales": scales[blocks]}
            fields |= {"back": back, "below": _activated(operations)}
            blocks += 1
            operations.append(_block(f"block{blocks}", stage, fields))
            back = back or learns
        elif operations and _takes(operations[-1], stage):
            operations[-1] = replace(operations[-1], output_shape=stage.output_shape, window=stage.window)
        else:
            pools += 1
            pool = Pool.of(f"pool{pools}", stage)
            operations.append(BackpropPool.after(pool, _activated(operations)) if back else pool)
    output = BackpropDense(
        "output",
        (network.output.fan_in,),
        network.output.output_shape,
        **_fields(network, network.output),
        updated=learn_set.output_learns,
        back=back,
        below=_activated(operations),
        scales=scales[blocks],
        loss=loss,
        exponent=input_exponents(_layers(network))[-1],
    )
    return [*operations, output]


def with_packed_stash(operations: list[Operation]) -> list[Operation]:
    """The operations, of which those with 2 bits per value enough pack what they read. The first layer reads
    samples, or pools of them, which are computed again."""
    first = next(number for number, operation in enumerate(operations) if operation.has_weights)
    rest = [replace(o, packs=True) if _can_pack(o) else o for o in operations[first + 1 :]]
    return [*operations[: first + 1], *rest]


def check_sums(operations: list[Operation], batch: int) -> None:
    """Raise IntegradError unless all sums fit in 32 bits. batch: 0 where nothing learns."""
    for operation in operations:
        if isinstance(operation, BackpropLayer):
            bounds.check_sum(f"{operation.name}: an output", PRODUCT * operation.summands)
            if operation.back:
                bounds.check_sum(f"{operation.name}: an error", PRODUCT * operation.fan_out)
            if operation.learns:
                terms = batch * operation.gradient_terms
                bounds.check_sum(f"{operation.name}: a gradient", PRODUCT * terms)


def _layers(network: Network) -> list[Layer]:
    return [*network.blocks, network.output]


def _scales(network: Network) -> list[Scales]:
    """Those of all blocks and of the output layer."""
    layers = _layers(network)
    inputs, errors = input_exponents(layers), error_exponents(layers)
    return [
        Scales(
            output=layer.output_shift,
            error=layer.error_shift,
            update=layer.update_exponent - error - x,
            leak=1 if layer.leak is None else layer.leak,
        )
        for layer, x, error in zip(layers, inputs, errors, strict=False)
    ]


def _fields(network: Network, layer: Layer) -> dict:
    """What all layers with weights have in common."""
    own = {p.role: p for p in network.parameters() if p.owner is layer}
    members = {role: own[role].member for role in (FRACTION, BIAS, BIAS_FRACTION) if role in own}
    return {"encoding": encoding_of(own[WEIGHTS])} | members


def _block(name: str, stage: Stage, fields: dict) -> BackpropLayer:
    block = stage.block
    if block.takes_features:
        return BackpropDense(name, (block.fan_in,), block.output_shape, **fields)
    return BackpropConv(
        name,
        stage.input_shape,
        stage.output_shape,
        **fields,
        map_shape=stage.output_shape,
        kernel=block.kernel,
        stride=block.stride,
        padding=block.padding,
        groups=block.groups,
    )


def _activated(operations: list[Operation]) -> str:
    """Name of the last operation if it activates its outputs, else ""."""
    return operations[-1].name if operations and isinstance(operations[-1], BackpropLayer) else ""


def _can_pack(operation: Operation) -> bool:
    """Whether it learns; or a pool for which the signs of its inputs are enough."""
    if isinstance(operation, BackpropPool):
        return bool(operation.below) and not operation.pooling.is_max
    return isinstance(operation, BackpropLayer) and operation.learns


def _takes(operation: Operation, stage: Stage) -> bool:
    """Whether a pool becomes a part of the operation before it: a max-pool of a convolution."""
    is_plain = isinstance(operation, BackpropConv) and not operation.is_pooled
    rows, columns = stage.window
    return is_plain and stage.kind == "max_pool" and rows * columns <= LARGEST_WINDOW
