"""integrad flash: drives in a folder, a debug probe whose API is replaced, dry runs, and wrong programs."""

import json
import re
import struct
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from digits import fail, run
from flash_programs import elf, image_definition, program

from integrad.boards import pyocd_flash, serial_port, uf2_drive
from integrad.boards.flash import FLASH_METHODS
from integrad.boards.intel_hex import read_hex, write_hex
from integrad.boards.uf2 import BLOCK_BYTES, read_uf2, write_uf2
from integrad.targets.boards import METHODS, all_boards, find_board
from integrad.targets.uf2_families import UF2_FAMILIES

PICO = UF2_FAMILIES["RP2040"]
INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {}\r\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with programs, where no drive is mounted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(uf2_drive, "PATIENCE", 0.0)
    monkeypatch.setattr(uf2_drive, "mount_points", lambda: sorted(tmp_path.glob("drive*")))
    for name in ("pico", "nucleo-f411re", "xiao-nrf52840", "teensy4.1", "esp32-c3-devkitm-1", "bluepill"):
        (tmp_path / f"{name}.elf").write_bytes(elf([program(name)], 243 if "esp" in name else 40))
    (tmp_path / "pico.bin").write_bytes(program("pico")[1])
    (tmp_path / "pico.hex").write_bytes(write_hex([program("pico")]))
    (tmp_path / "pico.uf2").write_bytes(write_uf2([program("pico")], PICO))
    return tmp_path


def drive(home, board_id, name="drive"):
    (home / name).mkdir()
    (home / name / "INFO_UF2.TXT").write_text(INFO.format(board_id))
    return home / name


def test_every_method_of_a_board_is_known():
    assert set(FLASH_METHODS) == set(METHODS)


@pytest.mark.parametrize("name", ["pico.elf", "pico.bin", "pico.hex", "pico.uf2", "folder"])
def test_a_program_is_copied_to_the_drive_of_the_board(home, name):
    (home / "folder/build").mkdir(parents=True)
    (home / "folder/build/wand.elf").write_bytes((home / "pico.elf").read_bytes())
    (home / "folder/build/wand.uf2").write_bytes(b"of another build")
    mine = drive(home, "RPI-RP2", "drive1")
    drive(home, "RP2350", "drive2")
    result = run("flash", name, "--board", "pico", "--json", "-")
    assert result.exit_code == 0, result.stderr
    assert "the drive is still there" in result.stderr
    address, data = program("pico")
    (contents,) = (path for path in mine.iterdir() if path.suffix == ".uf2")
    ((start, copied),) = read_uf2(contents.read_bytes())[PICO]
    assert start == address and copied[: len(data)] == data
    assert not list((home / "drive2").glob("*.uf2"))
    figures = json.loads(result.stdout)
    assert figures["method"] == "uf2" and figures["program_bytes"] >= len(data) and not figures["dry_run"]
    assert figures["file_bytes"] == contents.stat().st_size


def test_a_board_that_restarts_takes_its_drive_away(home, monkeypatch):
    mine = drive(home, "RPI-RP2")
    sync = uf2_drive.os.fsync

    def restart(handle):
        (mine / "INFO_UF2.TXT").unlink()
        sync(handle)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(uf2_drive.os, "fsync", restart)
    result = run("flash", "pico.elf", "--board", "pico")
    assert result.exit_code == 0 and "the board has restarted" in result.stdout


def test_a_drive_that_fails_and_stays(home, monkeypatch):
    drive(home, "RPI-RP2")

    def error(handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(uf2_drive.os, "fsync", error)
    message = fail("flash", "pico.elf", "--board", "pico")[1]
    assert message.endswith("pico.uf2: cannot be written: Input/output error")


def test_drives_that_cannot_be_written_or_keep_something_else(home, monkeypatch):
    mine = drive(home, "RPI-RP2")
    (mine / "pico.uf2").mkdir()
    assert "pico.uf2: cannot be written: Is a directory" in fail("flash", "pico.elf", "--board", "pico")[1]
    (mine / "pico.uf2").rmdir()
    monkeypatch.setattr(uf2_drive.Path, "read_bytes", lambda path: b"")
    monkeypatch.setattr("integrad.boards.flash_image.read_bounded", lambda *a: elf([program("pico")]))
    assert "something else is read back" in fail("flash", "pico.elf", "--board", "pico")[1]


@pytest.mark.parametrize(
    ("drives", "options", "status", "expected"),
    [
        (
            [],
            [],
            1,
            "no drive of pico is mounted: hold BOOTSEL while connecting USB, or name its folder with",
        ),
        (["RP2350"], [], 1, "is mounted: hold BOOTSEL .*drive0 is that of RP2350"),
        (["RPI-RP2", "RPI-RP2"], [], 2, "--drive is required; drives of pico found: .*drive0, .*drive1"),
        (
            ["RP2350"],
            ["--drive", "drive0"],
            1,
            r"--drive drive0: is the drive of RP2350, not of pico \(RPI-RP2\)",
        ),
        ([""], ["--drive", "drive0"], 1, "--drive drive0: is the drive of an unnamed board, not of pico"),
        ([], ["--drive", "."], 1, "--drive .: has no INFO_UF2.TXT; hold BOOTSEL"),
        ([], ["--drive", "none"], 1, "--drive none: no such folder"),
        ([], ["--drive", "pico.elf"], 1, "--drive pico.elf: no such folder"),
        ([], ["--drive", "a\0b"], 1, "--drive a.b: no such folder"),
    ],
)
def test_drives_that_are_absent_or_of_other_boards(home, drives, options, status, expected):
    for number, board_id in enumerate(drives):
        drive(home, board_id, f"drive{number}")
    got, message = fail("flash", "pico.elf", "--board", "pico", *options)
    assert got == status and re.search(expected, message), message


def test_an_unreadable_drive_is_named(home, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    drive(home, "RPI-RP2")
    monkeypatch.setattr(uf2_drive, "read_drive", refuse)
    assert "cannot read" in fail("flash", "pico.elf", "--board", "pico")[1]
    message = fail("flash", "pico.elf", "--board", "pico", "--drive", "drive")[1]
    assert message.endswith("--drive drive: cannot be read: Permission denied")


ORIGIN = find_board("pico").program_origin


@pytest.mark.parametrize(
    ("name", "data", "board", "expected"),
    [
        ("a.elf", elf([program("pico")], 243), "pico", "is for RISC-V, but pico has a Cortex-M0+"),
        (
            "a.elf",
            elf([program("pico2")], 243),
            "pico2",
            "but pico2 has a Cortex-M33; use --board pico2-riscv",
        ),
        ("a.elf", elf([program("pico")], 62), "pico", "is for x86-64, but pico has a Cortex-M0+"),
        (
            "a.elf",
            elf([program("pico")], 40, 13),
            "pico",
            "is for Armv7E-M, but pico has a Cortex-M0+; compile",
        ),
        (
            "a.elf",
            elf([program("bluepill")], 40, 21),
            "bluepill",
            "is for Armv8.1-M, but bluepill has a Cort",
        ),
        (
            "a.elf",
            elf([program("pico")]),
            "nucleo-f411re",
            "0x10000000 to 0x10000bb7 is outside of the flash",
        ),
        ("a.elf", elf([(0x20000000, bytes(99))]), "pico", "0x20000000 to 0x20000062 is outside of the flash"),
        (
            "a.elf",
            elf([program("nrf52840-dk")]),
            "xiao-nrf52840",
            "UF2 boot loader with SoftDevice S140 7.3.0 k",
        ),
        (
            "a.elf",
            elf([(0xF3FFC, bytes(8))]),
            "xiao-nrf52840",
            "0x000f3ffc to 0x000f4003 is outside of the fl",
        ),
        ("a.elf", elf([]), "pico", "contains no program; an ELF file must be linked"),
        ("a.elf", elf([program("pico")])[:60], "pico", "damaged ELF file: "),
        ("a.elf", b"\x7fELF", "pico", "damaged ELF file: "),
        (
            "a.elf",
            elf([program("pico")] * 2),
            "pico",
            "damaged program file: has two contents for address 0x1000",
        ),
        ("a.elf", elf([(ORIGIN + 256, bytes(99))]), "pico", "it begins at 0x10000100, expected 0x10000000"),
        ("a.bin", program("nucleo-f411re")[1], "pico", "its first 256 bytes are no second-stage boot loader"),
        ("a.bin", program("pico")[1], "pico2", "its first 4,096 bytes have no image definition"),
        (
            "a.bin",
            program("pico2")[1],
            "pico2-riscv",
            "a.bin: its image definition is for the Arm cores of an RP2350; use --board pico2",
        ),
        (
            "a.bin",
            program("pico2-riscv")[1],
            "pico2",
            "a.bin: its image definition is for the RISC-V cores of an RP2350; use --board pico2-riscv",
        ),
        (
            "a.elf",
            elf([program("pico2")]),
            "pico2-riscv",
            "a.elf: is for Arm, but pico2-riscv has an RV32IMC; use --board pico2",
        ),
        (
            "a.elf",
            elf([program("pico2")], 243),
            "pico2-riscv",
            "its image definition is for the Arm cores of an RP2350; use --board pico2",
        ),
        (
            "a.uf2",
            write_uf2([program("pico2")], UF2_FAMILIES["RP2350-ARM-S"]),
            "pico2-riscv",
            "a.uf2: is for RP2350-ARM-S 0xe48bff59, but pico2-riscv takes RP2350-RISCV 0xe48bff5a; use --b",
        ),
        (
            "a.uf2",
            write_uf2([program("pico2-riscv")], UF2_FAMILIES["RP2350-RISCV"]),
            "pico2",
            "but pico2 takes RP2350-ARM-S 0xe48bff59; use --board pico2-riscv",
        ),
        (
            "a.bin",
            bytes(64) + image_definition(0x0021),
            "pico2",
            "its image definition is not that of a program for an RP2350",
        ),
        (
            "a.bin",
            b"# README: a text",
            "nucleo-f411re",
            "its first words are no initial stack pointer and re",
        ),
        ("a.bin", b"1234", "nucleo-f411re", "its first words are no initial stack pointer and reset handler"),
        ("a.bin", b"", "nucleo-f411re", "contains no program"),
        ("a.bin", bytes(99), "teensy4.1", "a configuration of the flash (FCFB) is missing"),
        ("a.bin", bytes(99), "esp32-c3-devkitm-1", "expected an image of esptool (first byte 0xe9) or"),
        (
            "a.bin",
            struct.pack("<2I", 0x20001000, 0x08000100),
            "bluepill",
            "no initial stack pointer and reset",
        ),
        (
            "a.bin",
            struct.pack("<2I", 0x08001000, 0x08000101),
            "bluepill",
            "no initial stack pointer and reset",
        ),
        (
            "a.bin",
            bytes.fromhex("1d04dbae") * 2**20 + b"1",
            "esp32c3",
            "does not fit the 4,194,304 bytes of flash",
        ),
        ("a.bin", bytes(65537), "bluepill", "0x08000000 to 0x08010000 is outside of the flash for programs"),
        (
            "a.txt",
            b"text",
            "pico",
            "is no program: expected an ELF, UF2, Intel HEX (.hex) or binary (.bin) file",
        ),
        ("a.hex", b"text", "pico", "damaged Intel HEX file: line 1 is no line of Intel HEX"),
        ("a.uf2", b"text", "pico", "is no program: expected an ELF, UF2"),
        (
            "a.uf2",
            write_uf2([program("pico")], PICO)[:-100],
            "pico",
            "damaged UF2 file: 8,092 bytes are no whole",
        ),
        (
            "a.uf2",
            write_uf2([program("pico")], PICO)[:-512],
            "pico",
            "damaged UF2 file: blocks of RP2040 0xe48",
        ),
        (
            "a.uf2",
            write_uf2([program("pico")], UF2_FAMILIES["SAMD21"]),
            "pico",
            "is for SAMD21 0x68ed2b88, but pic",
        ),
        (
            "a.uf2",
            write_uf2([program("pico")], 7),
            "pico",
            "is for unknown 0x00000007, but pico takes RP2040",
        ),
    ],
)
def test_programs_that_the_board_cannot_start(home, name, data, board, expected):
    (home / name).write_bytes(data)
    status, message = fail("flash", name, "--board", board, "--dry-run")
    assert status == 1 and message.startswith(f"error: {name}: ") and expected in message, message


def test_a_program_may_fill_the_flash(home):
    (home / "full.bin").write_bytes(program("bluepill", 65536)[1])
    assert run("flash", "full.bin", "--board", "bluepill", "--dry-run").exit_code == 0


def test_gaps_of_a_binary_file_are_as_in_erased_flash(home):
    address, data = program("blackpill-f411")
    (home / "gap.elf").write_bytes(elf([(address, data), (address + 4096, b"data")]))
    assert run("flash", "gap.elf", "--board", "blackpill", "--out", "f", "--dry-run").exit_code == 0
    assert (home / "f").read_bytes() == data.ljust(4096, b"\xff") + b"data"


def test_a_uf2_file_is_copied_as_it_is(home):
    mine = drive(home, "RPI-RP2")
    data = (home / "pico.uf2").read_bytes()
    other = b"".join(data[at : at + BLOCK_BYTES] for at in range(0, len(data), BLOCK_BYTES))[::-1]
    other = b"".join(other[at : at + BLOCK_BYTES][::-1] for at in range(0, len(other), BLOCK_BYTES))
    (home / "other.uf2").write_bytes(other)
    assert run("flash", "other.uf2", "--board", "pico").exit_code == 0
    assert (mine / "pico.uf2").read_bytes() == other != data


def test_a_uf2_file_that_is_read_back_differently_is_not_copied(home, monkeypatch):
    mine = drive(home, "RPI-RP2")
    wrong = write_uf2([(program("pico")[0], bytes(3000))], PICO)
    monkeypatch.setattr("integrad.boards.uf2_flash.write_uf2", lambda segments, family: wrong)
    assert "block 0 differs from the program" in fail("flash", "pico.elf", "--board", "pico")[1]
    assert not list(mine.glob("*.uf2"))


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["pico.elf", "--board", "pcio"], 2, "--board 'pcio': unknown board; similar names: pico"),
        (["none.elf", "--board", "pico"], 1, "none.elf: cannot be read: No such file or directory"),
        (
            ["empty", "--board", "pico"],
            2,
            "empty: has no program (.elf, .uf2, .hex, .bin), neither here nor in",
        ),
        (["two", "--board", "pico"], 2, "two: has several programs: a.elf, build/b.elf; name one of them"),
        (
            ["pico.elf", "--board", "pico", "--method", "esptool"],
            2,
            "--method esptool: pico is flashed by uf2 or",
        ),
        (
            ["pico.elf", "--board", "pico", "--port", "x"],
            2,
            "--port: not used by uf2 or pyocd, which flashes pico",
        ),
        (
            ["pico.elf", "--board", "pico", "--drive", "x", "--probe", "y"],
            2,
            "--drive and --probe: not used by",
        ),
        (["pico.elf", "--board", "pico", "--address", "0"], 2, "--address: pico.elf contains its addresses"),
        (
            ["pico.bin", "--board", "pico", "--address", "x"],
            2,
            "--address x: expected a number such as 0x10000000",
        ),
        (
            ["pico.bin", "--board", "pico", "--address", "0x0"],
            1,
            "is outside of the flash for programs of pico",
        ),
        (
            ["pico.elf", "--board", "pico", "--out", "pico.elf"],
            2,
            "--out pico.elf: would overwrite the program",
        ),
        (["two/build", "--board", "pico", "--out", "two/build/b.elf"], 2, "would overwrite the program"),
        (["/dev/null", "--board", "pico"], 1, "/dev/null: is a device, not a regular file"),
    ],
)
def test_wrong_arguments(home, arguments, status, expected):
    (home / "empty").mkdir()
    (home / "two/build").mkdir(parents=True)
    for name in ("two/a.elf", "two/build/b.elf"):
        (home / name).write_bytes((home / "pico.elf").read_bytes())
    got, message = fail("flash", *arguments)
    assert got == status and expected in message, message


@pytest.mark.parametrize("board", all_boards(), ids=lambda board: board.name)
def test_a_dry_run_needs_nothing_and_writes_the_file_that_would_be_flashed(home, board):
    address, data = program(board.name)
    machine = 243 if board.driver == "esp32c3" or "riscv" in board.name else 40
    (home / "a.elf").write_bytes(elf([(address, data)], machine))
    for method in board.flash:
        result = run("flash", "a.elf", "--board", board.name, "--method", method, "--out", "f", "--dry-run")
        assert result.exit_code == 0 and "nothing was flashed" in result.stdout, result.stderr
        contents = (home / "f").read_bytes()
        found = {
            ".uf2": lambda contents=contents: read_uf2(contents)[board.uf2_id],
            ".hex": lambda contents=contents: read_hex(contents),
            ".bin": lambda contents=contents: [(address, contents)],
        }[FLASH_METHODS[method].ending]()
        assert found[0][0] == address and found[0][1][: len(data)] == data


def test_dry_runs_say_what_would_be_done(home):
    text = run("flash", "pico.elf", "--board", "pico", "--dry-run").stdout
    assert "16 blocks for RP2040 0xe48bff56" in text and "Board-ID RPI-RP2 (hold BOOTSEL" in text
    text = run("flash", "nucleo-f411re.elf", "--board", "nucleo-f411re", "--dry-run").stdout
    assert "pyocd pack install stm32f411retx" in text and "program 3,000 bytes at 0x08000000" in text
    text = run("flash", "teensy4.1.elf", "--board", "teensy4.1", "--dry-run").stdout
    assert "run: teensy_loader_cli --mcu=TEENSY41 -v FILE" in text
    text = run("flash", "esp32-c3-devkitm-1.elf", "--board", "esp32c3", "--dry-run").stdout
    assert "run: esptool --chip esp32c3 --port PORT write-flash 0x0 FILE" in text
    assert "mark of direct boot" in text


class Flash:
    """The memory behind a debug probe. It records what pyOCD is asked for."""

    def __init__(self, damage=False):
        self.memory, self.calls, self.damage = {}, [], damage
        self.target = SimpleNamespace(read_memory_block8=self.read, reset=lambda: self.calls.append("reset"))

    def read(self, address, count):
        self.calls.append("read")
        data = self.memory[address][:count]
        return list(data[:-1] + b"\0" if self.damage else data)


@pytest.fixture
def probe(monkeypatch):
    """Replace pyOCD's API by one probe and its memory; returns what tests may change."""
    state = SimpleNamespace(flash=Flash(), targets=["rp2040"], ids=["E66"], session=[])

    @contextmanager
    def session(chosen, target):
        state.session.append((chosen.unique_id, target))
        yield state.flash

    probes = lambda: [SimpleNamespace(unique_id=name, description="CMSIS-DAP") for name in state.ids]  # noqa: E731
    monkeypatch.setattr(pyocd_flash, "knows", lambda target: target in state.targets)
    monkeypatch.setattr(pyocd_flash, "connected_probes", probes)
    monkeypatch.setattr(pyocd_flash, "open_session", session)
    monkeypatch.setattr(pyocd_flash, "program", lambda s, segments: s.memory.update(segments))
    return state


def test_a_probe_programs_compares_and_resets(home, probe):
    result = run("flash", "pico.elf", "--board", "pico", "--method", "pyocd")
    assert result.exit_code == 0, result.stderr
    assert probe.flash.memory == dict([program("pico")]) and probe.flash.calls == ["read", "reset"]
    assert probe.session == [("E66", "rp2040")]
    assert "programmed and compared 3,000 bytes" in result.stdout
    probe.ids = ["A1", "B2"]
    assert run("flash", "pico.elf", "--board", "pico", "--probe", "B").exit_code == 0
    assert probe.session[-1] == ("B2", "rp2040")


def test_probes_that_are_absent_several_or_fail(home, probe):
    flash = ("flash", "pico.elf", "--board", "pico", "--method", "pyocd")
    probe.ids = []
    status, message = fail(*flash)
    assert status == 1 and "no debug probe is connected: connect a debug probe to its SWD pins" in message
    probe.ids = ["A1", "B2"]
    status, message = fail(*flash)
    assert status == 2 and "--probe is required, a part of one of these: A1 (CMSIS-DAP), B2" in message
    assert "--probe c: no such probe; connected: A1" in fail(*flash, "--probe", "c")[1]
    probe.ids, probe.flash = ["A1"], Flash(damage=True)
    assert "the flash at 0x10000000 differs after programming" in fail(*flash)[1]
    assert "reset" not in probe.flash.calls
    status, message = fail("flash", "nucleo-f411re.elf", "--board", "nucleo-f411re")
    assert status == 1 and message.endswith("run: pyocd pack install stm32f411retx")


def test_pyocd_itself_knows_the_targets_that_are_called_built_in():
    for board in all_boards():
        if board.pyocd_target and not board.pyocd_pack:
            assert pyocd_flash.knows(board.pyocd_target), board.name
    assert not pyocd_flash.knows("no_such_target")


def test_missing_tools_are_named_with_what_installs_them(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyocd", None)
    message = fail("flash", "pico.elf", "--board", "pico", "--method", "pyocd")[1]
    assert message.endswith("requires pyOCD; pip install 'integrad[boards]'")
    monkeypatch.setenv("PATH", str(home))
    message = fail("flash", "teensy4.1.elf", "--board", "teensy4.1")[1]
    assert message.endswith("requires teensy_loader_cli: apt-get install teensy-loader-cli (as root)")
    monkeypatch.setattr("integrad.boards.esptool_flash.importlib.util.find_spec", lambda name: None)
    message = fail("flash", "esp32-c3-devkitm-1.elf", "--board", "esp32c3", "--port", "x")[1]
    assert message.endswith("requires esptool; pip install 'integrad[boards]'")


@pytest.mark.parametrize("status", [0, 74])
def test_a_loader_is_run_and_its_complaint_shown(home, monkeypatch, status):
    loader = home / "dfu-util"
    loader.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exit 0\ncat "$8" > got\necho "$@"\nexit {status}\n'
    )
    loader.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    (home / "b.elf").write_bytes(elf([program("blackpill-f411")]))
    if status:
        message = fail("flash", "b.elf", "--board", "blackpill")[1]
        assert "dfu-util: -a 0 -d 0483:df11 -s 0x08000000:leave -D" in message
        assert message.endswith("(exit status 74); hold BOOT0 while pressing NRST")
    else:
        result = run("flash", "b.elf", "--board", "blackpill")
        assert result.exit_code == 0 and "dfu-util wrote 3,000 bytes" in result.stdout
        assert (home / "got").read_bytes() == program("blackpill-f411")[1]


def test_a_loader_with_an_unsafe_namesake_is_not_run(home):
    (home / "n.elf").write_bytes(elf([program("arduino-nano-33-ble")]))
    message = fail("flash", "n.elf", "--board", "nano33ble")[1]
    assert (
        "write FILE with --out, press reset twice, and run: bossac --port=PORT -U -i -e -w FILE -R" in message
    )


def test_esptool_finds_damaged_images_and_ports_that_are_absent(home, monkeypatch):
    """With esptool itself: an image that it makes of an ELF file, damaged, and a port that does not exist."""
    (home / "ram.elf").write_bytes(elf([(0x40380000, bytes(range(64)) * 4)], 243))
    options = ("--board", "esp32c3", "--port", "/dev/none")
    result = run("flash", "ram.elf", *options, "--out", "ram.bin", "--dry-run")
    assert result.exit_code == 0, result.stderr
    image = bytearray((home / "ram.bin").read_bytes())
    assert image[0] == 0xE9
    assert bytes(range(64)) in image
    for position, text in (
        (100, "ram.bin: damaged: esptool finds a wrong checksum"),
        (12, "for another chip of"),
    ):
        (home / "ram.bin").write_bytes(image[:position] + b"X" + image[position + 1 :])
        assert text in fail("flash", "ram.bin", *options)[1]
    message = fail("flash", "esp32-c3-devkitm-1.elf", *options)[1]
    assert "esptool: " in message and "/dev/none" in message and "hold BOOT while pressing RESET" in message
    monkeypatch.setattr(serial_port, "ports", lambda: [])
    status, message = fail("flash", "esp32-c3-devkitm-1.elf", "--board", "esp32c3")
    assert status == 2 and message == "error: --port is required; boards found: none"


def test_mounted_drives_are_read_from_the_system():
    assert all(path.is_absolute() for path in uf2_drive.mount_points())


def test_files_for_the_drive_have_whole_blocks(home):
    result = run("flash", "pico.hex", "--board", "pico", "--out", "out.uf2", "--dry-run")
    assert result.exit_code == 0 and (home / "out.uf2").stat().st_size % BLOCK_BYTES == 0
    assert (home / "out.uf2").read_bytes() == (home / "pico.uf2").read_bytes()
