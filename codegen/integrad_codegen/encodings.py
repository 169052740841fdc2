"""How the elements of a weight array lie in flash, in RAM and in files.

A parameter names its encoding; whoever declares, stores, loads or updates weights asks here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from integrad.errors import IntegradError
from integrad.network.parameter import Parameter


@dataclass(frozen=True)
class Encoding:
    """name: in a network's parameters. stored: NumPy's type in files and in the struct of weights. c_type:
    of an element. type_code: in the struct and array modules. learners: ids of those whose steps can update
    such weights on a device. suffix: of the names of kernels that read or update them.

    viper_pointer: viper's pointer to elements; viper_value: the value of an element {0} that it loads.
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
        """Of one element."""
        return self.stored.itemsize

    def kernels(self, names: Iterable[str]) -> set[str]:
        """The kernels that do for this encoding what those do for int16."""
        return {name + self.suffix for name in names}

    def viper_load(self, element: str) -> str:
        """Value of an element, which viper loads without its sign."""
        return self.viper_value.format(element)

    def pack(self, array: np.ndarray) -> bytes:
        """An array's elements in the order of its rows."""
        return np.ascontiguousarray(array, self.stored).tobytes()

    def unpack(self, data: bytes, shape: tuple[int, ...], offset: int = 0) -> np.ndarray:
        """The array of that shape whose elements begin at a byte of the data."""
        flat = np.frombuffer(data, self.stored, int(np.prod(shape)), offset)
        return flat.reshape(shape).astype(self.stored.newbyteorder("="))


INT16 = Encoding(
    name="int16",
    stored=np.dtype("<i2"),
    c_type="int16_t",
    type_code="h",
    viper_pointer="ptr16",
    viper_value="({0} ^ 32768) - 32768",
    learners=frozenset({"nitro-d"}),
)

ENCODINGS = {encoding.name: encoding for encoding in (INT16,)}


def encoding_of(parameter: Parameter) -> Encoding:
    """How a parameter's elements lie."""
    return ENCODINGS[parameter.encoding]


def bytes_of(parameters: Iterable[Parameter]) -> int:
    """Of all elements of some parameters."""
    return sum(encoding_of(p).bytes * p.array.size for p in parameters)


def alignment_of(parameters: Iterable[Parameter]) -> int:
    """Of the address at which their elements begin, one array after the other."""
    return max((encoding_of(p).bytes for p in parameters), default=1)


def packed(parameters: Iterable[Parameter]) -> bytes:
    """The elements of some parameters, one array after the other."""
    return b"".join(encoding_of(p).pack(p.array) for p in parameters)


def unpacked(parameters: Iterable[Parameter], data: bytes) -> dict[str, np.ndarray]:
    """Name of a parameter → the array that such data hold for it."""
    arrays, offset = {}, 0
    for parameter in parameters:
        encoding = encoding_of(parameter)
        arrays[parameter.name] = encoding.unpack(data, parameter.shape, offset)
        offset += encoding.bytes * parameter.array.size
    return arrays


def require_updates(parameters: Iterable[Parameter], learner: str) -> None:
    """Raise IntegradError where a learner cannot update weights on a device."""
    for parameter in parameters:
        if learner not in encoding_of(parameter).learners:
            encoding = parameter.encoding
            raise IntegradError(f"{parameter.name}: {learner} cannot update {encoding} weights on a device")
