"""Programs that do not fit a part: the reported shortage is correct, and the suggestions fit."""

import re
from dataclasses import replace

import pytest
from toy_models import make_model

import integrad.execute.device_model as device_model
from integrad.build.firmware import DoesNotFitError
from integrad.errors import IntegradError
from integrad.execute.device_model import DeviceModel
from integrad.targets.cores import get_core


def link(model, folder, core, learn="none", batch=1, toolchain=None):
    """Sizes of a firmware that fits; DoesNotFitError of one that does not. core: or its name."""
    core = get_core(core) if isinstance(core, str) else core
    return DeviceModel.generate(model, folder, learn, batch).build(core, toolchain=toolchain).sizes


def refuse(*arguments):
    """The error message for firmware that does not fit."""
    with pytest.raises(DoesNotFitError) as caught:
        link(*arguments)
    text = str(caught.value)
    assert text.startswith(f"the network does not fit {caught.value.core.part.name}: ") and "\n" not in text
    return text


@pytest.fixture
def only_core(monkeypatch):
    """Only one part, which is small."""
    monkeypatch.setattr("integrad.estimate.fit.CORES", {})
    core = get_core("m0")
    return replace(core, part=replace(core.part, flash_bytes=16384, ram_bytes=8192))


@pytest.mark.parametrize(
    "spec, core, learn, batch, toolchain",
    [
        ("mlp:200,40", "m0", "all", 16, None),
        ("mlp:40,40,500", "m0", "last:2", 16, "zig"),
        ("cnn:p2,c8,c16,p2,d24", "m3", "all", 64, None),
    ],
)
def test_less_learning_or_a_larger_part_fits_as_it_says(spec, core, learn, batch, toolchain, tmp_path):
    model = make_model(spec, (16, 16))
    text = refuse(model, tmp_path / "a", core, learn, batch, toolchain)
    less = re.search(r"; --learn (\S+)(?: --batch-size (\d+))?", text)
    assert link(model, tmp_path / "b", core, less[1], int(less[2] or 1), toolchain)
    larger = re.search(r" or --core (\w+) would fit\b", text)
    assert link(model, tmp_path / "c", larger[1], learn, batch, toolchain)
    if less[2] and int(less[2]) * 2 <= batch:
        refuse(model, tmp_path / "d", core, less[1], int(less[2]) * 2, toolchain)


def test_a_smaller_batch_comes_before_less_learning(tmp_path):
    model = make_model("cnn:p4,c4,d16", (32, 32))
    text = refuse(model, tmp_path, "m0", "all", 64)
    assert re.search(r"; --learn all --batch-size (16|8|4) or --core \w+ would fit\b", text)


def test_flash_and_ram_are_both_named(tmp_path, only_core):
    text = refuse(make_model("mlp:200", (8, 8)), tmp_path, only_core, "all")
    pattern = (
        r"flash needs ([\d,]+) bytes, ([\d,]+) more than the 16,384 available; RAM needs ([\d,]+) bytes, "
    )
    flash, excess, _ = (int(n.replace(",", "")) for n in re.search(pattern, text).groups())
    assert flash - excess == 16384


@pytest.mark.parametrize("learn", ["none", "all"])
def test_the_weights_that_it_names_are_the_most(tmp_path, only_core, learn):
    text = refuse(make_model("mlp:150", (8, 8)), tmp_path / "a", only_core, learn)
    limit = re.search(
        r"; a network would fit if its weights took at most ([\d,]+) bytes instead of 20,700$", text
    )
    units = int(limit[1].replace(",", "")) // (2 * (64 + 5))
    assert link(make_model(f"mlp:{units}", (8, 8)), tmp_path / "b", only_core)
    refuse(make_model(f"mlp:{units + 1}", (8, 8)), tmp_path / "c", only_core)


def test_the_activations_that_it_names_are_the_most(tmp_path, only_core):
    text = refuse(make_model("cnn:c10,p4,d4", (24, 24)), tmp_path / "a", only_core)
    limit = re.search(
        r"; a network would fit if its activations took at most ([\d,]+) bytes instead of 6,120$", text
    )
    channels = int(limit[1].replace(",", "")) // (24 * 24 + 6 * 6)
    assert link(make_model(f"cnn:c{channels},p4,d4", (24, 24)), tmp_path / "b", only_core)
    refuse(make_model(f"cnn:c{channels + 1},p4,d4", (24, 24)), tmp_path / "c", only_core)


def test_samples_that_are_too_large(tmp_path, only_core):
    text = refuse(make_model("cnn:p16,d4", (96, 96)), tmp_path, only_core)
    assert text.endswith("; a network would fit if its samples were smaller")


def test_the_linker_is_asked_seldom(tmp_path, monkeypatch):
    """Suggestions take a second or two for any number of batch sizes and learn sets."""
    genuine, built = device_model.build_firmware, []

    def build(*arguments, **options):
        built.append(arguments)
        return genuine(*arguments, **options)

    monkeypatch.setattr(device_model, "build_firmware", build)
    refuse(make_model("mlp:200,40,40,40", (16, 16)), tmp_path, "m0", "all", 4096)
    assert len(built) <= 4


def test_the_whole_machine_is_blamed_for_itself(tmp_path, only_core):
    core = replace(only_core, machine=replace(only_core.machine, flash_bytes=8192))
    device = DeviceModel.generate(make_model("mlp:100"), tmp_path)
    with pytest.raises(
        IntegradError, match=r"^does not fit the emulated machine: flash needs [\d,]+ bytes, "
    ):
        device.build(core, whole_machine=True)
