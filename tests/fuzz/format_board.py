"""What a board answers on its serial port: to questions, to self-tests, as a stream of samples."""

from __future__ import annotations

from format_store_image import PLAN
from fuzz_target import Target

from integrad.boards.collect import Collector
from integrad.boards.connection import END, Connection
from integrad.boards.identity import identify
from integrad.boards.self_test import run_self_test


class Serial:
    """A serial port that has received these bytes, and the end of the output."""

    def __init__(self, data: bytes):
        self._data = data + END

    def inWaiting(self) -> int:
        return len(self._data)

    def read(self, count: int) -> bytes:
        part, self._data = self._data[:count], self._data[count:]
        return part

    def write(self, data: bytes) -> None:
        self._data = END + END  # a script that is interrupted ends, and so does its traceback


class Transport:
    """mpremote's transport to a board that answers with these bytes, and errors of scripts."""

    def __init__(self, output: bytes, errors: bytes):
        self._answer, self.serial = (output, errors), Serial(output)

    def exec_raw(self, code: str, timeout: float) -> tuple[bytes, bytes]:
        return self._answer

    def exec_raw_no_follow(self, code: str) -> None:
        pass

    def read_until(self, count: int, end: bytes, timeout: float) -> bytes:
        return self._answer[1]


def record(connection: Connection) -> None:
    collector = Collector(label="one")
    connection.follow("", collector.add, time_limit=0.01)
    assert collector.count >= 0 and all(label.isprintable() for label in collector.counts)
    collector.archive()


def sizes(connection: Connection) -> None:
    assert len(connection.sizes(["a", "b"])) == 2


def read_file(connection: Connection) -> None:
    assert isinstance(connection.read_file("a"), bytes)


def describe(connection: Connection) -> None:
    found = identify(connection)
    assert all(type(value) is int for value in (found.heap, found.disk)), found
    for text in (found.version, found.machine, found.root, found.architecture, found.abi or "6"):
        assert text.isprintable(), found
    assert found.native_architectures is not None


QUESTIONS = [
    describe,
    read_file,
    sizes,
    lambda connection: connection.exists("a"),
    lambda connection: connection.write_file("lib/a", bytes(40)),
    lambda connection: run_self_test(connection, PLAN, "a"),
    record,
    lambda connection: connection.run("pass"),
]


def read(data: bytes) -> None:
    """The first byte chooses a question, the rest is the answer; after byte FF come the errors."""
    number, answer = data[0] if data else 0, data[1:]
    output, _, errors = answer.partition(b"\xff") if number & 0x80 else (answer, b"", b"")
    connection = Connection("port", Transport(output, errors))
    QUESTIONS[number % len(QUESTIONS)](connection)


ANSWERS = [
    b"('micropython', (1, 25, 0), 'board with M4', 9477, True, 100000, 200000, '/flash')\r\n",
    b"aGVsbG8=\r\n\r\naGVsbG8=\r\n",
    b"10\r\n0\r\n",
    b"1\r\n",
    b"1\r\n",
    b"123 456 7890\r\n",
    b"boot\nsample walk: 1 2 -3\nsample run: 4 5 6\nsample 7 8 9\nsample a: 1 2\n\x04",
    b"\xc3\xa9\r\n",
]


def seeds() -> list[bytes]:
    trace = b'\xffTraceback (most recent call last):\r\n  File "<stdin>"\r\nOSError: [Errno 28] ENOSPC\r\n'
    return [bytes([n]) + answer for n, answer in enumerate(ANSWERS)] + [b"\x80" + trace]


TARGET = Target("board", read, seeds)
