"""A program whose stack exceeds its reserve stops with its LED lit: seen in QEMU, whose STM32F405 has a
memory protection unit."""

import re
import subprocess
import time

from digits import run, train, write_npz

from integrad.build.program import read_program
from integrad.build.toolchain import FREESTANDING
from integrad.targets.cores import get_core

MAIN = """
#include "board.h"
static uint32_t deeper(uint32_t level) {
    volatile uint32_t frame[16] = {level};
    return deeper(level + 1) + frame[level % 16];
}
int main(void) {
    integrad_board_start();
    return (int)deeper(1);
}
"""


def test_stack_overflow_stops_the_program(tmp_path):
    assert train(tmp_path, write_npz(tmp_path / "toy.npz", samples=30), "--epochs", 1).exit_code == 0
    project = tmp_path / "project"
    options = ("--board", "nucleo-f411re", "--learn", "all", "--out", project)
    assert run("project", tmp_path / "toy.model", *options).exit_code == 0
    (tmp_path / "main.c").write_text(MAIN)
    sources = [*project.glob("board/**/*.c"), tmp_path / "main.c"]
    flags = [flag for flag in FREESTANDING if flag != "-Werror"]  # the recursion has no end
    options = [*get_core("m4").flags["gcc"], *flags, "-O1", f"-I{project}/board", f"-I{project}/model"]
    elf = tmp_path / "overflow.elf"
    link = ["-fno-optimize-sibling-calls", "-nostdlib", f"-T{project}/board.ld", "-Wl,--gc-sections", "-lgcc"]
    subprocess.run(
        ["arm-none-eabi-gcc", "-w", *options, *map(str, sources), *link, "-o", str(elf)], check=True
    )
    command = ["qemu-system-arm", "-M", "netduinoplus2", "-kernel", str(elf), "-display", "none"]
    command += ["-serial", "null", "-monitor", "stdio"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as machine:
        time.sleep(1)
        output, _ = machine.communicate("info registers\nquit\n", timeout=30)
    counter = int(re.search(r"R15=(\w+)", output)[1], 16)
    assert read_program(elf).describe(counter).startswith(("lit_for_ever", "integrad_board_light")), output
