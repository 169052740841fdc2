"""Validation of network descriptions, which may be read from malicious files."""

from __future__ import annotations

from math import prod

from integrad.errors import IntegradError
from integrad.network.layer_types import checks
from integrad.network.layer_types.checks import MAX_SIDE
from integrad.network.layer_types.table import LAYER_TYPES
from integrad.network.learner_layers import LearnerLayers
from integrad.network.learner_table import LEARNER_LAYERS, USUAL_LEARNER

MAX_CLASSES = 255
"""A label is one byte on the device."""

MAX_LAYERS = 256

FIELDS = {"input_shape", "classes", "layers"}
OUTPUT_BIAS = "output_bias"
OPTIONAL = {"learner", "sums", OUTPUT_BIAS}


def check_description(description: dict) -> None:
    """Raise IntegradError, naming the field, unless the description is a valid network.

    A description has `input_shape` ([F] or [C, H, W]), `classes` (2 to 255), `layers` and optionally
    `learner`, an id in LEARNER_LAYERS, `sums`, the width of sums in bits, and `output_bias`, whether the
    output layer has biases; a layer is a dict with a `type` and the keys of its LayerType. The shapes are
    propagated through the layers; networks whose values could exceed 32 bits, except sums, are rejected.
    """
    if not isinstance(description, dict) or set(description) - OPTIONAL != FIELDS:
        raise IntegradError("network: must have exactly the fields input_shape, classes and layers")
    shape = tuple(checks.integers(description["input_shape"], "input_shape", (1, 3), 1, MAX_SIDE))
    classes = checks.integer(description["classes"], "classes", 2, MAX_CLASSES)
    learner = learner_layers(description.get("learner", USUAL_LEARNER))
    check_sums("network", learner, description.get("sums", learner.sums[0]))
    output_bias = check_output_bias("network", learner, description.get(OUTPUT_BIAS, False))
    layers = description["layers"]
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
        raise IntegradError(f"network: layers must be a list of at most {MAX_LAYERS}")
    for index, layer in enumerate(layers):
        where = f"layers[{index}]"
        kind = layer.get("type") if isinstance(layer, dict) else None
        if not isinstance(kind, str) or kind not in LAYER_TYPES:
            listed = ", ".join(layer_type.kind for layer_type in learner.types)
            raise IntegradError(f"network: {where} must have one of the types {listed}")
        learner.require(kind, f"network: {where}")
        shape = LAYER_TYPES[kind].check(layer, where, shape, classes)
    checks.size("output layer", classes * prod(shape))
    checks.fan_in("output layer", prod(shape), learner.max_fan_in - output_bias)


def check_sums(where: str, learner: LearnerLayers, sums: object) -> int:
    """The width of sums, in bits. Raises IntegradError unless networks of the learner can have it."""
    if type(sums) is not int or sums not in learner.sums:
        expected = " or ".join(map(str, learner.sums))
        raise IntegradError(f"{where}: sums must be {expected} (bits) with the learner {learner.learner}")
    return sums


def check_output_bias(where: str, learner: LearnerLayers, output_bias: object) -> bool:
    """Whether the output layer has biases. Raises IntegradError unless that of the learner can say so."""
    if type(output_bias) is not bool:
        raise IntegradError(f"{where}: {OUTPUT_BIAS} must be true or false")
    if output_bias and not learner.has_output_bias:
        raise IntegradError(f"{where}: {OUTPUT_BIAS} is no setting of the learner {learner.learner}")
    return output_bias


def learner_layers(learner: object) -> LearnerLayers:
    """The layers of a learner by its id. Raises IntegradError for an unknown learner."""
    if not isinstance(learner, str) or learner not in LEARNER_LAYERS:
        known = " or ".join(LEARNER_LAYERS)
        raise IntegradError(f"network: learner {learner!r:.50} is unknown; expected {known}")
    return LEARNER_LAYERS[learner]
