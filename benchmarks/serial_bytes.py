"""Bytes of the serial protocol on cores, for docs/serial-protocol.md: code and constants, and RAM without the
samples that it holds.

python benchmarks/serial_bytes.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from integrad.build.firmware import FREESTANDING, find_toolchain
from integrad.targets.cores import get_core

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/serial"))
from serial_program import export, make_model

CORES, LEVELS = ("m0", "m4", "rv32"), ("-Os", "-O2")
FILES = ("integrad/serial.c", "integrad/frame.c", "integrad/checksum.c", "model_serial.c", "integrad/store.c")
RAM = '#include "model_serial.h"\nunsigned char bytes[sizeof(integrad_serial)];\n'


def sizes(core, source, level, folder):
    """(text and constants, data and zeroed memory) of an object file."""
    tools = find_toolchain("gcc", family=core.family)
    flags = [*tools.core_flags(core), level, *FREESTANDING, f"-I{folder}"]
    subprocess.run([*tools.compile, *flags, "-c", source, "-o", folder / "x.o"], check=True)
    tool = core.family.gcc.removesuffix("gcc") + "size"
    done = subprocess.run([tool, folder / "x.o"], capture_output=True, text=True, check=True)
    text, data, bss = map(int, done.stdout.splitlines()[1].split()[:3])
    return text, data + bss


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(folder, make_model())
        (folder / "ram.c").write_text(RAM)
        print(f"| core | | {' | '.join(Path(file).name for file in FILES)} | RAM |")
        for core in map(get_core, CORES):
            for level in LEVELS:
                found = [sizes(core, folder / file, level, folder)[0] for file in FILES]
                ram = sizes(core, folder / "ram.c", level, folder)[1]
                cells = " | ".join(f"{count:,}" for count in (*found, ram))
                print(f"| {core.name} | `{level}` | {cells} |")


if __name__ == "__main__":
    main()
