"""Model files: weights, network, preprocessing, class names and the training record.

A model file is a safetensors file. Its tensors are the network's integer parameters under their names
(block1.weights, block1.head, …, output.weights); its metadata contains a JSON document with the fields
format, version, network, preprocessing, class_names, training and, if the data names its channels,
channel_names, and a checksum of everything. Equal models yield equal files.
"""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass, field

import numpy as np

from integrad.arithmetic import NARROW, magnitude, weight_limit
from integrad.datasets.channels import Channel, describe_channels
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError, IntegradNote, one_line
from integrad.learners.schedule import Schedule
from integrad.learners.table import learner_of
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import HEAD, WEIGHTS
from integrad.tensor_file import CHECKSUM, read_tensors, require_checksum, write_tensors

KIND = "integrad-model"
VERSION = 2
"""Of the format. A file has the oldest version whose readers accept it:

1: all sums have 32 bits, and weights are within the limit for inputs of ±127.
2: sums may have 64 bits (`sums` of the network), and the limit of weights follows from the largest output of
   the layer before them, which is often below 127.

The limits of version 2 are at least those of version 1, so that files of version 1 are read as those of
version 2; when such a model goes on learning, its weights may grow beyond the limits of version 1.
"""

FIELDS = {"format", "version", "network", "preprocessing", "class_names", "training"}
OPTIONAL_FIELDS = {"channel_names", CHECKSUM}
MAX_NAME = 64
MAX_RECORD = 1000
"""Fields of the training record, and of an object in it."""

MAX_DEPTH = 4


@dataclass
class Model:
    """A trained network with everything needed to classify raw samples.

    class_names: printable, one per class. training: the training record, JSON-serialisable: data,
    data_sha256, seed, hyper_parameters, accuracies, epochs, tool_version. channel_names: printable, one per
    channel of a raw sample, or None.
    """

    network: Network
    preprocessing: Preprocessing
    class_names: list[str]
    training: dict = field(default_factory=dict)
    channel_names: list[str] | None = None

    def __post_init__(self):
        if self.preprocessing.input_shape != self.network.input_shape:
            raise IntegradError(
                f"preprocessing yields samples of shape {self.preprocessing.input_shape}, "
                f"but the network expects {self.network.input_shape}"
            )
        _check_names("class", self.class_names, self.network.classes)
        if self.channel_names is not None:
            _check_names("channel", self.channel_names, self.preprocessing.channels)

    @property
    def constants(self) -> dict[str, int | str]:
        """The hyper-parameters that are constants of a device's training step."""
        return learner_of(self.network).constants(self.training)

    @property
    def channels(self) -> list[Channel]:
        """The channels of a raw sample, in the units of the data that the model was trained on."""
        return describe_channels(self.preprocessing, self.channel_names)

    def quantise(self, values) -> np.ndarray:
        """Samples in the units of the training data → the same samples as a device receives them.

        values: one sample of preprocessing.raw_shape, or several (N, *raw_shape), as anything that NumPy
        takes for an array. Returns integers of preprocessing.raw_dtype in the same shape. Floats are scaled,
        rounded and saturated; a model that was trained on integers requires integers. Raises IntegradError
        for samples of another shape or kind.
        """
        samples, shape = np.asarray(values), self.preprocessing.raw_shape
        if self.preprocessing.scales and samples.dtype.kind in "biu":
            samples = samples.astype(np.float64)
        if samples.shape == shape:
            return self.preprocessing.raw(samples[None])[0]
        return self.preprocessing.raw(samples)

    def schedule(self, batch_size: int) -> Schedule:
        """The schedule with which the model goes on learning in batches of this size.

        Raises IntegradError for a training record that holds something else than integers.
        """
        return learner_of(self.network).schedule(self.training, self.network.classes, batch_size)


def save_model(model: Model, path: str | os.PathLike) -> None:
    """Write atomically. Raises IntegradError if it cannot be written; an old file is then unchanged."""
    _check_training(model.training, model.network)
    document = {
        "network": model.network.describe(),
        "preprocessing": model.preprocessing.describe(),
        "class_names": list(model.class_names),
        "training": model.training,
    }
    if model.channel_names is not None:
        document["channel_names"] = list(model.channel_names)
    write_tensors(path, KIND, _version(model.network), document, model.network.arrays())


def _version(network: Network) -> int:
    """See VERSION. Other learners than NITRO-D have smaller weights than the limits of version 1."""
    if network.sums != NARROW:
        return 2
    limited = [parameter for parameter in network.parameters() if parameter.role in (WEIGHTS, HEAD)]
    return 2 if any(magnitude(p.array) > weight_limit(p.matrix.shape[1]) for p in limited) else 1


def load_model(path: str | os.PathLike) -> Model:
    """Read and validate a model file.

    Raises IntegradError, naming the file and what is wrong, if it is missing, damaged, truncated,
    of another kind, newer than this version, or if shapes, types, ranges or the checksum are wrong. Warns
    with an IntegradNote if there is no checksum.
    """
    document, tensors = read_tensors(path, KIND, VERSION)
    try:
        if set(document) - OPTIONAL_FIELDS != FIELDS:
            raise IntegradError(f"its metadata must have the fields {', '.join(sorted(FIELDS))}")
        network = Network.from_description(document["network"])
        _check_tensor_names(set(tensors), set(network.arrays()))
        network.load_parameters(tensors)
        preprocessing = Preprocessing.from_description(document["preprocessing"])
        _check_training(document["training"], network)
        names = document["class_names"], document.get("channel_names")
        model = Model(network, preprocessing, names[0], document["training"], names[1])
        if not require_checksum(document, tensors):
            warnings.warn(
                f"{path}: has no checksum, because an older version wrote it: damage may go unnoticed",
                IntegradNote,
                stacklevel=2,
            )
        return model
    except IntegradError as error:
        raise IntegradError(f"{path}: {error}") from error
    except MemoryError as error:
        raise IntegradError(f"{path}: describes a network that does not fit in memory") from error


def _check_tensor_names(found: set[str], wanted: set[str]) -> None:
    if missing := sorted(wanted - found):
        raise IntegradError(f"tensor {missing[0]} is missing")
    if extra := sorted(found - wanted):
        raise IntegradError(f"tensor {one_line(extra[0])} is not part of its network")


def _check_names(what: str, names, count: int) -> None:
    """what: class or channel, which have this number of names."""
    field = f"{what}_names"
    if not isinstance(names, list) or len(names) != count:
        raise IntegradError(f"{field} must be a list of {count} names, one per {what}")
    for name in names:
        if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= MAX_NAME:
            raise IntegradError(f"{field} must be printable strings of 1 to {MAX_NAME} characters")


def _check_training(training, network: Network) -> None:
    if not isinstance(training, dict):
        raise IntegradError("training is not an object")
    _check_record(training, MAX_DEPTH)
    settings = training.get("hyper_parameters", {})
    if not isinstance(settings, dict):
        raise IntegradError("training.hyper_parameters is not an object")
    known = learner_of(network).all_hyper_parameters()
    for name in settings.keys() & known.keys():
        known[name].check(f"training.hyper_parameters.{name}", settings[name], network.classes)
    if "learn" in settings:
        if not isinstance(settings["learn"], str):
            raise IntegradError("training.hyper_parameters.learn must be a string such as all")
        LearnSet.parse(settings["learn"], len(network.blocks))


def _check_record(value, depth: int) -> None:
    """Check that the record is shallow, finite and printable, since it is displayed and copied into generated
    files."""
    if isinstance(value, str):
        if not value.isprintable() or len(value) > 1000:
            raise IntegradError("training contains a string that is not printable or too long")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise IntegradError("training is nested too deeply")
        if isinstance(value, dict) and len(value) > MAX_RECORD:
            raise IntegradError(f"training has {len(value):,} fields, more than the {MAX_RECORD:,} supported")
        items = [*value, *value.values()] if isinstance(value, dict) else value
        for item in items:
            _check_record(item, depth - 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise IntegradError("training contains a number that is not finite")
    elif value is not None and not isinstance(value, int):
        raise IntegradError(
            f"training contains a value of type {type(value).__name__}, which is not supported"
        )
