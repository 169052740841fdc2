"""Instruction classes, checked with instructions from the assembler."""

import struct
import subprocess

import pytest

from integrad.build.toolchain import find_toolchain
from integrad.emulate.instructions import CLASSES, classify, is_wide

EVERYWHERE = {
    "load": """
        ldr r0, [r1, #4]; ldr r0, [sp, #8]; ldrb r0, [r1, r2]; ldrsh r0, [r1, r2]; ldr r0, [pc, #8]
    """,
    "store": """
        str r0, [r1, #4]; str r0, [sp, #8]; strh r0, [r1, r2]; strb r0, [r1, #3]
    """,
    "multiply": """
        muls r0, r1, r0
    """,
    "branch": """
        b .; bne .; bl .; bx lr; blx r3
    """,
    "other": """
        nop; movs r0, #1; adds r0, r1, r2; lsls r0, r1, #3; cmp r0, r1; uxtb r0, r1; rev r0, r1;
        sub sp, #8; add r0, sp, #4; svc #1; udf #1; bkpt #1; mrs r0, msp; dsb
    """,
}
FROM_M3 = {
    "load": """
        ldr.w r8, [r9, #400]; ldrsb.w r0, [r1, #-3]; ldrh.w r0, [r1, r2, lsl #1]; ldrex r0, [r1];
        ldr r0, [r1], #4
    """,
    "store": """
        str.w r8, [r9, #400]; strb r0, [r1, #1]!; strh.w r0, [r1, r2]
    """,
    "multiply": """
        mul r8, r9, r10; mla r0, r1, r2, r3; mls r0, r1, r2, r3; smull r0, r1, r2, r3;
        umull r0, r1, r2, r3; smlal r0, r1, r2, r3; umlal r0, r1, r2, r3
    """,
    "divide": """
        sdiv r0, r1, r2; udiv r0, r1, r2
    """,
    "branch": """
        b.w .; bne.w .; cbz r0, . + 8; cbnz r0, . + 8; tbb [pc, r0]; tbh [pc, r0, lsl #1]
    """,
    "dsp": """
        ssat r0, #8, r1; usat r0, #8, r1; ssat r0, #8, r1, lsl #2; usat r0, #7, r1, asr #3
    """,
    "other": """
        it eq; movw r0, #1000; movt r0, #1000; add.w r0, r1, r2, lsl #3; ubfx r0, r1, #3, #4;
        sbfx r0, r1, #3, #4; bfi r0, r1, #3, #4; clz r0, r1; rbit r0, r1; rev.w r8, r9; sxth.w r8, r9;
        uxtb.w r8, r9; lsl.w r0, r1, r2; msr basepri, r0; isb; nop.w; addw r0, r1, #4000;
        sub.w r0, r1, #1024
    """,
}
FROM_M4 = {
    "dsp": """
        smlad r0, r1, r2, r3; smuad r0, r1, r2; smlabb r0, r1, r2, r3; smulbt r0, r1, r2;
        smlald r0, r1, r2, r3; smlalbb r0, r1, r2, r3; smmul r0, r1, r2; smlsd r0, r1, r2, r3;
        sxtb16 r0, r1; sxtb16 r0, r1, ror #8; uxtb16 r0, r1; sxtab16 r0, r1, r2; uxtah r0, r1, r2;
        qadd r0, r1, r2; qadd16 r0, r1, r2; uadd8 r0, r1, r2; sel r0, r1, r2; umaal r0, r1, r2, r3;
        usad8 r0, r1, r2; ssat16 r0, #8, r1; smlawb r0, r1, r2, r3; smlsld r0, r1, r2, r3
    """,
    "vector": """
        vldr s0, [r1]; vmov r0, s1; vadd.f32 s0, s1, s2; vpush {s16}; vmrs r0, fpscr
    """,
}
FROM_M55 = {
    "vector": """
        vldrb.s8 q0, [r1]; vmladava.s8 r0, q0, q1; vstrw.32 q0, [r1]; vmul.i32 q0, q1, q2;
        vldrw.u32 q0, [r1], #16; vctp.8 r0; vadd.i8 q0, q1, q2
    """,
    "branch": """
        dls lr, r0; wls lr, r0, . + 8; dlstp.8 lr, r0
    """,
    "other": """
        csel r0, r1, r2, eq; cinc r0, r1, ne; clrm {r0, r1, r2}
    """,
}
MULTIPLE = {
    "push {r4, lr}": 2,
    "pop {r4, r5, pc}": 3,
    "ldmia r0!, {r1, r2, r3}": 3,
    "stmia r0!, {r1, r2}": 2,
}
MULTIPLE_FROM_M3 = {
    "push {r4, r8, lr}": 3,
    "pop {r4, r8, r9, pc}": 4,
    "ldmia.w r8, {r0, r1, r9}": 3,
    "stmdb r8!, {r0, r1}": 2,
    "ldrd r0, r1, [r2, #8]": 2,
    "strd r0, r1, [r2], #8": 2,
}


def assemble(line, flags, folder):
    """The first instruction of this text, as (first halfword, second halfword or 0)."""
    source, target = folder / "line.s", folder / "line.o"
    source.write_text(f".syntax unified\n.thumb\n{line}\n.balign 4\n.word 0, 0, 0\n")
    gcc = find_toolchain("gcc").compile[0]
    subprocess.run([gcc, *flags, "-c", source, "-o", target], check=True)
    subprocess.run([gcc.replace("gcc", "objcopy"), "-O", "binary", target, folder / "line.bin"], check=True)
    first, second = struct.unpack("<HH", (folder / "line.bin").read_bytes()[:4])
    return first, second if is_wide(first) else 0


M0, M3 = ("-mcpu=cortex-m0", "-mthumb"), ("-mcpu=cortex-m3", "-mthumb")
M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
M55 = ("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard", "-mfpu=auto")


@pytest.mark.parametrize(
    ("flags", "table"),
    [(M0, EVERYWHERE), (M3, FROM_M3), (M4, FROM_M4), (M55, FROM_M55)],
    ids=["m0", "m3", "m4", "m55"],
)
def test_classes(tmp_path, flags, table):
    for kind, lines in table.items():
        for line in filter(None, map(str.strip, lines.replace("\n", ";").split(";"))):
            assert classify(*assemble(line, flags, tmp_path)) == (kind, 0), line


@pytest.mark.parametrize(("flags", "table"), [(M0, MULTIPLE), (M3, MULTIPLE_FROM_M3)], ids=["m0", "m3"])
def test_words_of_multiples(tmp_path, flags, table):
    for line, words in table.items():
        assert classify(*assemble(line, flags, tmp_path)) == ("multiple", words), line


def test_every_encoding_has_a_class():
    for first in range(0x10000):
        for second in (0x0000, 0x5555, 0xAAAA, 0xFFFF):
            kind, words = classify(first, second)
            assert kind in CLASSES and 0 <= words <= 16
