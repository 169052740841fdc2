"""No kernel reads or writes a byte beyond its arrays: whatever lies between them is fenced off and faults."""

from dataclasses import replace

import numpy as np
import pytest
from calls import all_calls
from calls8 import all_calls8
from kernel_session import (
    BEGINS_FENCED,
    ENDS_FENCED,
    TRESPASS,
    Call,
    build_kernels,
    run_kernels,
    run_portable,
)
from test_m0_m55 import special_calls

from integrad.emulate.faults import FirmwareError
from integrad.errors import IntegradError
from integrad.targets.cores import arm_flags, get_core

PLACEMENTS = {"begin": BEGINS_FENCED, "end": ENDS_FENCED}
VARIANTS = {
    "m0": replace(get_core("m33"), flags={"gcc": arm_flags("cortex-m0", "")}),
    "m3": replace(get_core("m33"), flags={"gcc": arm_flags("cortex-m3", "")}),
    "dsp": get_core("m33"),
    "mve": get_core("m55"),
}
"""Variant of kernels → a core with a memory protection unit of Armv8-M, which can execute it."""


@pytest.fixture(scope="module")
def calls():
    return [*all_calls(5), *special_calls(), *all_calls8(5)]


def placed(calls, placement):
    return [replace(call, placement=placement) for call in calls]


@pytest.fixture(scope="module", params=PLACEMENTS)
def expected(request, calls, tmp_path_factory):
    """Calls in one placement, and the memory after the portable kernels, under the address sanitizer."""
    fenced = placed(calls, PLACEMENTS[request.param])
    return fenced, run_portable(fenced, tmp_path_factory.mktemp("portable"))


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_kernel_leaves_its_arrays(variant, expected, tmp_path):
    fenced, answers = expected
    found, _ = run_kernels(build_kernels(VARIANTS[variant], tmp_path, "gcc"), fenced)
    for call, a, b in zip(fenced, answers, found, strict=True):
        assert a == b, f"{variant}: command {call.command}, {call.parameters}"


TRESPASSES = [(BEGINS_FENCED, -65), (ENDS_FENCED, 0)]


@pytest.mark.parametrize("placement, offset", TRESPASSES)
def test_a_fence_is_noticed_on_the_host(placement, offset, tmp_path):
    inside, outside = trespasses(placement, offset)
    assert len(run_portable([inside], tmp_path)) == 1
    with pytest.raises(IntegradError, match="use-after-poison"):
        run_portable([outside], tmp_path)


@pytest.mark.parametrize("placement, offset", TRESPASSES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fence_is_noticed_by_a_core(variant, placement, offset, tmp_path):
    inside, outside = trespasses(placement, offset)
    firmware = build_kernels(VARIANTS[variant], tmp_path, "gcc")
    assert len(run_kernels(firmware, [inside])[0]) == 1
    with pytest.raises(FirmwareError, match="fault"):
        run_kernels(firmware, [outside])


def trespasses(placement, offset):
    """A read of the byte inside the fence, and one of the byte behind it."""
    inside = offset + 1 if offset < 0 else offset - 1
    return [Call(TRESPASS, (n,), (np.zeros(64, np.int8),), placement) for n in (inside, offset)]
