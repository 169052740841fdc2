"""The forms of `--model SPEC`: the short notation, a preset or a network file."""

from __future__ import annotations

from dataclasses import replace

from integrad.errors import IntegradError, UsageError
from integrad.learners.table import USUAL
from integrad.network.description import check_sums
from integrad.network.layer_types.table import LAYER_TYPES
from integrad.network.learner_table import LEARNER_LAYERS
from integrad.network.notation import parse_notation
from integrad.network.shapes import Shape
from integrad.training import presets
from integrad.training.network_toml import Specification, read_network_file

FIRST = "first"
"""Of settings of layers that are true or false: true for the first layer that has the setting only."""


def parse_spec(text: str, input_shape: Shape) -> list[dict]:
    """Layers of a network description from the short notation, a preset or a network file.

    input_shape: (F,), (C, 1, T) or (C, H, W). Raises UsageError that points to the mistake.
    """
    return load_spec(text, input_shape).layers


def is_notation(text: str) -> bool:
    """Whether this is the short notation, neither a preset nor a network file."""
    return not text.endswith(".toml") and not text.startswith(tuple(f"{name}:" for name in presets.FAMILIES))


def load_spec(
    text: str, input_shape: Shape, learner: str | None = None, options: dict | None = None
) -> Specification:
    """Like parse_spec, with the learner and the settings that a network file or a preset holds.

    learner: id of the one that the user asked for, None if nobody did. options: name → value of settings of
    all layers, such as leak, where FIRST is allowed; layers of a network file that have a value of their own
    keep it. `bias` counts for the output layer, too. It may also have `sums`, the width of the network's sums
    in bits. Raises UsageError where the network file or the preset is for another learner, or the network has
    no such setting.
    """
    options = options or {}
    if text.endswith(".toml"):
        found = read_network_file(text, input_shape, learner or USUAL, options)
    elif is_notation(text):
        found = Specification(parse_notation(text, input_shape, learner or USUAL), learner=learner or USUAL)
    else:
        found = _preset(text, input_shape)
    if learner is not None and found.learner != learner:
        raise UsageError(f"SPEC: {text} is for the learner {found.learner}, not for {learner}")
    _check_options(found.learner, options)
    if not text.endswith(".toml"):
        for name, value in options.items():
            having = [layer for layer in found.layers if name in LAYER_TYPES[layer["type"]].file_defaults]
            for layer in having[:1] if value == FIRST else having:
                layer[name] = True if value == FIRST else value
        found = replace(found, output_bias=options.get("bias") is True)
    return replace(found, sums=options.get("sums", found.sums))


def _check_options(learner: str, options: dict) -> None:
    own = LEARNER_LAYERS[learner]
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if name not in own.settings:
            raise UsageError(f"{option}: the layers of the learner {learner} have no such setting")
        try:
            if name == "sums":
                check_sums(option, own, value)
            else:
                own.file_defaults[name][1](option, True if value == FIRST else value)
        except IntegradError as error:
            raise UsageError(str(error)) from error


def _preset(text: str, input_shape: Shape) -> Specification:
    preset = presets.find_preset(text)
    try:
        layers = parse_notation(preset.notation, input_shape, preset.learner)
    except UsageError as error:
        raise type(error)(
            f"SPEC: {text} stands for the network below; {str(error).removeprefix('SPEC: ')}"
        ) from error
    for layer in layers:
        if layer["type"] == "conv":
            layer["head_features"] = presets.HEAD_FEATURES
    return Specification(layers, dict(preset.learning), preset.learner, preset.sums)
