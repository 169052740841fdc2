"""Firmware of an AVR in simavr: transport, start-up code, memory, and what simavr cannot do."""

import random
import struct
import subprocess
import zlib
from dataclasses import replace

import pytest

from integrad.build.firmware import DoesNotFitError, build_firmware
from integrad.build.objects import ArrayTooLargeError
from integrad.build.program import Program
from integrad.build.sizes import measure_map
from integrad.build.toolchain import find_toolchain
from integrad.emulate.faults import FirmwareError
from integrad.emulate.runner import choose_engine, run
from integrad.emulate.simavr import flash_image, read_serial, session_shortage
from integrad.errors import IntegradError, UsageError
from integrad.targets.cores import get_core

AVR = get_core("avr")


def perform(firmware, session=b"", **options):
    return run(firmware, session, count=False, **options)


def test_a_session_beyond_64_kilobytes(tmp_path):
    source = tmp_path / "last.c"
    source.write_text(
        '#include "transport.h"\n'
        "int main(void) { uint8_t piece[100]; while (integrad_read(piece, 100) == 0) {}\n"
        "return integrad_write(piece, 100); }\n"
    )
    session = random.Random(2).randbytes(66_000)
    assert perform(build_firmware(AVR, [source], [], tmp_path), session).output == session[-100:]


def test_an_array_that_is_too_large_for_an_avr_is_named(tmp_path):
    source = tmp_path / "large.c"
    source.write_text("int weights[16384]; int main(void) { return 0; }\n")
    with pytest.raises(ArrayTooLargeError, match=r"^weights is larger than an array may be"):
        build_firmware(AVR, [source], [], tmp_path)


def test_every_size_of_payload_comes_back(build):
    firmware, payload = build("echo", "avr"), random.Random(1).randbytes(1_023)
    for size in (0, 1, 31, 32, 33, 100, 1_023):
        session = struct.pack("<I", size) + payload[:size]
        expected = payload[:size] + struct.pack("<I", zlib.crc32(session))
        assert perform(firmware, session).output == expected
    with pytest.raises(FirmwareError, match="exited with status 2") as failure:
        perform(firmware, session[:500])
    assert failure.value.kind == "exit status" and failure.value.exit_code == 2


def test_memory_functions_and_initial_values(build):
    firmware = build("memory", "avr")
    assert perform(firmware).exit_code == 0
    sizes = firmware.sizes
    assert measure_map(firmware.map_file.read_text(), AVR.machine) == (sizes.flash, sizes.ram)
    assert sizes.flash == sizes.code + sizes.data and sizes.ram == sizes.stack + sizes.data + sizes.bss
    assert sizes.stack == AVR.family.stack_bytes == 512


def test_the_stack_is_measured_and_an_overflow_noticed(build, tmp_path):
    firmware, peaks = build("stack", "avr"), {}
    for levels in (0, 2, 3, 5):
        before, peaks[levels], _ = struct.unpack("<3I", perform(firmware, struct.pack("<I", levels)).output)
        assert 0 < before <= peaks[levels] < 512
    frame = (peaks[5] - peaks[2]) / 3  # peaks are measured in words
    assert frame >= 64 and abs(peaks[3] - peaks[2] - frame) < 4
    source = tmp_path / "deep.c"
    source.write_text(
        '#include "transport.h"\n'
        "int main(void) { volatile uint8_t big[520]; for (int i = 0; i < 520; i++) { big[i] = 1; }\n"
        "return integrad_write((const uint8_t *)big, 1); }\n"
    )
    with pytest.raises(FirmwareError, match="stack overflow, more than the 512 bytes reserved"):
        perform(build_firmware(AVR, [source], [], tmp_path))


def test_constants_take_ram(tmp_path):
    source = tmp_path / "constants.c"
    source.write_text(
        "#include <stdint.h>\nextern const uint8_t table[];\nconst uint8_t table[3001] = {7};\n"
        "int main(void) { return ((volatile const uint8_t *)table)[0] - 7; }\n"
    )
    firmware = build_firmware(AVR, [source], [], tmp_path)
    assert firmware.sizes.data >= 3001 and firmware.sizes.ram >= 3001 + 512
    assert perform(firmware).exit_code == 0
    source.write_text(source.read_text().replace("3001", "9000"))
    with pytest.raises(DoesNotFitError, match=r"RAM needs 9,\d{3} bytes, .* than the 8,192 available"):
        build_firmware(AVR, [source], [], tmp_path)


def test_the_image_is_what_the_linker_made(build, tmp_path):
    """By objcopy's reading of the ELF file."""
    firmware, session = build("echo", "avr"), bytes(range(256)) * 300
    image = flash_image(firmware.program, session)
    words = ["avr-objcopy", "--gap-fill", "0xff", "-O", "binary", firmware.elf, tmp_path / "elf.bin"]
    subprocess.run(words, check=True)
    program = (tmp_path / "elf.bin").read_bytes()
    assert image == program + struct.pack("<I", len(session)) + session and len(image) > 0x10000


def test_a_session_larger_than_flash():
    program, small = (
        Program([], [], [(0, bytes(1000))]),
        replace(AVR, machine=replace(AVR.machine, flash_bytes=2000)),
    )
    assert session_shortage(program, small, bytes(996)) == ""
    assert session_shortage(program, small, bytes(997)).startswith(
        "flash needs 2,001 bytes with the samples of the session, 1 more than the 2,000 available"
    )


def test_what_simavr_prints():
    colours = "\x1b[32m0aff..\x1b[0m\nfault: stack overflow.\nLoaded 2 .hex\nstatus 7d.\n"
    assert read_serial(colours) == (b"\x0a\xff", "fault: stack overflow\n", 125)
    assert read_serial("Loaded 2 .hex\n") == (b"", "", None)


def test_what_is_impossible_is_said(build, tmp_path, monkeypatch):
    with pytest.raises(IntegradError, match="simavr counts no instructions; `integrad verify --core avr`"):
        run(build("echo", "avr"), b"")
    with pytest.raises(UsageError, match="toolchain zig: does not compile for AVR; gcc does"):
        find_toolchain("zig", AVR.family)
    source = tmp_path / "endless.c"
    source.write_text("int main(void) { for (;;) { } }\n")
    with pytest.raises(FirmwareError, match=r"did not end within 0\.5 s"):
        perform(build_firmware(AVR, [source], [], tmp_path), time_limit=0.5)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(IntegradError, match="no compiler for AVR is installed; apt-get install gcc-avr"):
        find_toolchain(family=AVR.family)
    with pytest.raises(IntegradError, match=r"no emulator for AVR is installed; apt-get install simavr"):
        choose_engine(AVR, count=False)
