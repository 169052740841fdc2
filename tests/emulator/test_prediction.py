"""What is predicted before a build is what the linker lays out: data to the byte, code within 2 %; and no
library comes with it."""

import sys
from pathlib import Path

import pytest
from emulated import ARM_CORES
from toy_models import make_model

from integrad.build.sizes import measure_map
from integrad.estimate.code_sizes import ingredients, total
from integrad.estimate.part_fit import fit_part
from integrad.estimate.prediction import predict
from integrad.estimate.shortage import MARGIN
from integrad.execute.device_model import DeviceModel
from integrad.targets.cores import get_core
from integrad.targets.parts import Part
from integrad_codegen.plan import make_plan

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))
from code_sizes import fitted
from libraries import forbidden

# Odd sizes leave gaps, raw samples of every width move what lies behind them, wide gradients want 8 bytes.
MODELS = [
    ("mlp:7,5", (5, 3), "HW", "uint8", "last:1", 3),
    ("mlp:33", (77,), "F", "int32", "all", 9),
    ("mlp:20,30", (61,), "F", "int16", "none", 1),
    ("cnn:c5,p2,c6,d17", (15, 13), "HW", "uint8", "all", 5),
    ("cnn:c8k5,p4,c8,d16", (64, 3), "TC", "uint16", "output", 7),
    ("cnn:dws2,c7k1,p2,dw,p2,d9", (23, 21, 3), "HWC", "uint8", "all", 6),
]


def build(tmp_path, core, spec, shape, axes, dtype, learn, batch):
    model = make_model(spec, shape, axes, dtype)
    device = DeviceModel.generate(model, tmp_path, learn, batch)
    return model, device.plan, device.build(get_core(core), whole_machine=True, toolchain="gcc")


TINY = ("mlp:9", (31,), "F", "uint16", "all", 3)
CASES = [*((core, case) for core in ARM_CORES for case in MODELS), ("rv32", MODELS[1]), ("avr", TINY)]


@pytest.mark.parametrize("core, case", CASES, ids=str)
def test_prediction_equals_the_map(tmp_path, core, case):
    model, plan, firmware = build(tmp_path, core, *case)
    footprint = predict(model, plan, get_core(core))
    flash, ram = measure_map(firmware.map_file.read_text(), firmware.core.machine)
    sizes = {name: size for name, _, size in firmware.sizes.symbols}
    assert footprint.ram == ram
    assert footprint.stack == firmware.sizes.stack == get_core(core).family.stack_bytes
    assert footprint.weights_ram == sizes.get("weights", 0)
    assert footprint.scratch == sizes["scratch"]
    in_flash = sizes["model_initial_weights"] + sizes.get("model_frozen_weights", 0)
    assert footprint.weights_flash == in_flash
    code = flash - in_flash
    assert abs(footprint.code - code) <= MARGIN * code, (footprint.code, code)
    assert not forbidden({function.name for function in firmware.program.functions}, core)


def test_a_larger_stack_takes_more():
    model = make_model("mlp:9")
    plan = make_plan(model.network, "model", "all", 2)
    assert (
        predict(model, plan, get_core("m4"), 5001).ram - predict(model, plan, get_core("m4"), 5000).ram == 8
    )
    assert predict(model, plan, get_core("m4")).stack == 4096


@pytest.mark.parametrize(("memory", "others"), [("flash", "RAM"), ("RAM", "flash")])
def test_a_part_with_a_byte_too_little_does_not_do(memory, others):
    model = make_model("mlp:9")
    plan = make_plan(model.network, "model", "all", 2)
    footprint = predict(model, plan, get_core("m4"))
    flash = footprint.flash + round(MARGIN * footprint.code)
    exact = {"flash": flash, "RAM": footprint.ram}
    assert fit_part(model, plan, Part("exact", "m4", *exact.values(), "maker")).shortage is None
    exact[memory] -= 1
    fit = fit_part(model, plan, Part("less", "m4", *exact.values(), "maker"))
    assert fit.shortage.needs == {memory: (exact[memory] + 1, exact[memory])}
    assert fit.verdict.startswith(f"it does not fit less: {memory} needs {exact[memory] + 1:,} bytes, 1 more")
    assert others not in fit.shortage.needs


def test_ingredients_that_add_up_are_found():
    """The table's own arithmetic: sizes that are sums of ingredients are predicted from new sums."""
    model = make_model("cnn:c4,p2,d8", (8, 8))
    rows, sizes = [], {}
    for number, learn in enumerate(("none", "output", "last:1", "all")):
        found = ingredients(model, make_plan(model.network, "model", learn, 4))
        for name in found:
            sizes.setdefault(name, 50 + 7 * len(sizes) + number)
        rows.append((found, total(sizes, found)))
    table = fitted(rows)
    for found, size in rows:
        assert total(table, found) == pytest.approx(size, rel=0.002)
