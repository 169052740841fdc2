"""A view into a machine of QEMU through its monitor (QMP), while the core stands still or sleeps."""

from __future__ import annotations

import json
import re
import socket
import tempfile

from integrad.errors import IntegradError

SECONDS = 30.0
"""Time limit of an answer, which takes less than a millisecond on an idle computer."""


class MonitorClosed(IntegradError):
    """QEMU has ended, as at the end of a program."""


class Monitor:
    """connection: a socket whose other end QEMU has."""

    def __init__(self, connection: socket.socket):
        connection.settimeout(SECONDS)
        self._socket, self._lines = connection, connection.makefile("rb")
        self._receive()  # the greeting
        self._execute("qmp_capabilities")
        self._file = tempfile.NamedTemporaryFile(prefix="integrad-")  # noqa: SIM115

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
        self._file.close()

    def synchronise(self) -> None:
        """Returns when QEMU has looked at its devices and timers once more."""
        self._execute("query-status")

    def core_thread(self) -> int:
        """Number of the thread that executes the core."""
        return self._execute("query-cpus-fast")[0]["thread-id"]

    def registers(self) -> dict[str, int]:
        """All registers, by QEMU's names in small letters (`r00`, `xpsr`; `pc`, `x1/ra`, `mcause`)."""
        return parse_registers(self._ask("info registers"))

    def read(self, address: int, size: int) -> bytes:
        """Memory as the core sees it. Raises IntegradError where there is none."""
        self._execute("memsave", {"val": address, "size": size, "filename": self._file.name})
        self._file.seek(0)
        return self._file.read()

    def host_pointer(self, address: int) -> int:
        """Where a byte of memory is in the address space of QEMU."""
        answer = self._ask(f"gpa2hva 0x{address:x}")
        found = re.search(r"is (0x[0-9a-f]+)", answer)
        if found is None:
            raise IntegradError(f"QEMU has no memory at 0x{address:08x}: {answer.strip()}")
        return int(found[1], 16)

    def _ask(self, line: str) -> str:
        return self._execute("human-monitor-command", {"command-line": line})

    def _execute(self, command: str, arguments: dict | None = None):
        """Raises MonitorClosed, or IntegradError for what QEMU refuses."""
        request = {"execute": command, "arguments": arguments or {}}
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            answer = self._receive()
        except ConnectionError as error:
            raise MonitorClosed("QEMU's monitor does not answer: QEMU has ended") from error
        except OSError as error:
            raise IntegradError(f"QEMU's monitor does not answer: {error}") from error
        if "error" in answer:
            raise IntegradError(f"QEMU: {answer['error']['desc']}")
        return answer["return"]

    def _receive(self) -> dict:
        """The next message that is not an event."""
        while True:
            line = self._lines.readline()
            if not line:
                raise ConnectionError("it has ended")
            message = json.loads(line)
            if "event" not in message:
                return message


def parse_registers(text: str) -> dict[str, int]:
    """The registers in a text of QEMU."""
    found = re.findall(r"([A-Za-z][\w/]*)(?:=| +)([0-9a-f]{8})\b", text)
    return {name.lower(): int(value, 16) for name, value in found}
