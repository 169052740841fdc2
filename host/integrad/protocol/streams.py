"""Byte streams between the host and a device: what a client needs of a serial port, or of anything else."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Sequence
from typing import Protocol

from integrad.errors import IntegradError


class ByteStream(Protocol):
    """Bytes in both directions, unreliable ones. name: for messages."""

    name: str

    def read(self, most: int, timeout: float) -> bytes:
        """The bytes that have arrived, at most so many. If there are none, waits for one for at most
        `timeout` seconds; then returns b"". Raises IntegradError if the device is gone."""
        ...

    def write(self, data: bytes) -> None:
        """Sends all bytes. Raises IntegradError if the device is gone."""
        ...


class DescriptorStream:
    """Two file descriptors, such as those of pipes or of a pseudo-terminal."""

    def __init__(self, name: str, reading: int, writing: int):
        self.name = name
        self._reading, self._writing = reading, writing

    def read(self, most: int, timeout: float) -> bytes:
        ready, _, _ = select.select([self._reading], [], [], max(0, timeout))
        if not ready:
            return b""
        data = self._attempt(lambda: os.read(self._reading, most))
        if not data:
            raise self._gone()
        return data

    def write(self, data: bytes) -> None:
        while data:
            data = data[self._attempt(lambda rest=data: os.write(self._writing, rest)) :]

    def _attempt(self, call):
        try:
            return call()
        except OSError as error:
            raise self._gone() from error

    def _gone(self) -> IntegradError:
        return IntegradError(f"{self.name}: the other side has ended")


class ProgramStream(DescriptorStream):
    """A program that speaks on its standard input and output, for as long as the context lasts."""

    def __init__(self, command: Sequence[str]):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        super().__init__(command[0], self._process.stdout.fileno(), self._process.stdin.fileno())

    def __enter__(self) -> ProgramStream:
        return self

    def __exit__(self, *_) -> None:
        """End the program, which ends by itself when its input does."""
        self._process.stdin.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
