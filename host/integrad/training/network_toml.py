"""network.toml: a file that describes a network and its training settings.

    alpha_inv = 4               # slope 1/4 for negative activations in all blocks
    head_features = 256         # maximum number of inputs of a convolution's learning head

    [[layer]]
    type = "max_pool"           # or "avg_pool"
    size = 2                    # one number or [height, width]

    [[layer]]
    type = "conv"
    channels = 8
    kernel = 3                  # these have defaults: kernel 3, stride 1, same padding,
    stride = 1                  # the two settings above, and head_pool "max"
    head_pool = "avg"
    groups = 1                  # groups of channels that are convolved separately

    [[layer]]
    type = "dense"
    units = 48

    [[layer]]
    type = "dropout"
    percent = 10

    [learning]                  # optional; overridden by the command line
    batch_size = 16
    epochs = 100
    learning_rate_inv = 128
    amplification = 64          # blocks learn 64 · classes times more slowly than heads
    decay_inv = 0
    head_decay_inv = 0
    augment_crop = 2            # shift by up to 2 pixels,
    augment_flip = 1            # mirror horizontally,
    augment_by = "sample"       # each sample independently, or the whole "batch" alike

The output layer is implicit. For time series, one number is a length in time: kernel 3 means [1, 3].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from integrad.arithmetic import SLOPES
from integrad.errors import IntegradError
from integrad.learners.table import LEARNERS, USUAL
from integrad.network.description import LAYER_KEYS, MAX_SIDE, OPTIONAL_KEYS
from integrad.network.layers.dropout import KEEP_SCALE
from integrad.network.notation import ALPHA_INV, HEAD_FEATURES, HEAD_POOL
from integrad.network.shapes import LayerError, Shape, check_shapes

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

MAX_BYTES = 2**20


@dataclass(frozen=True)
class Specification:
    """layers: of a network description. learning: name → hyper-parameter set by a file or preset."""

    layers: list[dict]
    learning: dict[str, int | str] = field(default_factory=dict)


def read_network_file(path: str, input_shape: Shape) -> Specification:
    """Layers and learning settings of a network file.

    Raises IntegradError, naming the file and the key, if it is missing, not TOML, or contains an unknown
    key, an invalid value or a layer that does not fit its input.
    """
    document = _read(path)
    _refuse_unknown(path, document, ("alpha_inv", "head_features", "layer", "learning"))
    defaults = {
        "alpha_inv": _slope(path, document.get("alpha_inv", ALPHA_INV)),
        "head_features": _whole(path, "head_features", document.get("head_features", HEAD_FEATURES), 1),
        "head_pool": HEAD_POOL,
    }
    tables = document.get("layer", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise IntegradError(f"{path}: layers must be [[layer]] tables")
    series = len(input_shape) == 3 and input_shape[1] == 1
    layers = [
        _layer(f"{path}: layer {number}", table, defaults, series) for number, table in enumerate(tables, 1)
    ]
    try:
        check_shapes(layers, input_shape)
    except LayerError as error:
        kind = layers[error.index]["type"]
        raise IntegradError(f"{path}: layer {error.index + 1} ({kind}) does not fit: {error}") from error
    return Specification(layers, _learning(path, document.get("learning", {})))


def _read(path: str) -> dict:
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise IntegradError(f"{path}: is larger than {MAX_BYTES:,} bytes, too large for a network file")
        return tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise IntegradError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML
        raise IntegradError(f"{path}: is not TOML: {error}") from error


def _layer(where: str, table: dict, defaults: dict, series: bool) -> dict:
    kind = table.get("type")
    if not isinstance(kind, str) or kind not in LAYER_KEYS:
        raise IntegradError(f"{where}: type must be one of {', '.join(LAYER_KEYS)}")
    where = f"{where} ({kind})"
    _refuse_unknown(where, table, tuple(sorted(LAYER_KEYS[kind] | OPTIONAL_KEYS.get(kind, set()))))
    if kind == "dropout":
        percent = table.get("percent")
        if type(percent) is not int or percent not in KEEP_SCALE:
            raise IntegradError(f"{where}: percent must be 5, 10, … 95")
        return {"type": kind, "percent": percent}
    if kind == "dense":
        slope = _slope(where, table.get("alpha_inv", defaults["alpha_inv"]))
        return {"type": kind, "units": _whole(where, "units", table.get("units"), 1), "alpha_inv": slope}
    if kind == "conv":
        return _conv(where, table, defaults, series)
    return {"type": kind, "size": _pair(where, "size", table.get("size"), 1, series)}


def _conv(where: str, table: dict, defaults: dict, series: bool) -> dict:
    kernel = _pair(where, "kernel", table.get("kernel", 3), 1, series)
    if "padding" not in table and any(k % 2 == 0 for k in kernel):
        raise IntegradError(f"{where}: same padding is impossible with an even kernel; set padding")
    values = defaults | table
    if values["head_pool"] not in ("max", "avg"):
        raise IntegradError(f'{where}: head_pool must be "max" or "avg"')
    stride = _pair(where, "stride", table.get("stride", 1), 1, series)
    if max(stride) > 2:
        raise IntegradError(f"{where}: stride must be 1 or 2")
    padding = table.get("padding", [k // 2 for k in kernel])
    groups = _whole(where, "groups", table.get("groups", 1), 1)
    return {
        "type": "conv",
        "channels": _whole(where, "channels", table.get("channels"), 1),
        "kernel": kernel,
        "stride": stride,
        "padding": _pair(where, "padding", padding, 0, series),
        "alpha_inv": _slope(where, values["alpha_inv"]),
        "head_features": _whole(where, "head_features", values["head_features"], 1),
        "head_pool": values["head_pool"],
    } | ({"groups": groups} if groups > 1 else {})


def _learning(path: str, table) -> dict[str, int | str]:
    if not isinstance(table, dict):
        raise IntegradError(f"{path}: learning must be a [learning] table")
    where = f"{path}: [learning]"
    declared = LEARNERS[USUAL].all_hyper_parameters()
    _refuse_unknown(where, table, tuple(name for name, p in declared.items() if p.in_network_file))
    return {name: declared[name].check(f"{where}: {name}", value) for name, value in table.items()}


def _refuse_unknown(where: str, table: dict, known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise IntegradError(f"{where}: unknown key {key!r}; known keys: {', '.join(known)}")


def _slope(where: str, value) -> int:
    if type(value) is not int or value not in SLOPES:
        raise IntegradError(f"{where}: alpha_inv must be one of {', '.join(map(str, SLOPES))}")
    return value


def _whole(where: str, key: str, value, low: int) -> int:
    if type(value) is not int or not low <= value <= 2**31 - 1:
        raise IntegradError(f"{where}: {key} must be an integer of at least {low}")
    if key in ("units", "channels") and value > MAX_SIDE:
        raise IntegradError(f"{where}: {key} must be at most {MAX_SIDE:,}")
    return value


def _pair(where: str, key: str, value, low: int, series: bool) -> list[int]:
    """[height, width]; a single number means a square or, for time series, a length in time."""
    if type(value) is int:
        # Along the axis of length 1 of a time series there is no padding, and windows and strides are 1.
        value = [low if series else value, value]
    if not isinstance(value, list) or len(value) != 2:
        raise IntegradError(f"{where}: {key} must be a number or [height, width]")
    if any(type(n) is not int or not low <= n <= MAX_SIDE for n in value):
        raise IntegradError(f"{where}: {key} must be integers from {low} to {MAX_SIDE:,}")
    return list(value)
