"""The classes and targets of RISC-V instructions, compared with the assembler."""

import re
import struct
import subprocess

import pytest

from integrad.build.toolchain import find_toolchain
from integrad.emulate.riscv_instructions import branch_target, classify, is_wide
from integrad.targets.families import RISC_V

LISTING = {
    "load": "lw a0, 4(a1); lbu a0, 2047(a1); lh s5, 0(t6); c.lw a0, 4(a1); c.lwsp a0, 8(sp)",
    "store": "sw a0, 4(a1); sb a0, -1(a1); sh s5, 0(t6); c.sw a0, 4(a1); c.swsp a0, 8(sp)",
    "multiply": "mul a0, a1, a2; mulh a0, a1, a2; mulhsu a0, a1, a2; mulhu s0, s1, t6",
    "divide": "div a0, a1, a2; divu a0, a1, a2; rem a0, a1, a2; remu s0, s1, t6",
    "branch": "beq a0, a1, far; bgeu t6, a1, far; jal ra, far; jalr ra, 0(a5); jalr x0, 0(t0); c.jr ra; "
    "c.jalr a5; c.j near; c.jal near; c.beqz a0, near; c.bnez a0, near",
    "other": "add a0, a1, a2; sub a0, a1, a2; sltu a0, a1, a2; addi a0, a1, -7; srai a0, a1, 31; lui a0, 9; "
    "auipc a0, 9; ebreak; ecall; fence; c.addi a0, 3; c.mv a0, a1; c.add a0, a1; c.li a0, 3; c.lui a0, 3; "
    "c.slli a0, 3; c.srli a0, 3; c.andi a0, 3; c.xor a0, a1; c.addi4spn a0, sp, 8; c.addi16sp sp, 16",
}


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    """(class, text of the instruction, its address, its two halfwords, address of its label or None)."""
    folder = tmp_path_factory.mktemp("riscv")
    named = [(kind, text.strip()) for kind, list_ in LISTING.items() for text in list_.split(";")]
    lines = [f".option {'rvc' if text.startswith('c.') else 'norvc'}\n{text}" for _, text in named]
    middle = len(lines) // 2
    lines[middle] = f"near:\n{lines[middle]}"
    source = "\n".join([*lines, ".option norvc", ".fill 3000", "far: nop", ""])
    gcc = find_toolchain("gcc", RISC_V).compile[0]
    command = [gcc, "-march=rv32imc", "-mabi=ilp32", "-nostdlib", "-Wl,--no-relax,-Ttext=0", "-xassembler"]
    subprocess.run([*command, "-o", folder / "a.elf", "-"], input=source, text=True, check=True)
    objcopy, nm = gcc.replace("gcc", "objcopy"), gcc.replace("gcc", "nm")
    subprocess.run([objcopy, "-Obinary", folder / "a.elf", folder / "a.bin"], check=True)
    symbols = subprocess.run([nm, folder / "a.elf"], capture_output=True, text=True, check=True).stdout
    labels = {name: int(at, 16) for at, name in re.findall(r"^(\w+) . (near|far)$", symbols, re.MULTILINE)}
    code, address, found = (folder / "a.bin").read_bytes(), 0, []
    for kind, text in named:
        first, second = struct.unpack_from("<HH", code, address)
        found.append((kind, text, address, first, second, labels.get(text.split()[-1])))
        address += 4 if is_wide(first) else 2
    return found


def test_classes(assembled):
    assert {text: classify(first, second) for _, text, _, first, second, _ in assembled} == {
        text: (kind, 0) for kind, text, *_ in assembled
    }


def test_calls_lead_to_their_labels(assembled):
    leads = {"jal", "c.jal", "c.j"}
    for _, text, address, first, second, label in assembled:
        assert branch_target(first, second, address) == (label if text.split()[0] in leads else None), text
