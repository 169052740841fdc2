"""The drivers of boards: they compile without warnings, and a small program that uses all of them runs in
QEMU, where bytes arrive by interrupt, and in labwired, where flash can be programmed."""

import os
import re
import select
import subprocess
from pathlib import Path

import pytest
from digits import run
from programs_of_boards import make_projects

from integrad.build.toolchain import FREESTANDING
from integrad.emulate.chips import emulators_of
from integrad.targets.boards import find_board
from integrad.targets.cores import core_of
from integrad.targets.families import ARM

SAVING = ["bluepill", "nrf52840-dk", "nucleo-f411re", "nucleo-g0b1re", "nucleo-l476rg"]
BOARDS = ["esp32-c3-devkitm-1", "pico", "pico2", "pico2-riscv", "teensy4.1", *SAVING]
"""One of each family; SAVING: those whose flash labwired can program."""

ECHO = Path(__file__).with_name("echo.c")


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """Board → its project, for the same model."""
    return make_projects(tmp_path_factory.mktemp("projects"), BOARDS)


def drivers(project):
    return [*map(str, sorted(project.glob("board/**/*.c"))), str(ECHO)]


def options(project, *core):
    return [*FREESTANDING, "-O2", *core, f"-I{project}/board", f"-I{project}/model"]


def build(project, elf, compiler, *core):
    """The echo program for a board."""
    store = [project / "model/integrad" / name for name in ("store.c", "checksum.c")]
    link = ("-nostdlib", f"-T{project}/board.ld", "-Wl,--gc-sections", "-lgcc", "-o", elf)
    loop = "-fno-tree-loop-distribute-patterns"
    command = [compiler, *options(project, *core), loop, *drivers(project), *store, *link]
    subprocess.run(command, check=True)
    return elf


@pytest.fixture(scope="module")
def programs(projects):
    """Board → the echo program for it."""
    cores = {board: core_of(find_board(board).part) for board in BOARDS}
    return {
        board: build(projects / board, projects / f"{board}.elf", core.family.gcc, *core.flags["gcc"])
        for board, core in cores.items()
    }


def test_clang_has_no_warnings(projects):
    for board in BOARDS:
        flags = core_of(find_board(board).part).flags["clang"]
        clang = ["clang", *options(projects / board, *flags), "-fsyntax-only"]
        subprocess.run([*clang, *drivers(projects / board)], check=True)


def test_the_programs_can_be_flashed(projects, programs, tmp_path):
    """Also as binary files, where CMakeLists.txt makes them."""
    for board, elf in programs.items():
        cmake = (projects / board / "CMakeLists.txt").read_text()
        binary = tmp_path / f"{board}.bin"
        commands = re.findall(r"CMAKE_OBJCOPY} (-O binary.*) toy\.elf", cmake)
        for options in commands:
            objcopy = core_of(find_board(board).part).family.gcc.removesuffix("gcc") + "objcopy"
            subprocess.run([objcopy, *options.split(), elf, binary], check=True)
            assert 0 < binary.stat().st_size < find_board(board).program_bytes
        for program in [elf, binary][: 1 + len(commands)]:
            result = run("flash", program, "--board", board, "--dry-run")
            assert result.exit_code == 0, result.stderr


class Machine:
    """A machine of QEMU with one of its serial ports at a pipe."""

    def __init__(self, machine, elf, port):
        ports = [*["-serial", "null"] * port, "-serial", "stdio"]
        command = ["qemu-system-arm", "-M", machine, "-kernel", elf, "-display", "none", "-monitor", "none"]
        self._process = subprocess.Popen([*command, *ports], stdin=-1, stdout=-1, bufsize=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def ask(self, sent, count):
        """The first `count` bytes of the answer."""
        self._process.stdin.write(sent)
        answer = b""
        while len(answer) < count and select.select([self._process.stdout], [], [], 20)[0]:
            answer += os.read(self._process.stdout.fileno(), count - len(answer))
        return answer


BYTES = bytes(range(128, 256)) * 2


def test_bytes_arrive_by_interrupt_at_an_stm32(programs):
    """QEMU cannot program the flash of an STM32, which the store has to report."""
    with Machine("netduinoplus2", programs["nucleo-f411re"], 1) as chip:
        assert chip.ask(b"", 3) == b"R0 "
        assert chip.ask(b"w" + BYTES, 3 + len(BYTES)) == b"W0 " + BYTES
        assert chip.ask(b"l", 3) == b"L2 "
        assert chip.ask(b"s", 3) == b"S9 "
        assert chip.ask(b"r", 3) == b"R0 "


def test_bytes_arrive_by_interrupt_at_an_nrf(projects, tmp_path):
    """The nRF51 has the same serial port as the nRF52, less flash, and a core with fewer instructions."""
    elf = build(projects / "nrf52840-dk", tmp_path / "m0.elf", ARM.gcc, "-mcpu=cortex-m0", "-mthumb")
    with Machine("microbit", elf, 0) as chip:
        assert chip.ask(b"", 3) == b"R0 "
        assert chip.ask(b"w" + BYTES, 3 + len(BYTES)) == b"W0 " + BYTES
        assert chip.ask(b"r", 3) == b"R0 "


def ask_in_order(chip, *exchanges):
    for command, answer in exchanges:
        chip.write(command)
        received = b""
        while len(received) < len(answer):
            received += chip.read(len(answer), 20) or b"?"
        assert received == answer


@pytest.mark.parametrize("board", SAVING)
def test_saves_survive_a_restart_in_labwired(board, programs):
    chosen = find_board(board)
    with emulators_of(chosen, "labwired")[0].start(programs[board], chosen) as chip:
        ask_in_order(chip, (b"", b"R0 "), (b"xyz", b"xyz"), (b"b", b"B0 "), (b"l", b"L2 "), (b"s", b"S0 "))
        ask_in_order(chip, (b"r", b"R0 "), (b"l", b"L0 "))
        chip.restart()
        ask_in_order(chip, (b"", b"R0 "), (b"l", b"L0 "))


def test_an_esp32_c3_without_its_boot_rom_reports_that_it_cannot_save(programs):
    chosen = find_board("esp32-c3-devkitm-1")
    with emulators_of(chosen)[0].start(programs[chosen.name], chosen) as chip:
        ask_in_order(chip, (b"", b"R0 "), (b"xyz", b"xyz"), (b"b", b"B0 "), (b"l", b"L9 "), (b"s", b"S9 "))
