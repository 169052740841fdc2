"""Costs: sizes equal to those in the linker map, exact and repeatable instruction counts, consistent sums."""

from collections import Counter

import pytest
from toy_models import make_model, make_samples

from integrad.build.sizes import measure_map
from integrad.emulate.counting import CallSite
from integrad.execute.cost_rows import DIVISION, FORWARD, NORMALISATION, REST, UPDATE, layers_of, means
from integrad.execute.costs import measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict
from integrad.learners.nitro import NitroSchedule
from integrad.targets.cores import get_core
from integrad_codegen.c.calls import RuntimeCall
from integrad_codegen.costs import layers as plan_layers

SPECS = {"mlp": "mlp:24,12", "cnn": "cnn:c4,p2,c6,p2,d12"}
COLUMNS = ("macs", "flash_bytes", "ram_bytes", "instructions_per_inference", "instructions_per_training_step")
SCHEDULE = NitroSchedule(32, decay_inv=500)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """built(spec, learn, core, toolchain) → (device, firmware), each once."""
    devices, firmware = {}, {}

    def build(spec, learn, core="m4", toolchain="gcc"):
        if (spec, learn) not in devices:
            folder = tmp_path_factory.mktemp(spec)
            devices[spec, learn] = DeviceModel.generate(make_model(SPECS[spec]), folder, learn, 4)
        device = devices[spec, learn]
        key = (spec, learn, core, toolchain)
        if key not in firmware:
            firmware[key] = device.build(get_core(core), toolchain=toolchain)
        return device, firmware[key]

    return build


def measure(device, firmware, **options):
    return measure_costs(device, firmware, *make_samples((8, 8)), SCHEDULE, **options)


def rows(costs):
    return {layer.name: layer for layer in costs.layers}


@pytest.mark.parametrize("core, toolchain", [("m0", "gcc"), ("m4", "gcc"), ("m33", "zig"), ("m55", "clang")])
@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("learn", ["none", "all"])
def test_every_column_adds_up_and_memory_is_the_linker_map(built, spec, learn, core, toolchain):
    device, firmware = built(spec, learn, core, toolchain)
    costs = measure(device, firmware)
    assert (costs.flash_bytes, costs.ram_bytes) == measure_map(
        firmware.map_file.read_text(), firmware.core.machine
    )
    for column in COLUMNS:
        if learn == "none" and column == "instructions_per_training_step":
            assert (
                costs.instructions_per_training_step is None is costs.layers[0].instructions_per_training_step
            )
            continue
        values = [getattr(layer, column) for layer in costs.layers]
        assert sum(values) == getattr(costs, column) > 0 and min(values) >= 0, column
    for layer in plan_layers(device.plan):
        found = rows(costs)[layer.name]
        assert found.instructions_per_inference > 0 or layer.what.startswith("head")
        assert learn == "none" or found.instructions_per_training_step > 0
    for shared in (rows(costs)[name] for name in (FORWARD, UPDATE) if name in rows(costs)):
        assert shared.instructions_per_inference == 0 == (shared.instructions_per_training_step or 0)
    weights = device.plan.weights_bytes + device.plan.frozen_bytes
    assert sum(layer.weights_bytes for layer in costs.layers) == costs.weights_flash_bytes == weights
    assert 0 < costs.stack_bytes <= costs.stack_reserve_bytes == firmware.sizes.stack


@pytest.mark.parametrize("spec", SPECS)
def test_repeated_runs_are_identical(built, spec):
    assert measure(*built(spec, "all")) == measure(*built(spec, "all"))


@pytest.mark.parametrize("core", ["m0", "m4"])
@pytest.mark.parametrize("spec", SPECS)
def test_unicorn_counts_what_qemu_counts(built, spec, core):
    device, firmware = built(spec, "all", core, "zig")
    assert measure(device, firmware, engine="unicorn") == measure(device, firmware, engine="qemu")


@pytest.mark.parametrize("core, toolchain", [("m0", "gcc"), ("m0", "zig"), ("m4", "gcc"), ("m4", "zig")])
def test_what_stands_in_no_layer_is_known_by_name(built, core, toolchain):
    for spec in SPECS:
        costs = measure(*built(spec, "all", core, toolchain))
        rest = rows(costs)[REST]
        assert rest.instructions_per_inference < 0.05 * costs.instructions_per_inference
        assert rest.instructions_per_training_step < 0.05 * costs.instructions_per_training_step


def test_shared_rows_hold_what_they_say(built):
    device, firmware = built("mlp", "all", "m0")
    small = rows(measure(device, firmware))
    assert small[NORMALISATION].instructions_per_inference > 64  # inputs
    assert small[NORMALISATION].instructions_per_training_step == 0  # samples arrive before the step
    assert small[UPDATE].flash_bytes > 0 < small[DIVISION].flash_bytes
    assert small["block1"].instructions_per_inference > small["block1"].macs
    assert small["block1"].instructions_per_training_step > 4 * small["block1"].instructions_per_inference
    assert DIVISION not in rows(measure(*built("mlp", "all", "m4")))
    assert UPDATE not in rows(measure(*built("mlp", "none", "m0")))


def test_wide_normalisation_is_counted_as_such(tmp_path):
    model = make_model("mlp:8", (6, 2), "TC", "int32")
    samples = make_samples((6, 2), "int32")
    device = DeviceModel.generate(model, tmp_path, "none")
    costs = measure_costs(device, device.build(get_core("m0"), toolchain="gcc"), *samples, SCHEDULE)
    wide = rows(costs)[NORMALISATION]
    assert wide.instructions_per_inference > costs.instructions_per_inference // 2
    assert wide.flash_bytes > 500  # 64-bit division


def test_the_total_is_the_mean_of_counted_regions(built):
    device, firmware = built("cnn", "none")
    samples, _ = make_samples((8, 8))
    _, result = device.run_emulated(firmware, [Predict(samples[:4])], count=True)
    total = sum(region.instructions for region in result.regions)
    assert measure(device, firmware).instructions_per_inference == total // 4


def test_means_add_up():
    totals = Counter(a=7, b=9, c=3, d=0)
    found = means(totals, 4)
    assert found.total() == totals.total() // 4 == 4
    assert found == Counter(a=2, b=2, c=0, d=0)  # 1.75 and 2.25 and 0.75: the first of two equals rounds up
    assert means(Counter(a=8, b=4), 4) == Counter(a=2, b=1)


def test_calls_in_another_order_belong_to_no_layer():
    expected = {"predict": [RuntimeCall("integrad_a", "block1"), RuntimeCall("integrad_b", "output")]}
    a, b = CallSite("predict", "integrad_a", 4), CallSite("predict", "integrad_b", 8)
    assert layers_of([a, b], expected) == {a: "block1", b: "output"}
    assert layers_of([b], expected) == {b: "output"}  # the other is inline
    assert layers_of([b, a], expected) == layers_of([a, b, b], expected) == {}
