"""Input, output and CRC-32 of the transport on all executors."""

import random
import struct
import zlib

import pytest
from emulated import CORES, PROGRAMS, UNICORN_CORES

from integrad.build.host_program import build_host, run_host
from integrad.emulate.faults import FirmwareError
from integrad.emulate.runner import run

PAYLOAD = random.Random(1).randbytes(70_123)
SESSION = struct.pack("<I", len(PAYLOAD)) + PAYLOAD
EXPECTED = PAYLOAD + struct.pack("<I", zlib.crc32(SESSION))


@pytest.mark.parametrize("core", CORES)
def test_qemu_echoes(build, core):
    assert run(build("echo", core), SESSION, engine="qemu", count=False).output == EXPECTED


@pytest.mark.parametrize("core", UNICORN_CORES)
def test_unicorn_echoes(build, core):
    assert run(build("echo", core, "zig"), SESSION, engine="unicorn").output == EXPECTED


@pytest.mark.parametrize(("compiler", "sanitize"), [("gcc", True), ("gcc", False), ("clang", False)])
def test_host_echoes(tmp_path, compiler, sanitize):
    program = build_host([PROGRAMS / "echo.c"], [], tmp_path, compiler=compiler, sanitize=sanitize)
    assert run_host(program, SESSION, 20) == EXPECTED


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101])
def test_small_payloads(build, size):
    session = struct.pack("<I", size) + PAYLOAD[:size]
    expected = PAYLOAD[:size] + struct.pack("<I", zlib.crc32(session))
    assert run(build("echo", "m3"), session, engine="qemu").output == expected
    assert run(build("echo", "m3"), session, engine="unicorn").output == expected


@pytest.mark.parametrize("engine", ["qemu", "unicorn"])
def test_a_session_that_ends_early_is_noticed_by_the_firmware(build, engine):
    with pytest.raises(FirmwareError, match="status 2") as failure:
        run(build("echo", "m4"), SESSION[:500], engine=engine)
    assert failure.value.kind == "exit status" and failure.value.exit_code == 2


def test_host_notices_it_too(tmp_path):
    program = build_host([PROGRAMS / "echo.c"], [], tmp_path)
    with pytest.raises(Exception, match="status 2"):
        run_host(program, SESSION[:500], 20)
