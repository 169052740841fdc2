"""Finds instructions of the kernels that labwired executes otherwise than Unicorn.

    python benchmarks/labwired_instructions.py [--portable]

Compiles the runtime for a Cortex-M4, or its portable kernels only, and executes every different instruction
of data processing and of memory access once in each emulator, with the same random registers. Prints those
after which registers, flags, the next address or memory differ, or after which labwired faults. Branches
and conditional blocks are left out.
"""

import argparse
import random
import re
import struct
import subprocess
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import labwired
import unicorn
from unicorn import arm_const as arm

from integrad_codegen.c.runtime import runtime_files

FLASH, RAM, RAM_BYTES = 0x08000000, 0x20000000, 0x5000
DATA, STACK, WINDOW = RAM + 0x2800, RAM + 0x2000, 0x400
FLAGS = 0xF0000000
TRIALS = 6
COMPILE = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O2", "-ffreestanding", "-nostdlib"]
SKIPPED = re.compile(
    r"(b|bl|blx|bx|it[te]*|tb[bh]|cbn?z|push|pop|bkpt|svc|udf|nop|mrs|msr|cps\w+|[di]sb|dmb)$"
)
CONDITIONAL = re.compile(r"b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$")
CHANGES_PC = re.compile(r"^pc|pc\}")
NAMES = {f"r{n}": n for n in range(13)} | {"sl": 10, "fp": 11, "ip": 12}
REGISTERS = [getattr(arm, f"UC_ARM_REG_{name}") for name in (*(f"R{n}" for n in range(13)), "SP", "LR", "PC")]
MANIFEST = Path(labwired.__file__).parent / "configs/systems/stm32f103-bare.yaml"


def instructions(folder: Path, macros: list[str]) -> dict[bytes, tuple[str, str]]:
    """Code → (mnemonic, operands) of every different instruction of the runtime."""
    for name, text in runtime_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sources = sorted(map(str, (folder / "integrad").glob("*.c")))
    linked = folder / "runtime.o"
    subprocess.run([*COMPILE, *macros, "-r", "-o", linked, *sources], check=True)
    command = ["arm-none-eabi-objdump", "-d", linked]
    listing = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {}
    for line in listing.stdout.splitlines():
        match = re.match(r"\s*[0-9a-f]+:\t([0-9a-f]{4})(?: ([0-9a-f]{4}))?\s*\t(\w+)(?:\.[wn])?\t?(.*)", line)
        if (
            match
            and not SKIPPED.match(match[3])
            and not CONDITIONAL.match(match[3])
            and not CHANGES_PC.search(match[4])
        ):
            halfwords = [int(word, 16) for word in match.groups()[:2] if word]
            found.setdefault(struct.pack(f"<{len(halfwords)}H", *halfwords), (match[3], match[4]))
    return found


def program(folder: Path, codes: list[bytes]) -> tuple[Path, bytes, list[int]]:
    """(ELF file, contents of flash, address of each instruction): each is followed by two that do nothing."""
    flash, places = bytearray(struct.pack("<II", RAM + RAM_BYTES, FLASH + 9)), []
    for code in codes:
        places.append(FLASH + len(flash))
        flash += code + b"\x00\xbf" * 2
    flash += random.Random(2).randbytes(2 * WINDOW)  # for accesses relative to the program counter
    source, script, elf = folder / "all.S", folder / "all.ld", folder / "all.elf"
    (folder / "all.bin").write_bytes(flash)
    source.write_text(f'.text\n.incbin "{folder}/all.bin"\n')
    script.write_text(f"SECTIONS {{ .text {FLASH:#x} : {{ *(.text) }} }}")
    subprocess.run([*COMPILE, f"-Wl,-T,{script},-e,{FLASH + 9}", "-o", elf, source], check=True)
    return elf, bytes(flash), places


def registers(rng: random.Random, name: str, operands: str) -> list[int]:
    """Random values; addresses of RAM for accesses to memory, with a small number in the index register."""
    if not name.startswith(("ld", "st")):
        numbers = (rng.getrandbits(32), rng.getrandbits(8), -rng.getrandbits(16), 0x7FFFFFFF, 0x80000000)
        return [rng.choice(numbers) & 0xFFFFFFFF for _ in range(13)] + [STACK, DATA]
    values = [DATA + 0x100 + 4 * rng.randrange(64) for _ in range(13)] + [STACK, DATA + 0x100]
    index = re.search(r"\[\w+, (\w+)", operands)
    if index and index[1] in NAMES:
        values[NAMES[index[1]]] = 4 * rng.randrange(16)
    return values


class Both:
    """The program in both emulators."""

    def __init__(self, elf: Path, flash: bytes):
        self.elf = elf
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        self.uc.mem_map(FLASH, 0x100000)
        self.uc.mem_map(RAM, 0x10000)
        self.uc.mem_write(FLASH, flash)
        self.restart()

    def restart(self) -> None:
        self.machine = labwired.Machine(str(self.elf), str(MANIFEST))

    def differ(self, at: int, values: list[int], flags: int, data: bytes) -> str:
        """How their results differ, or nothing."""
        machine, uc = self.machine, self.uc
        for begin in (DATA, STACK - WINDOW // 2):
            machine.write_memory(begin, list(data))
            uc.mem_write(begin, data)
        for number, value in enumerate(values):
            machine.write_register(number, value)
            uc.reg_write(REGISTERS[number], value)
        machine.write_register(15, at)
        machine.write_register(16, flags | 1 << 24)
        uc.reg_write(arm.UC_ARM_REG_XPSR, flags | 1 << 24)
        try:
            uc.emu_start(at | 1, FLASH, count=1)
        except unicorn.UcError:
            return ""  # an access to what these registers do not address
        machine.step(1)
        ours = [machine.read_register(number) for number in range(16)]
        theirs = [uc.reg_read(register) for register in REGISTERS]
        if ours[15] & ~1 != theirs[15] & ~1:
            self.restart()
            return "undefined instruction"
        equal = ours[:15] == theirs[:15]
        equal &= (machine.read_register(16) ^ uc.reg_read(arm.UC_ARM_REG_XPSR)) & FLAGS == 0
        for begin in (DATA, STACK - WINDOW // 2):
            equal &= bytes(machine.read_memory(begin, WINDOW)) == uc.mem_read(begin, WINDOW)
        return "" if equal else "another result"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--portable", action="store_true")
    macros = ["-DINTEGRAD_PORTABLE"] if parser.parse_args().portable else []
    rng = random.Random(1)
    with TemporaryDirectory() as name:
        known = instructions(Path(name), macros)
        elf, flash, places = program(Path(name), list(known))
        both = Both(elf, flash)
        wrong = defaultdict(list)
        for (name, operands), at in zip(known.values(), places, strict=True):
            for _ in range(TRIALS):
                data = rng.randbytes(WINDOW)
                values = registers(rng, name, operands)
                if difference := both.differ(at, values, rng.getrandbits(4) << 28, data):
                    wrong[name, difference].append(operands)
                    break
    print(f"{len(known)} instructions, {sum(map(len, wrong.values()))} of them differ")
    for (name, difference), operands in sorted(wrong.items()):
        print(f"{name:8} {len(operands):4}  {difference}, for example {name} {operands[0]}")


if __name__ == "__main__":
    main()
