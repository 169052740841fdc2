"""Python backends on 32-bit machines, where sums wrap, words have a sign and small integers 31 bits: on
emulated cores (make test-firmware)."""

from dataclasses import replace

import executors
import pytest
from backprop_cases import BACKPROP
from fixed import FIXED
from pocket_cases import POCKET

from integrad.execute.micropython_session import on_core, python_backend, run_session
from integrad.targets.cores import micropython_cores

pytestmark = pytest.mark.firmware

SINGLE = replace(FIXED["wide"], counts=(1, 9, 1), schedules=((3, 0, 0), (1, 0, 0)))
ALL = FIXED | POCKET | BACKPROP
CASES = {f"{core} {name}": (core, case) for core in ("m3",) for name, case in ALL.items()}
CASES |= {f"{core} single": (core, SINGLE) for core in ("m0", "m3")}
CASES |= {f"m0 {name}": ("m0", ALL[name]) for name in ("wide", "backprop pooled", "backprop extreme")}


@pytest.mark.parametrize("name", CASES)
def test_viper_on_32_bits(name, tmp_path):
    core, case = CASES[name]
    device, actions = case.generate(tmp_path), case.actions()
    found = run_session(device, actions, python_backend(device, "pure"), on_core(micropython_cores()[core]))
    executors.require_equal(case, device, device.run_numpy(actions), found, name)


@pytest.mark.parametrize(
    "core, name", [("m0", "mlp"), *(("m3", name) for name in ("mlp", "wide", "cnn", *BACKPROP))]
)
def test_bytecode_on_32_bits(core, name, tmp_path):
    case = ALL[name]
    device, actions = case.generate(tmp_path), case.actions()
    found = run_session(device, actions, python_backend(device, "plain"), on_core(micropython_cores()[core]))
    executors.require_equal(case, device, device.run_numpy(actions), found, name)
