"""A core that learns and saves loses its power at stores into its flash memory, and learns on."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from integrad.build.firmware import build_firmware
from integrad.build.toolchain import DEVICE
from integrad.datasets.preprocessing import Preprocessing
from integrad.emulate.qemu import find_host_compiler, find_qemu, plugin_api, qemu_version
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import get_core
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan

HERE = Path(__file__).parent
FLASH, FLASH_BYTES = 0x21000000, 4096
MACHINE_BYTES = 16 << 20
"""Of the memory that stands for flash memory; the rest of it is not used."""

STEPS = 6
"""After each of which learner.c saves."""

SWEPT = 89
"""Of so many stores, one is tried."""


def make_toy(folder):
    """A model, exported with everything that learns."""
    network = Network([8], 3, [{"type": "dense", "units": 6, "alpha_inv": 4}])
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    model = Model(network, Preprocessing("F", "int16", (8,), 0, (0,) * 8, (20,) * 8), ["a", "b", "c"])
    files = emit_c(model, make_plan(network, "toy", "all", 4))
    write_files(files, folder)
    (folder / "runtime.c").write_text('#include "integrad/all_kernels.h"\n')
    (folder / "main.c").write_text(f"#define FLASH UINT32_C({FLASH})\n" + (HERE / "learner.c").read_text())


class Board:
    """An emulated M3 whose flash memory is a file."""

    def __init__(self, folder, store=DEVICE / "store/store.c"):
        make_toy(folder)
        names = ("main.c", "toy.c", "toy_weights.c", "runtime.c")
        sources = [*(folder / name for name in names), store]
        self.core, self.folder = get_core("m3"), folder
        self.elf = build_firmware(
            self.core, sources, [folder, folder / "integrad"], folder, whole_machine=True
        ).elf
        self.plugin = folder / "power_cut.so"
        api = plugin_api(qemu_version(find_qemu()))
        words = [find_host_compiler(), "-O2", "-fPIC", "-shared", f"-DQEMU_PLUGIN_API={api}"]
        words += [f"-I{DEVICE / 'emulator'}", HERE / "power_cut.c", "-o", self.plugin]
        subprocess.run(words, check=True)
        self.flash = folder / "flash.bin"

    def erase(self):
        self.flash.write_bytes(b"\xff" * FLASH_BYTES)
        os.truncate(self.flash, MACHINE_BYTES)

    def start(self, at=0):
        """(CRC-32, steps of the save that was loaded, stores into the flash memory), or None if the power
        failed."""
        output, count = self.folder / "session.out", self.folder / "stores.txt"
        output.unlink(missing_ok=True)
        machine, *options = self.core.machine_options(True)[1:]
        command = [find_qemu(), "-M", f"{machine},memory-backend=flash", *options, "-kernel", self.elf]
        command += ["-object", f"memory-backend-file,id=flash,size=16M,mem-path={self.flash},share=on"]
        command += ["-display", "none", "-monitor", "none", "-serial", "null", "-parallel", "null"]
        command += ["-semihosting-config", "enable=on,target=native"]
        limits = f"low={FLASH},high={FLASH + FLASH_BYTES},at={at},out={count}"
        command += ["-plugin", f"{self.plugin},{limits}"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        if at and done.returncode == -9:
            return None
        assert done.returncode == 0, done.stderr
        crc, steps = np.frombuffer(output.read_bytes(), "<u4").tolist()
        return crc, steps, int(count.read_text())


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    return Board(tmp_path_factory.mktemp("board"))


def sweep(board, stride):
    """Number of cuts; every other one is followed by a second one a little later."""
    board.erase()
    crc, steps, stores = board.start()
    each = stores // STEPS
    assert steps == 0 and stores == each * STEPS > 500
    assert board.start() == (crc, STEPS, 0)  # everything has been learnt already
    cuts = 0
    for at in range(1, stores + 1, stride):
        board.erase()
        assert board.start(at) is None
        second = 1 + 17 * at % 150 if at % 2 else 0
        cut_again = second and board.start(second) is None
        found, steps, _ = board.start()
        saved = (at - 1) // each
        assert found == crc and steps >= saved, f"cuts at store {at}, then {second}"
        assert second or steps <= saved + 1, f"cut at store {at}"
        cuts += 1 + bool(cut_again)
    return cuts


def test_a_cut_changes_nothing_that_is_learnt(board):
    assert sweep(board, SWEPT) > 5


def test_a_store_without_checksums_is_noticed(tmp_path):
    text = (DEVICE / "store/store.c").read_text()
    right = "return crc == h->weights_crc;"
    wrong = text.replace(
        "(last_slot + i) % s->slots;\n        if (keeps && *slot == kept_slot) {\n            continue;",
        "last_slot;\n        if (keeps > 1) {\n            continue;",
    )
    assert text.count(right) == 1 and wrong != text
    (tmp_path / "store.c").write_text(wrong.replace(right, "return 1 | (crc == h->weights_crc);"))
    with pytest.raises(AssertionError):
        sweep(Board(tmp_path, tmp_path / "store.c"), SWEPT)
