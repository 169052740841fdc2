"""network.toml: a file that describes a network and its training settings.

    learner = "nitro-d"         # or "pocket" or "backprop", which have other layers: docs/pocketnn.md,
                                # docs/backprop.md
    alpha_inv = 4               # slope 1/4 for negative activations in all blocks
    head_features = 256         # maximum number of inputs of a convolution's learning head
    sums = 32                   # bits; with 64, weights can be larger in wide layers

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
    schedule = "annealed"       # the learning rate falls by the same factor in every epoch
    last_learning_rate_inv = 4096

The output layer is implicit. For time series, one number is a length in time: kernel 3 means [1, 3].
"""

from __future__ import annotations

from dataclasses import dataclass, field

from integrad.arithmetic import NARROW
from integrad.errors import IntegradError
from integrad.learners.learner import Learner
from integrad.learners.table import LEARNERS, USUAL
from integrad.network.description import OUTPUT_BIAS, check_output_bias, check_sums
from integrad.network.layer_types.table import LAYER_TYPES
from integrad.network.learner_layers import LearnerLayers
from integrad.network.learner_table import LEARNER_LAYERS
from integrad.network.network import Network
from integrad.network.shapes import LayerError, Shape, check_shapes
from integrad.toml_file import read_toml


@dataclass(frozen=True)
class Specification:
    """layers: of a network description. learning: name → hyper-parameter set by a file or preset. learner:
    id of the learner that trains them. sums, output_bias: of a network description.
    """

    layers: list[dict]
    learning: dict[str, int | str] = field(default_factory=dict)
    learner: str = USUAL
    sums: int = NARROW
    output_bias: bool = False

    def network(self, input_shape: Shape, classes: int) -> Network:
        """With weights 0. Raises IntegradError if there is no such network."""
        return Network(input_shape, classes, self.layers, self.learner, self.sums, self.output_bias)


def read_network_file(
    path: str, input_shape: Shape, learner: str = USUAL, options: dict | None = None
) -> Specification:
    """Layers, learner and learning settings of a network file. learner: where the file names none.

    options: replace the file's defaults of layers, as far as its learner has them. Raises IntegradError,
    naming the file and the key, if it is missing, not TOML, or contains an unknown key, an invalid value or a
    layer that does not fit its input.
    """
    document = read_toml(path, "a network file")
    learner = document.get("learner", learner)
    if not isinstance(learner, str) or learner not in LEARNERS:
        raise IntegradError(f"{path}: learner must be one of {', '.join(LEARNERS)}, not {learner!r:.50}")
    own = LEARNER_LAYERS[learner]
    settings = own.file_defaults
    of_output = (OUTPUT_BIAS,) if own.has_output_bias else ()
    _refuse_unknown(path, document, (*sorted({*own.settings, *of_output}), "layer", "learner", "learning"))
    defaults = {name: check(path, document.get(name, usual)) for name, (usual, check) in settings.items()}
    defaults |= {name: value for name, value in (options or {}).items() if name in settings}
    tables = document.get("layer", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise IntegradError(f"{path}: layers must be [[layer]] tables")
    series = len(input_shape) == 3 and input_shape[1] == 1
    layers = [
        _layer(f"{path}: layer {number}", table, defaults, series, own)
        for number, table in enumerate(tables, 1)
    ]
    try:
        check_shapes(layers, input_shape)
    except LayerError as error:
        kind = layers[error.index]["type"]
        raise IntegradError(f"{path}: layer {error.index + 1} ({kind}) does not fit: {error}") from error
    sums = check_sums(path, own, document.get("sums", own.sums[0]))
    output_bias = check_output_bias(path, own, document.get(OUTPUT_BIAS, defaults.get("bias", False)))
    learning = _learning(path, document.get("learning", {}), LEARNERS[learner])
    return Specification(layers, learning, learner, sums, output_bias)


def _layer(where: str, table: dict, defaults: dict, series: bool, learner: LearnerLayers) -> dict:
    kind = table.get("type")
    if not isinstance(kind, str) or kind not in LAYER_TYPES:
        listed = ", ".join(layer_type.kind for layer_type in learner.types)
        raise IntegradError(f"{where}: type must be one of {listed}")
    learner.require(kind, where)
    layer_type = LAYER_TYPES[kind]
    where = f"{where} ({kind})"
    _refuse_unknown(where, table, tuple(sorted(layer_type.keys | layer_type.optional.keys() | {"type"})))
    return layer_type.read(where, table, defaults, series)


def _learning(path: str, table, learner: Learner) -> dict[str, int | str]:
    if not isinstance(table, dict):
        raise IntegradError(f"{path}: learning must be a [learning] table")
    where = f"{path}: [learning]"
    declared = learner.all_hyper_parameters()
    _refuse_unknown(where, table, tuple(name for name, p in declared.items() if p.in_network_file))
    return {name: declared[name].check(f"{where}: {name}", value) for name, value in table.items()}


def _refuse_unknown(where: str, table: dict, known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise IntegradError(f"{where}: unknown key {key!r:.50}; known keys: {', '.join(known)}")
