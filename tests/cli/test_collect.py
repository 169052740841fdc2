"""integrad collect with a simulated board, which sends what MicroPython's raw REPL sends, byte by byte."""

import errno
import itertools
import json
import time

import numpy as np
import pytest
from digits import run
from serial import SerialException

from integrad.boards import serial_port

END = b"\x04"
SAMPLES = [b"sample a: 1 2\r\n", b"sample b: 3 4\r\n"]
DOTS = itertools.repeat(b".")


class PlayedBoard:
    """A serial port with a simulated board. All scripts print `output`; an exception in it simulates a lost
    connection. own: the board's own program prints it, from the start."""

    def __init__(self, output, traceback=b"", own=False):
        self._output, self._traceback = output, traceback
        self._running = iter(output) if own else None
        self._waiting, self._code, self._skip = bytearray(), bytearray(), 0
        self.in_raw_repl, self.interrupted, self.lost = False, False, None

    @property
    def running(self):
        return self._running is not None

    def write(self, data):
        for byte in data:
            self._take(byte)

    def _take(self, byte):
        if self.running:
            if byte == 3:
                self.interrupted = True
                self._finish(b"Traceback\r\nKeyboardInterrupt: \r\n")
        elif self._skip:
            self._skip -= 1
            if not self._skip:
                self._waiting += b"R\x00"  # no raw paste here
        elif byte == 5:
            self._skip = 2
        elif byte in (1, 2):
            self.in_raw_repl = byte == 1
            self._waiting += b"raw REPL; CTRL-B to exit\r\n>" if self.in_raw_repl else b"\r\n>>> "
        elif byte == 3:
            self._code.clear()
        elif byte == 4 and not self._code.strip():
            self._waiting += b"OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>"
        elif byte == 4:
            self._code.clear()
            self._waiting += b"OK"
            self._running = iter(self._output)
        else:
            self._code.append(byte)

    def _finish(self, traceback):
        self._running = None
        self._waiting += END + traceback + END + b">"

    def inWaiting(self):  # pyserial's name
        if self.lost:
            raise self.lost
        if self.running and not self._waiting:
            printed = next(self._running, None)
            if isinstance(printed, Exception):
                self.lost = printed
                raise printed
            if printed is None:
                self._finish(self._traceback)
            else:
                self._waiting += printed
        return len(self._waiting)

    def read(self, count):
        data = bytes(self._waiting[:count])
        del self._waiting[:count]
        return data

    def close(self):
        """Nothing holds the port."""


@pytest.fixture
def plug_in(monkeypatch):
    """A function that connects a simulated board instead of a port."""
    from mpremote.transport_serial import SerialTransport

    def plug(board):
        transport = SerialTransport.__new__(SerialTransport)
        transport.serial, transport.is_pty = board, False
        transport.use_raw_paste, transport.in_raw_repl = True, False
        monkeypatch.setattr(serial_port, "open_port", lambda port, patience: transport)
        return board

    return plug


@pytest.fixture
def collect(tmp_path):
    """Call `integrad collect`: (its result, the samples in the file, None if there is none)."""
    (script := tmp_path / "sensor.py").write_text("print()")
    out = tmp_path / "out.npz"

    def call(*options, own=False):
        source = () if own else ("--run", script)
        result = run("collect", "--port", "/dev/board", *source, "--out", out, *options)
        if not out.exists():
            return result, None
        with np.load(out) as archive:
            return result, archive["x"].tolist()

    return call


def test_enough_samples_stop_the_script(plug_in, collect):
    board = plug_in(PlayedBoard(itertools.cycle(SAMPLES)))
    result, samples = collect("--count", 3)
    assert (result.exit_code, samples) == (0, [[1, 2], [3, 4], [1, 2]])
    assert board.interrupted and not board.running and not board.in_raw_repl


def test_a_script_that_ends_is_not_interrupted(plug_in, collect):
    board = plug_in(PlayedBoard(SAMPLES))
    result, samples = collect()
    assert (result.exit_code, samples) == (0, [[1, 2], [3, 4]])
    assert not board.interrupted and not board.in_raw_repl


@pytest.mark.parametrize("own", [False, True])
def test_time_runs_out_between_two_ends_of_lines(plug_in, collect, own):
    board = plug_in(PlayedBoard(itertools.chain(SAMPLES, DOTS), own=own))
    begin = time.monotonic()
    result, samples = collect("--seconds", 0.5, own=own)
    assert (result.exit_code, samples) == (0, [[1, 2], [3, 4]])
    assert time.monotonic() - begin < 10
    assert board.running == own  # what runs by itself goes on


def test_what_came_before_a_scripts_error_is_kept(plug_in, collect):
    plug_in(PlayedBoard(SAMPLES, b"Traceback\r\n  File sensor.py\r\nOSError: [Errno 19] ENODEV\r\n"))
    result, samples = collect("--json", "-")
    assert (result.exit_code, samples) == (1, [[1, 2], [3, 4]])
    assert json.loads(result.stdout)["samples"] == 2
    assert (
        "error on the board: OSError: [Errno 19] ENODEV; the samples received before are in " in result.stderr
    )


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "Input/output error"), SerialException("device disconnected")]
)
def test_what_came_before_the_cable_was_pulled_is_kept(plug_in, collect, own, error):
    plug_in(PlayedBoard([*SAMPLES, error], own=own))
    result, samples = collect("--seconds", 20, own=own)
    assert (result.exit_code, samples) == (1, [[1, 2], [3, 4]])
    assert "/dev/board: the board was disconnected: " in result.stderr
    assert "; the samples received before are in " in result.stderr and len(result.stderr.splitlines()) == 1


def test_an_error_without_samples_writes_nothing(plug_in, collect):
    plug_in(PlayedBoard([b"hello\r\n"], b"Traceback\r\nValueError: no sensor\r\n"))
    result, samples = collect()
    assert (result.exit_code, samples) == (1, None)
    assert result.stderr == "error: /dev/board: error on the board: ValueError: no sensor\n"


@pytest.mark.parametrize("shape", ["²", "0", "3x", "10001", "1x1x1x1", "9" * 5000])
def test_a_shape_that_is_none(collect, shape):
    result, samples = collect("--shape", shape)
    assert (result.exit_code, samples) == (2, None)
    assert f"--shape {shape}: expected one to three positive numbers such as 64x3" in result.stderr


def test_a_script_that_is_no_text(tmp_path):
    (script := tmp_path / "sensor.py").write_bytes(b"print('\xff')")
    result = run("collect", "--port", "/dev/board", "--run", script, "--out", tmp_path / "x.npz")
    assert result.exit_code == 2
    assert result.stderr == f"error: {script}: byte 7 is not valid UTF-8; scripts must be UTF-8 text\n"


def test_the_usual_length_counts_not_the_first(plug_in, collect):
    lines = [b"sample a: 1\r\n", b"sample a: 1 2\r\n", b"sample b: 3 4\r\n", b"sample b: 5 6 7\r\n"]
    plug_in(PlayedBoard(itertools.chain([*lines, b"sample a: 9 8\r\n"])))
    result, samples = collect()
    assert result.exit_code == 0 and samples == [[1, 2], [3, 4], [9, 8]]
    assert "ignored 1 lines: 1 values instead of 2" in result.stdout
    assert "ignored 1 lines: 3 values instead of 2" in result.stdout
    assert "a: 2" in result.stdout and "b: 1" in result.stdout


def test_labels_that_are_no_text_are_refused(plug_in, collect):
    plug_in(PlayedBoard([b"sample caf\xe9: 1 2\r\n", b"sample caf\xe8: 3 4\r\n", *SAMPLES]))
    result, samples = collect()
    assert samples == [[1, 2], [3, 4]] and "ignored 2 lines: label is no text" in result.stdout
