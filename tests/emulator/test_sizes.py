"""Flash and RAM of firmware: the ELF file, the linker map and the linker's errors agree to the byte."""

import pytest
from emulated import BUILDS, CORES, PROGRAMS

from integrad.build.firmware import DoesNotFitError, build_firmware
from integrad.build.sizes import measure_map
from integrad.emulate.runner import run
from integrad.errors import UsageError
from integrad.targets.cores import get_core

TOOLCHAINS = ("gcc", "clang", "zig")
RESERVE = 4096


def write_program(folder, ram=8, constants=8, initialised=8):
    """A program with this many bytes of variables, constants and initialised variables."""
    source = folder / "arrays.c"
    source.write_text(
        f"""#include <stdint.h>
enum {{ RAM = {ram}, CONSTANTS = {constants}, INITIALISED = {initialised} }};
static volatile uint8_t variables[RAM];
static const uint8_t constants[CONSTANTS] = {{3}};
static volatile uint32_t somewhere;
static volatile uint8_t initialised[INITIALISED] = {{4}};
int main(void) {{
    variables[RAM - 1] = constants[somewhere];
    return variables[RAM - 1] + initialised[0] + initialised[INITIALISED - 1] == 7 ? 0 : 1;
}}
"""
    )
    return source


def build_arrays(folder, core, toolchain="gcc", whole_machine=False, **sizes):
    source = write_program(folder, **sizes)
    return build_firmware(
        get_core(core), [source], [], folder, toolchain=toolchain, whole_machine=whole_machine
    )


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_elf_equals_map(build, tmp_path, core, toolchain):
    arrays = build_arrays(tmp_path, core, toolchain, ram=1003, constants=2001, initialised=101)
    for firmware in (arrays, build("arithmetic_region", core, toolchain), build("memory", core, toolchain)):
        sizes = firmware.sizes
        assert measure_map(firmware.map_file.read_text(), firmware.core.machine) == (sizes.flash, sizes.ram)
        assert sizes.flash == sizes.code + sizes.constants + sizes.data
        assert sizes.ram == sizes.stack + sizes.data + sizes.bss
        assert sizes.stack == RESERVE
    named = {name: (section, size) for name, section, size in arrays.sizes.symbols}
    assert named["variables"] == (".bss", 1003)
    assert named["constants"] == (".rodata", 2001)
    assert named["initialised"] == (".data", 101)
    assert run(arrays, b"", engine="qemu").exit_code == 0


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_ram_is_that_of_the_part(tmp_path, core, toolchain):
    part = CORES[core].part
    small = build_arrays(tmp_path, core, toolchain).sizes
    limit = part.ram_bytes - small.ram + 8
    full = build_arrays(tmp_path, core, toolchain, ram=limit)
    assert full.sizes.ram == part.ram_bytes
    assert run(full, b"", engine="qemu").exit_code == 0
    with pytest.raises(DoesNotFitError) as failure:
        build_arrays(tmp_path, core, toolchain, ram=limit + 20_968)
    needed = part.ram_bytes + 20_968
    assert failure.value.needs == {"RAM": (needed, part.ram_bytes)}
    assert str(failure.value) == (
        f"the network does not fit {part.name}: RAM needs {needed:,} bytes, "
        f"20,968 more than the {part.ram_bytes:,} available"
    )


@pytest.mark.parametrize(("core", "toolchain"), [*((core, "gcc") for core in CORES), ("m0", "zig")])
def test_flash_is_that_of_the_part(tmp_path, core, toolchain):
    part, machine = CORES[core].part, CORES[core].machine
    small = build_arrays(tmp_path, core, toolchain).sizes
    apart = (
        64 if machine.vectors_origin != machine.flash_origin else 0
    )  # the M55's vectors have their own memory
    limit = part.flash_bytes - (small.flash - apart) + 8
    full = build_arrays(tmp_path, core, toolchain, constants=limit)
    assert full.sizes.flash == part.flash_bytes + apart
    with pytest.raises(DoesNotFitError) as failure:
        build_arrays(tmp_path, core, toolchain, constants=limit + 800)
    assert failure.value.needs == {"flash": (part.flash_bytes + 800, part.flash_bytes)}


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_both_memories_may_be_too_small(tmp_path, toolchain):
    with pytest.raises(DoesNotFitError) as failure:
        build_arrays(tmp_path, "m0", toolchain, ram=40_000, constants=300_000)
    assert set(failure.value.needs) == {"flash", "RAM"}
    assert "flash needs 3" in str(failure.value) and "; RAM needs 44," in str(failure.value)


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_initial_values_count_in_both_memories(tmp_path, toolchain):
    without, with_values = (
        build_arrays(tmp_path, "m4", toolchain, initialised=n).sizes for n in (1008, 2008)
    )
    assert with_values.ram - without.ram == 1000
    assert with_values.flash - without.flash == 1000


@pytest.mark.parametrize("core", CORES)
def test_what_the_part_lacks_the_machine_has(tmp_path, core):
    firmware = build_arrays(tmp_path, core, ram=2_000_000, constants=2_000_000, whole_machine=True)
    assert run(firmware, b"", engine="qemu").exit_code == 0
    if firmware.core.unicorn_model:
        assert run(firmware, b"", engine="unicorn").exit_code == 0


@pytest.mark.parametrize("core", CORES)
def test_part_is_no_bigger_than_the_machine(core):
    part, machine = get_core(core.upper()).part, get_core(core).machine
    assert part.flash_bytes <= machine.flash_bytes and part.ram_bytes <= machine.ram_bytes


def test_unknown_core():
    with pytest.raises(UsageError, match="unknown core 'm5'; known cores: m0, m3, m4, m7, m33, m55"):
        get_core("m5")


def test_programs_are_all_built_somewhere():
    texts = "".join(path.read_text() for path in PROGRAMS.parent.glob("test_*.py"))
    for program in PROGRAMS.glob("*.c"):
        assert f'"{program.stem}"' in texts or program.name in texts, program.name
