"""What these tests run on."""

from pathlib import Path

from integrad.targets.cores import BOARDS

PROGRAMS = Path(__file__).parent / "programs"
CORES = tuple(BOARDS)
UNICORN_CORES = tuple(name for name, board in BOARDS.items() if board.unicorn_cpu)

# gcc everywhere; the others where code generation differs most, and where no one else goes.
BUILDS = (
    *((core, "gcc") for core in CORES),
    *((core, toolchain) for core in ("m0", "m4", "m55") for toolchain in ("clang", "zig")),
)
