"""What accumulators are proved to stay within, and what they reach in the first training step of a case."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from extreme_cases import Extreme

from integrad.arithmetic import INT8_LIMIT, magnitude
from integrad.learners.backprop_loss import LOSSES, propagated
from integrad.learners.backprop_pass import BatchPass
from integrad.learners.backprop_scaling import CONSTANT
from integrad.learners.pocket import largest_delta
from integrad.network.backprop_blocks import BIAS_INPUT
from integrad.network.blocks import classifier_gradient, classify
from integrad.network.layers import conv, flatten, linear
from integrad.network.pocket_blocks import BIAS_LIMIT
from integrad_codegen import bounds
from integrad_codegen.plan import make_plan


class Reached(NamedTuple):
    """value: largest magnitude of an accumulator. bound: what is proved. bits: width in generated code."""

    what: str
    value: int
    bound: int
    bits: int = 32


def reached(case: Extreme) -> list[Reached]:
    """All accumulators of the first training step of a case."""
    model = case.model()
    plan = make_plan(model.network, "model", case.learn, case.batch, model.constants)
    x = case.x.reshape(len(case.x), *model.network.input_shape)
    return [Reached(*found) for found in MEASURES[case.learner](case, model.network, plan, x)]


def _nitro(case, network, plan, x):
    targets = np.zeros((len(x), network.classes), np.int16)
    targets[np.arange(len(x)), case.labels] = network.output.target
    for stage, planned in zip(network.stages, plan.operations, strict=True):
        block = stage.block
        yield "sum", magnitude(_sums(block, x)), block.bounds.largest, planned.sum_bits
        cache = stage.forward_block(x)
        features = block.features(cache)
        sums = magnitude(linear.forward(features, block.head))
        yield "head sum", sums, block.head_bounds.largest, planned.head.sum_bits
        error = classify(features, block.head).astype(np.int16) - targets
        delta = linear.input_gradient(error, block.head)
        limit = bounds.block_error("", network.classes, block.head_bounds.weight_limit)
        yield "error", magnitude(delta), limit
        gradient = magnitude(block.weight_gradient(error, cache))
        yield "gradient", gradient, len(x) * block.positions * INT8_LIMIT * limit, planned.gradient_bits
        yield "head gradient", *_classifier(error, features)
        x = cache.h
    features, output = flatten.forward(x), network.output
    sums = magnitude(linear.forward(features, output.weights))
    yield "output sum", sums, output.bounds.largest, plan.output.sum_bits
    yield "output gradient", *_classifier(output.forward(features).astype(np.int16) - targets, features)


def _sums(block, x):
    if block.takes_features:
        return linear.forward(flatten.forward(x), block.weights)
    return conv.forward(x, block.weights, block.stride, block.padding, block.groups)


def _classifier(error, features):
    return magnitude(classifier_gradient(error, features)), len(features) * INT8_LIMIT * bounds.ERROR_LIMIT


def _pocket(case, network, plan, x):
    caches = []
    for layer in [*network.blocks, network.output]:
        flat = flatten.forward(x)
        limit = layer.parameters()[0].limit
        sums = linear.forward(flat, layer.weights) + layer.bias.astype(np.int64)
        yield "sum", magnitude(sums), INT8_LIMIT * layer.fan_in * limit + BIAS_LIMIT
        caches.append(layer.activate(flat))
        x = caches[-1].h
    error = x.astype(np.int16)
    error[np.arange(len(x)), case.labels] -= network.output.target
    for layer, cache in zip(network.blocks, caches, strict=False):
        limit = largest_delta(layer.fan_in, layer.units, network.classes)
        delta = layer.delta(error, cache)
        yield "error", magnitude(delta), limit
        gradient = linear.weight_gradient(delta, cache.x)
        yield "gradient", magnitude(gradient), len(x) * INT8_LIMIT * limit
        yield "bias gradient", magnitude(delta.sum(axis=0)), len(x) * limit


def _backprop(case, network, plan, x):
    layers = [*network.blocks, network.output]
    batch = BatchPass(network, CONSTANT, 0)
    values = x
    for layer in layers:
        values = flatten.forward(values) if layer.takes_features else values
        biased = BIAS_INPUT * INT8_LIMIT * (layer.bias is not None)
        sums = layer.accumulate(values)[1]
        yield "sum", magnitude(sums), INT8_LIMIT**2 * layer.fan_in + biased
        values = layer.activate(sums, layer.output_shift)
    scores = batch.forward(x, None)
    error = LOSSES[case.loss](scores.astype(np.int32), batch.output_exponent, case.labels)
    below = {}
    for layer in layers[1:]:
        honest = layer.error_below
        layer.error_below = lambda e, layer=layer, honest=honest: below.setdefault(id(layer), honest(e))
    gradients = batch.backward(propagated(error))
    for index, layer in enumerate(layers):
        if id(layer) in below:
            inputs = layer.fan_in if layer.takes_features else layer.group_inputs
            fan_out = layer.weights.size // inputs
            yield "error", magnitude(below[id(layer)]), INT8_LIMIT**2 * fan_out
        found = max(magnitude(gradient) for gradient in gradients[index].values())
        yield "gradient", found, len(x) * layer.positions * INT8_LIMIT**2


MEASURES = {"nitro-d": _nitro, "pocket": _pocket, "backprop": _backprop}
