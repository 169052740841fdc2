"""Firmware built once from each of the small programs in programs/."""

import pytest
from emulated import PROGRAMS

from integrad.build.firmware import build_firmware
from integrad.targets.cores import get_core


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """build(program, core, toolchain) → Firmware."""
    built = {}

    def build(program, core, toolchain="gcc", **options):
        key = (program, core, toolchain, *sorted(options.items()))
        if key not in built:
            folder = tmp_path_factory.mktemp(f"{program}-{core}-{toolchain}")
            source = PROGRAMS / f"{program}.c"
            built[key] = build_firmware(get_core(core), [source], [], folder, toolchain=toolchain, **options)
        return built[key]

    return build
