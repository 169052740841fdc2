"""The service `integrad` of pytest-embedded: its fixture `dut`, with an emulated core at the other end.

    pytest --embedded-services integrad

Expectations of pytest-embedded read what the core sends as they run it, so that its time is counted in
instructions there too; the seconds of `timeout` are those of the host. Tried with pytest-embedded 2.9.3.
"""

from __future__ import annotations

import pexpect
import pytest
from pexpect.spawnbase import SpawnBase
from pytest_embedded import utils

from integrad.testing.dut import DeviceFailure, Dut
from integrad.testing.options import SERVICE

# A service is known by the module that has it.
utils.SERVICE_LIB_NAMES.setdefault(SERVICE, __name__)


class DutProcess(SpawnBase):
    """What pexpect reads from: it runs the device until it sends something. queue: of pytest-embedded, which
    shows and writes down what was received."""

    def __init__(self, dut: Dut, queue):
        super().__init__(timeout=dut.timeout)
        self._dut, self._queue = dut, queue

    def read_nonblocking(self, size: int = 1, timeout: float | None = None) -> bytes:
        """Raises pexpect.TIMEOUT if nothing came within the limits, and pexpect.EOF if nothing will come."""
        seconds = self.timeout if timeout == -1 else timeout
        try:
            data = self._dut.receive("output", timeout=seconds)
        except DeviceFailure as failure:
            kind = pexpect.TIMEOUT if self._dut.is_running else pexpect.EOF
            raise kind(str(failure)) from None
        self._queue.put(data)
        return data

    @property
    def buffer_debug_str(self) -> str:
        """What was received and not expected yet, in the messages of pytest-embedded."""
        return repr(self.buffer[-200:])

    def isalive(self) -> bool:
        return self._dut.is_running

    def terminate(self, force: bool = False) -> None:
        """The device ends with its own fixture."""


@pytest.fixture
def dut(dut, integrad_dut, msg_queue):
    """The `dut` of pytest-embedded, which runs on an emulated core; `dut.integrad` is the one of integrad."""
    if isinstance(dut, tuple):
        pytest.fail("--count: the service integrad has one device", pytrace=False)
    dut.integrad = integrad_dut
    dut.pexpect_proc = DutProcess(integrad_dut, msg_queue)
    dut.write = integrad_dut.write
    return dut
