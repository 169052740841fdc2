"""Firmware that is built for tests: from a model alone and from sources, by gcc and zig; it speaks the serial
protocol on an emulated core, and uses everything that board.h promises."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

import integrad as ig
from integrad.build.firmware import DoesNotFitError
from integrad.build.toolchain import DEVICE
from integrad.emulate.chip_qemu import QemuChip
from integrad.errors import IntegradError, UsageError
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.testing.application import build_application
from integrad.testing.settings import Settings
from integrad.testing.values import Place

ECHO = Path(__file__).parents[1] / "boards/echo.c"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a small model, all of which learns."""
    folder = tmp_path_factory.mktemp("application")
    data = ig.load_dataset("magic-wand")
    ig.train(data, model="mlp:8", epochs=1).save(folder / "toy.model")
    return Settings(Place("test:", folder), model=folder / "toy.model", learn="all", batch_size=2)


def with_sources(settings, tmp_path, text, **others):
    path = tmp_path / "app.c"
    path.write_text(text)
    return replace(settings, model=None, sources=(path,), **others)


def expect(chip, pattern, seconds=60):
    received, end = b"", time.monotonic() + seconds
    while not (found := re.search(pattern, received)) and time.monotonic() < end:
        received += chip.read(4096, 1)
    assert found, received


def test_a_model_alone_makes_firmware_with_the_serial_protocol(settings):
    application = build_application(settings, "m4")
    assert application.speaks_protocol and application.name == "toy"
    assert application.plan.batch == 2
    assert 0 < application.sizes.ram < application.core.part.ram_bytes
    with QemuChip(application.elf, application.core.machine.name) as chip:
        client = Client(chip, wait=60, patience=60, long_patience=60)
        info = client.begin()
        assert (info.name, info.batch) == ("toy", 2)
        assert info.model == application.model.network.weights_crc()
        kept, _ = client.read_weights()
        weights = bytes(reversed(kept))
        client.write_weights(weights, 7)
        client.save()
        client.write_weights(kept, 0)
        client.reset(What.PROGRAM)
        client.begin()
        assert client.read_weights() == (weights, 7)
        assert client.repeats == 0


def test_the_same_texts_are_built_once(settings, tmp_path):
    sources = with_sources(settings, tmp_path, "int main(void) { return 0; }")
    elf = build_application(sources, "m4").elf
    written = elf.stat().st_mtime_ns
    begin = time.monotonic()
    assert build_application(sources, "m4").elf == elf
    assert time.monotonic() - begin < 0.1
    assert elf.stat().st_mtime_ns == written
    with_sources(settings, tmp_path, "int main(void) { return 1; }")
    assert build_application(sources, "m4").elf != elf
    assert build_application(replace(sources, defines=("A=1",)), "m4").elf.parent != elf.parent


def test_sources_may_use_the_board_and_the_model(settings, tmp_path):
    text = '#include "board.h"\n#include "toy_store.h"\n#include "app.h"\nint main(void) { return NUMBER; }'
    (tmp_path / "include").mkdir()
    (tmp_path / "include/app.h").write_text("enum { NUMBER = VALUE + TOY_CLASSES };")
    found = with_sources(settings, tmp_path, text, include=(tmp_path / "include",), defines=("VALUE=3",))
    application = build_application(replace(found, model=settings.model), "m4")
    assert not application.speaks_protocol and application.model is not None


@pytest.mark.parametrize("toolchain", ["gcc", "zig"])
def test_everything_of_a_board_works(settings, toolchain):
    application = build_application(replace(settings, model=None, sources=(ECHO,)), "m4", toolchain)
    assert application.toolchain == toolchain
    with QemuChip(application.elf, application.core.machine.name) as chip:
        expect(chip, b"R0 ")
        chip.write(b"xyz" * 100 + b"swlbrlq")
        expect(chip, rb"(xyz){100}S0 W0 L1 B0 R0 L1 q")  # 1: other slots are not erased


def test_errors_are_those_of_the_compiler_and_name_the_line(settings, tmp_path):
    with pytest.raises(IntegradError, match=r"app\.c:2:\d+: error: .*missing"):
        build_application(with_sources(settings, tmp_path, "int main(void) {\nreturn missing; }"), "m4")
    with pytest.raises(IntegradError, match=r"undefined reference to .absent.*"):
        text = "int absent(void); int main(void) { return absent(); }"
        build_application(with_sources(settings, tmp_path, text), "m4")


def test_what_does_not_fit_says_how_large_it_is(settings, tmp_path):
    text = "static volatile char big[20000]; int main(void) { return big[big[0]]; }"
    with pytest.raises(DoesNotFitError, match=r"the firmware does not fit .*RAM needs 2\d,\d{3} bytes"):
        build_application(with_sources(settings, tmp_path, text, ram_bytes=16384), "m4")


def test_settings_without_firmware_are_refused(settings):
    with pytest.raises(UsageError, match="names no firmware"):
        build_application(replace(settings, model=None), "m4")
    with pytest.raises(UsageError, match=r"core avr: .*cores with one: m0"):
        build_application(settings, "avr")


def test_a_missing_compiler_is_named_with_what_installs_it(settings, monkeypatch):
    monkeypatch.setenv("PATH", str(DEVICE))
    with pytest.raises(IntegradError, match=r"gcc is not installed; apt-get install gcc-arm-none-eabi"):
        build_application(settings, "m4", "gcc")
