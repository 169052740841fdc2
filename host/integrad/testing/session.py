"""The fixture `model`: a conversation over the serial protocol with the firmware, beside the model on the
host."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cached_property, wraps
from pathlib import Path

import numpy as np

from integrad.api.model import Model
from integrad.boards.c_board import plan_of
from integrad.emulate.machine import Machine
from integrad.errors import IntegradError, InvalidArgumentError
from integrad.execute.device_model import DeviceModel
from integrad.protocol.client import Client
from integrad.protocol.messages import Info, RefusedError, What
from integrad.testing.dut import DeviceFailure, Dut
from integrad.training.stepper import Stepper

NEVER = 1e9
"""Seconds: a device of which instructions are counted loses no request, so that none is repeated."""

FIRST = 1
"""Sequence number of the first request, always the same, so that the instructions are too."""


class DutStream:
    """The serial port of a device as the byte stream of a client. wanted: what the client waits for."""

    def __init__(self, dut: Dut):
        self.dut, self.wanted = dut, "an answer"

    @property
    def name(self) -> str:
        return self.dut.name

    def read(self, most: int, timeout: float) -> bytes:
        __tracebackhide__ = True
        if isinstance(self.dut.chip, Machine):
            return self.dut.receive(self.wanted)
        return self.dut.receive_now(timeout)

    def write(self, data: bytes) -> None:
        self.dut.write(data)


def _asks(what: str):
    """A method that sends requests. what: it waits for, in messages."""

    def decorate(method: Callable):
        @wraps(method)
        def asking(self, *arguments, **named):
            __tracebackhide__ = True
            before, self._stream.wanted = self._stream.wanted, f"an answer to a request to {what}"
            try:
                return method(self, *arguments, **named)
            except RefusedError as error:
                raise DeviceFailure("\n".join([str(error), *self.dut.state()])) from None
            except InvalidArgumentError:
                raise
            except IntegradError as error:
                self.dut.failed = True
                raise DeviceFailure("\n".join([str(error), *self.dut.state()])) from None
            finally:
                self._stream.wanted = before

        return asking

    return decorate


class Session:
    """What firmware with the serial protocol can be asked for.

    host: the same model on the host. It learns what the device is taught by train(), with NumPy, so that both
    can be compared bit by bit. It does not follow what else changes the device; follow() makes it equal.
    """

    def __init__(self, dut: Dut, model: Path | None = None):
        self.dut = dut
        self._path = model
        self._stream = DutStream(dut)
        self._begun = 0

    @property
    def has_begun(self) -> bool:
        """Whether the device, which may have restarted since, has answered."""
        return self._begun == self.dut.starts

    @property
    def client(self) -> Client:
        """The conversation, a new one after a restart of the device."""
        if not self.has_begun:
            self._client = Client(self._stream, first=FIRST, **self._waits)
            self._client.begin()
            self._begun = self.dut.starts
        return self._client

    @property
    def _waits(self) -> dict[str, float]:
        if isinstance(self.dut.chip, Machine):
            return dict.fromkeys(("wait", "longest_wait", "patience", "long_patience"), NEVER)
        return {"wait": self.dut.chip.wait}

    @cached_property
    def host(self) -> Model:
        if self._path is None:
            raise IntegradError("the settings name no model; set `model`, or --integrad-model FILE")
        return Model.load(self._path)

    @property
    def info(self) -> Info:
        """What the device says about itself."""
        __tracebackhide__ = True
        return self.begin()

    @_asks("describe itself")
    def begin(self) -> Info:
        """Begin the conversation, unless it has begun. Other methods do so too."""
        return self.client.info

    @_asks("classify a sample")
    def scores(self, x) -> np.ndarray:
        """The scores of samples (N, *raw_shape), or of one, as int8: those of `host.scores(x)`."""
        samples, single = self._samples(x)
        found = np.empty((len(samples), self.info.classes), np.int8)
        for row, sample in zip(found, samples, strict=True):
            self.client.send_sample(0, sample)
            row[:] = self.client.predict()[1]
        return found[0] if single else found

    def predict(self, x):
        """The label of each sample, integers as the device receives them or floats in the units of the
        training data: that of `host.predict(x)`. Without a model, the number of the class."""
        __tracebackhide__ = True
        classes = self.scores(x).argmax(axis=-1)
        return classes if self._path is None else self.host.classes[classes]

    @_asks("learn")
    def train(self, x, y) -> int:
        """Training steps on the device, of as many samples as the firmware was built for.

        y: labels. Returns how many samples were classified correctly before.
        """
        samples, single = self._samples(x)
        labels = self._class_numbers([y] if single else y)
        if len(samples) != len(labels):
            raise InvalidArgumentError(f"x has {len(samples):,} samples but y has {len(labels):,} labels")
        if not self.info.batch:
            raise IntegradError(f"{self.dut.name}: was built without learning; set `learn`")
        correct = 0
        for begin in range(0, len(samples), self.info.batch):
            rows = slice(begin, begin + self.info.batch)
            for slot, (sample, label) in enumerate(zip(samples[rows], labels[rows], strict=True)):
                self.client.send_sample(slot, sample, int(label))
            correct += self.client.learn(len(samples[rows]))
            if self._path is not None:
                self._follow_step(samples[rows], labels[rows])
        return correct

    @_asks("save")
    def save(self) -> int:
        """Save the weights in flash. Returns the number of the save."""
        return self.client.save()

    def crc(self) -> int:
        """CRC-32 of the weights on the device."""
        __tracebackhide__ = True
        return self._check()[0]

    @property
    def host_crc(self) -> int:
        """CRC-32 of the weights of `host`, as the device has it."""
        return zlib.crc32(self._lowered.struct_of(self.host.network))

    @property
    def steps(self) -> int:
        """Training steps since the export."""
        return self._check()[1]

    @_asks("compute the CRC of its weights")
    def _check(self) -> tuple[int, int]:
        return self.client.check()

    @property
    def weights(self) -> bytes:
        """The struct of the weights."""
        return self._read_weights()

    @_asks("send its weights")
    def _read_weights(self) -> bytes:
        return self.client.read_weights()[0]

    @_asks("forget what it learnt")
    def reset(self, saves: bool = False) -> None:
        """Restore the initial weights, and forget all saves if asked to."""
        self.client.reset(What.WEIGHTS | (What.STORE if saves else What(0)))

    def follow(self) -> None:
        """Give `host` the weights of the device."""
        network = self._lowered.network_with(self.weights)
        self.host.network.load_parameters(network.arrays())

    @cached_property
    def _lowered(self) -> DeviceModel:
        """The model as generated for the device. Raises IntegradError if that was built from another one,
        whatever `host` has learnt since."""
        host = self.host
        return DeviceModel(host, plan_of(Model.load(self._path), self.info, self.dut.name), Path(), [])

    def _follow_step(self, samples: np.ndarray, labels: np.ndarray) -> None:
        """The same training step with NumPy."""
        host, plan = self.host, self._lowered.plan
        schedule = host.schedule(self.info.batch)
        stepper = Stepper.on_device(host.network, schedule, plan.learn.name, constants=plan.constants)
        stepper.step(host.preprocessing.of_raw_samples().apply(samples), labels)

    def _samples(self, x) -> tuple[np.ndarray, bool]:
        """(samples as the device receives them, whether it is a single one)."""
        if self._path is None:
            values, shape = np.asarray(x), (self.info.inputs,)
            values = values.reshape(-1, *shape) if values.ndim != 1 else values
        else:
            values, shape = self.host.quantise(x), self.host.preprocessing.raw_shape
        single = values.shape == shape
        return (values[None] if single else values), single

    def _class_numbers(self, y) -> np.ndarray:
        return np.asarray(y, np.int64) if self._path is None else self.host.class_numbers(y)
