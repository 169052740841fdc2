"""The memories in device/store/memories compile without a warning; that in a file survives being killed."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from integrad.build.toolchain import DEVICE
from integrad_codegen.c.runtime import store_files

HERE = Path(__file__).parent
EXAMPLES = DEVICE / "store/memories"
ARM = ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=c99", "-ffreestanding")
HOST = ("gcc", "-std=c99", "-D_POSIX_C_SOURCE=200809L")
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror")
COMPILERS = {
    "posix_file.c": HOST,
    "stm32l4.c": ARM,
    "nrf52.c": ARM,
    "stm32_hal.c": ARM,
    "rp2040.c": ARM,
    "zephyr.c": HOST,
    "esp_partition.c": ARM,
    "cmsis_driver.c": ARM,
    "littlefs.c": ARM,
    "arduino_eeprom.cpp": ("g++", "-std=c++11"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With integrad/store.h, as in an export."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "integrad").mkdir()
    for name, text in store_files().items():
        (folder / name).write_text(text)
    return folder


def test_every_example_is_tested_and_listed():
    there = {path.name for path in EXAMPLES.iterdir()} - {"README.md"}
    assert (
        there == set(COMPILERS) == set(re.findall(r"\]\((\w+\.\w+)\)", (EXAMPLES / "README.md").read_text()))
    )


@pytest.mark.parametrize("name", COMPILERS)
def test_it_compiles(name, folder):
    words = [*COMPILERS[name], *WARNINGS, f"-I{folder}", f"-isystem{HERE / 'declarations'}"]
    done = subprocess.run([*words, "-c", EXAMPLES / name, "-o", "/dev/null"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_killed_process_loses_nothing(folder, tmp_path):
    program = tmp_path / "saver"
    sources = [HERE / "saver.c", EXAMPLES / "posix_file.c", DEVICE / "store/store.c", DEVICE / "checksum.c"]
    words = [*HOST, "-O2", f"-I{folder}", f"-I{DEVICE}", f"-I{folder / 'integrad'}", *sources, "-o", program]
    subprocess.run(words, check=True)
    last = 0
    for life in range(10):
        process = subprocess.Popen([program, tmp_path / "weights"], stdout=subprocess.PIPE, text=True)
        time.sleep(0.02 + 0.013 * life)
        process.kill()
        saved = [int(line) for line in process.communicate()[0].split()]
        assert process.returncode == -9
        if saved:
            assert saved[0] in (last, last + 1), "the save of before is lost"
            last = saved[-1]
    assert last > 0
    shutil.rmtree(tmp_path)
