"""Cores, toolchains and emulators of these tests: what QEMU emulates; test_simavr.py has the rest."""

from pathlib import Path

from integrad.targets import cores
from integrad.targets.cores import cores_of
from integrad.targets.families import ARM

PROGRAMS = Path(__file__).parent / "programs"
CORES = {name: core for name, core in cores.CORES.items() if core.family.engine == "qemu"}
ARM_CORES = tuple(cores_of(ARM))
UNICORN_CORES = tuple(name for name, core in CORES.items() if core.unicorn_model)

# gcc everywhere; the others where code generation differs most, and where no one else goes.
BUILDS = (
    *((core, "gcc") for core in CORES),
    *((core, toolchain) for core in ("m0", "m4", "m55") for toolchain in ("clang", "zig")),
)
