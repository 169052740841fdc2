"""Viper on 32-bit machines, where sums wrap and words have a sign: on emulated cores (make test-firmware)."""

from dataclasses import replace

import executors
import pytest
from fixed import FIXED

from integrad.emulator.micropython_boards import MICROPYTHON_BOARDS
from integrad.emulator.micropython_session import on_board, run_session
from integrad_codegen.emit_micropython_pure import emit_pure

pytestmark = pytest.mark.firmware

SINGLE = replace(FIXED["wide"], counts=(1, 9, 1), schedules=((3, 0, 0), (1, 0, 0)))
CASES = {f"{core} {name}": (core, case) for core in ("m3",) for name, case in FIXED.items()}
CASES |= {f"{core} single": (core, SINGLE) for core in ("m0", "m3")} | {"m0 wide": ("m0", FIXED["wide"])}


@pytest.mark.parametrize("name", CASES)
def test_viper_on_32_bits(name, tmp_path):
    core, case = CASES[name]
    device, actions = case.generate(tmp_path), case.actions()
    module = {"_model.py": emit_pure(device.model, device.plan)["pure/_model.py"].encode()}
    found = run_session(device, actions, module, on_board(MICROPYTHON_BOARDS[core]), "/rom/")
    executors.require_equal(case, device, device.run_numpy(actions), found, name)
