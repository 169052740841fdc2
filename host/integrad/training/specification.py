"""The forms of `--model SPEC`: the short notation, a preset or a network file."""

from __future__ import annotations

from integrad.errors import UsageError
from integrad.network.notation import parse_notation
from integrad.network.shapes import Shape
from integrad.training import presets
from integrad.training.network_toml import Specification, read_network_file


def parse_spec(text: str, input_shape: Shape) -> list[dict]:
    """Layers of a network description from the short notation, a preset or a network file.

    input_shape: (F,), (C, 1, T) or (C, H, W). Raises UsageError that points to the mistake.
    """
    return load_spec(text, input_shape).layers


def load_spec(text: str, input_shape: Shape) -> Specification:
    """Like parse_spec, including the training settings of a network file or preset."""
    if text.endswith(".toml"):
        return read_network_file(text, input_shape)
    if text.startswith(f"{presets.FAMILY}:"):
        return _preset(text, input_shape)
    return Specification(parse_notation(text, input_shape))


def _preset(text: str, input_shape: Shape) -> Specification:
    preset = presets.find_preset(text)
    try:
        layers = parse_notation(preset.notation, input_shape)
    except UsageError as error:
        raise UsageError(
            f"SPEC: {text} stands for the network below; {str(error).removeprefix('SPEC: ')}"
        ) from error
    for layer in layers:
        if layer["type"] == "conv":
            layer["head_features"] = presets.HEAD_FEATURES
    return Specification(layers, preset.learning)
