"""The generated C where int has 16 bits: recorded CRC-32s of an emulated ATmega2560, an AVR.

A host cannot show that a product of two 16-bit numbers is computed in 16 bits there.
"""

import re
import subprocess
from pathlib import Path

import pytest
from recorded import CASES, require_recorded

from integrad.build.toolchain import DEVICE, WARNINGS

HERE = Path(__file__).parent
SESSION = 0x10000
"""Address of the session in flash, beyond the program."""

FLAGS = (
    *("-mmcu=atmega2560", "-std=c99", "-O2", "-ffunction-sections", "-fdata-sections"),
    f"-DSESSION_ADDRESS={SESSION}ul",
)


def run_avr(device, actions, folder):
    """Results of a session that simavr performs."""
    session = device.session(actions)
    (folder / "session.in").write_bytes(session.encode())
    command = ["avr-gcc", *FLAGS, *WARNINGS, f"-I{device.source_folder}", f"-I{DEVICE}"]
    sources = [*device.sources, HERE / "avr/transport.c", DEVICE / "checksum.c"]
    (folder / "session.S").write_text(
        '.section .session, "a"\n.globl session\nsession: .incbin "session.in"\n'
    )
    link = ["-Wl,--gc-sections", f"-Wl,--section-start=.session={SESSION:#x}", "-Wl,-u,session,-u,end"]
    elf, memory, image = (folder / f"program.{kind}" for kind in ("elf", "bin", "hex"))
    for words in (
        [*command, *link, *sources, "session.S", "-o", elf],
        # In one piece: simavr takes a second one for a boot loader.
        ["avr-objcopy", "-O", "binary", "--gap-fill", "0xff", elf, memory],
        ["avr-objcopy", "-I", "binary", "-O", "ihex", memory, image],
    ):
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    words = ["simavr", "-m", "atmega2560", "-f", "16000000", image]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    text = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    lines = re.findall(r"^([0-9a-f]*)\.*$", text, re.MULTILINE)
    return session.decode(bytes.fromhex("".join(lines)))


@pytest.mark.parametrize("name", ["wide", "pocket", "backprop maps", "backprop biased"])
@pytest.mark.emulator
def test_sixteen_bit_int(name, tmp_path):
    device, actions = CASES[name].generate(tmp_path), CASES[name].actions()
    require_recorded(name, device, run_avr(device, actions, tmp_path), "AVR")
