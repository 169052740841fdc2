"""Encodings of the elements of weight arrays in flash, in RAM and in files.

Each parameter names its encoding. All code that declares, stores, loads or updates weights uses this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from integrad.errors import IntegradError
from integrad.network.parameter import Parameter


@dataclass(frozen=True)
class Encoding:
    """name: as in parameters of a network. stored: NumPy type in files and in the struct of weights. c_type:
    of an element. type_code: in the struct and array modules. learners: ids of the learners that can update
    such weights on a device. suffix: of the names of kernels that read or update them.

    viper_pointer: type of viper's pointer to elements. viper_value: value of a loaded element {0}.
    """

    name: str
    stored: np.dtype
    c_type: str
    type_code: str
    viper_pointer: str
    viper_value: str
    learners: frozenset[str]
    suffix: str = ""

    @property
    def bytes(self) -> int:
        """Bytes of one element."""
        return self.stored.itemsize

    def kernels(self, names: Iterable[str]) -> set[str]:
        """The kernels for this encoding that correspond to the given ones for int16."""
        return {name + self.suffix for name in names}

    def viper_load(self, element: str) -> str:
        """Value of an element, which viper loads as an unsigned number."""
        return self.viper_value.format(element)

    def pack(self, array: np.ndarray) -> bytes:
        """An array's elements in the order of its rows."""
        return np.ascontiguousarray(array, self.stored).tobytes()

    def unpack(self, data: bytes, shape: tuple[int, ...], offset: int = 0) -> np.ndarray:
        """The array of that shape whose elements begin at the given byte of the data."""
        flat = np.frombuffer(data, self.stored, int(np.prod(shape)), offset)
        return flat.reshape(shape).astype(self.stored.newbyteorder("="))


INT16 = Encoding(
    name="int16",
    stored=np.dtype("<i2"),
    c_type="int16_t",
    type_code="h",
    viper_pointer="ptr16",
    viper_value="({0} ^ 32768) - 32768",
    learners=frozenset({"nitro-d", "pocket"}),
)

INT8 = Encoding(
    name="int8",
    stored=np.dtype("i1"),
    c_type="int8_t",
    type_code="b",
    viper_pointer="ptr8",
    viper_value="({0} ^ 128) - 128",
    learners=frozenset({"backprop"}),
    suffix="8",
)

ENCODINGS = {encoding.name: encoding for encoding in (INT16, INT8)}


def encoding_of(parameter: Parameter) -> Encoding:
    """The encoding of a parameter."""
    return ENCODINGS[parameter.encoding]


def bytes_of(parameters: Iterable[Parameter]) -> int:
    """Total bytes of the elements of parameters."""
    return sum(encoding_of(p).bytes * p.array.size for p in parameters)


def alignment_of(parameters: Iterable[Parameter]) -> int:
    """Alignment required for the elements of parameters, stored contiguously."""
    return max((encoding_of(p).bytes for p in parameters), default=1)


def packed(parameters: Iterable[Parameter]) -> bytes:
    """The elements of parameters, stored contiguously."""
    return b"".join(encoding_of(p).pack(p.array) for p in parameters)


def unpacked(parameters: Iterable[Parameter], data: bytes) -> dict[str, np.ndarray]:
    """Name of a parameter → its array in data written by packed()."""
    arrays, offset = {}, 0
    for parameter in parameters:
        encoding = encoding_of(parameter)
        arrays[parameter.name] = encoding.unpack(data, parameter.shape, offset)
        offset += encoding.bytes * parameter.array.size
    return arrays


def require_updates(parameters: Iterable[Parameter], learner: str) -> None:
    """Raise IntegradError if a learner cannot update the parameters on a device."""
    for parameter in parameters:
        if learner not in encoding_of(parameter).learners:
            encoding = parameter.encoding
            raise IntegradError(f"{parameter.name}: {learner} cannot update {encoding} weights on a device")
