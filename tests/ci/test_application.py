"""Firmware that is built for tests: from a model alone, from sources and by CMake; it speaks the serial
protocol on an emulated core, and uses everything that board.h promises."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import integrad as ig
from integrad.build.firmware import DoesNotFitError
from integrad.build.toolchain import DEVICE, find_toolchain
from integrad.emulate.machine import Reason
from integrad.emulate.machines import start_machine
from integrad.errors import IntegradError, UsageError
from integrad.model_file import load_model
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.targets.cores import CORES
from integrad.targets.families import ARM
from integrad.testing import application_key, board_firmware
from integrad.testing.application import build_application
from integrad.testing.machine_drivers import machine_config
from integrad.testing.settings import Settings
from integrad.testing.values import Place

PROTOCOL = "integrad_serial_receive"
"""A function of programs that speak the serial protocol."""

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


def answer(machine, pattern, request=b""):
    """The match of a pattern in what a machine sends after a request."""
    machine.write(request)
    received = b""
    while not (found := re.search(pattern, received)):
        stop = machine.run(50_000_000, until_output=True)
        received += machine.take_output()
        assert stop.reason is Reason.OUTPUT, (received, stop)
    return found


def test_a_model_alone_makes_firmware_with_the_serial_protocol(settings):
    application = build_application(settings, "m4")
    assert application.program.address_of(PROTOCOL)
    assert 0 < application.sizes.ram < application.core.part.ram_bytes
    with start_machine(application.program, application.core) as machine:
        client = Client(machine, wait=60, patience=60, long_patience=60)
        info = client.begin()
        assert (info.name, info.batch) == ("toy", 2)
        assert info.model == load_model(settings.model).network.weights_crc()
        kept, _ = client.read_weights()
        weights = bytes(reversed(kept))
        client.write_weights(weights, 7)
        client.save()
        client.write_weights(kept, 0)
        client.reset(What.PROGRAM)
        client.begin()
        assert client.read_weights() == (weights, 7)
        machine.restart()
        client.begin()
        assert client.read_weights() == (weights, 7)
        assert client.repeats == 0


def test_the_same_texts_are_built_once(settings, tmp_path):
    sources = with_sources(settings, tmp_path, "int main(void) { return 0; }")
    elf = build_application(sources, "m4").elf
    written = elf.stat().st_mtime_ns
    assert build_application(sources, "m4").elf == elf
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
    with pytest.raises(KeyError):
        application.program.address_of(PROTOCOL)


@pytest.mark.parametrize(
    ("core", "toolchain"), [("m0", "gcc"), ("m55", "gcc"), ("m4", "zig"), ("rv32", "gcc")]
)
def test_everything_of_a_board_works(settings, core, toolchain):
    application = build_application(replace(settings, model=None, sources=(ECHO,)), core, toolchain)
    assert application.toolchain == toolchain
    with start_machine(application.program, application.core) as machine:
        answer(machine, b"R0 ")
        answer(machine, rb"(xyz){100}S0 W0 L0 B0 R0 L0 q", b"xyz" * 100 + b"swlbrlq")
        machine.break_at(application.program.address_of("integrad_flash_change"), 10)
        machine.write(b"s")
        assert machine.run(50_000_000).reason is Reason.BREAKPOINT
        machine.restart()
        answer(machine, b"R0 L0 ", b"l")


def test_a_board_has_the_sources_and_the_model_under_its_name(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(board_firmware, "build_project", lambda folder, *options: folder)
    chosen = replace(with_sources(settings, tmp_path, ""), model=settings.model)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/app.c").write_text("int other;\n")
    chosen = replace(chosen, sources=(*chosen.sources, tmp_path / "other/app.c"))
    folder = board_firmware.build_for_board(chosen, "pico").elf
    assert {path.name for path in folder.rglob("*.[ch]")} >= {"toy.h", "app.c", "1_app.c"}
    assert (folder / "app.c").read_bytes() == chosen.sources[0].read_bytes()
    assert not (folder / "main.c").exists()


def test_a_c_library_that_is_installed_later_makes_another_build(settings, monkeypatch):
    core, tools = CORES["m4"], find_toolchain("gcc", ARM)
    keys = set()
    for libraries in ([], ["-lc"], ["-lc"]):
        monkeypatch.setattr(application_key, "c_library", lambda tools, found=libraries: found)
        keys.add(application_key.application_key(settings, core, tools))
    assert len(keys) == 2


def test_weights_that_exceed_the_emulated_flash():
    plan = SimpleNamespace(weights_bytes=600_000, batch=1)
    text = (
        "core m4: 2 slots of 602,112 bytes for the weights that learn exceed the 1,048,576 bytes of emulated"
    )
    with pytest.raises(IntegradError, match=text) as raised:
        machine_config(CORES["m4"], plan)
    assert not isinstance(raised.value, UsageError), "no option is wrong: other cores are still checked"


def test_unicorn_runs_the_same_firmware(settings):
    """It has the timer, but no other interrupts."""
    application = build_application(replace(settings, model=None, sources=(ECHO,)), "m0")
    measured = {}
    for engine in ("qemu", "unicorn"):
        with start_machine(application.program, application.core, engine) as machine:
            answer(machine, b"R0 ")
            answer(machine, rb"(xyz){9}S0 W0 L0 B0 R0 L0 q", b"xyz" * 9 + b"swlbrlq")
            address = application.program.address_of("integrad_flash_change")
            machine.break_at(address, 1)
            machine.write(b"s")
            assert machine.run(1_000_000).reason is Reason.BREAKPOINT
            before = machine.instructions
            machine.break_at(address, 1000)
            assert machine.run(1_000_000).reason is Reason.BREAKPOINT
            measured[engine] = machine.instructions - before
            machine.restart()
            answer(machine, b"R0 L0 ", b"l")
            stop = machine.run(2_000_000)
            assert stop.reason is (Reason.WAITING if engine == "unicorn" else Reason.INSTRUCTIONS)
    assert measured["qemu"] == measured["unicorn"]


def test_unicorn_tells_which_interrupts_it_lacks(settings, tmp_path):
    text = 'int main(void) { *(volatile unsigned *)0xE000E100 = 2; for (;;) __asm__ volatile("wfi"); }'
    application = build_application(with_sources(settings, tmp_path, text), "m4")
    with start_machine(application.program, application.core, "unicorn") as machine:
        stop = machine.run(1_000_000)
    assert stop.reason is Reason.WAITING
    assert stop.text.endswith("; it has enabled interrupts of devices, which Unicorn lacks: use QEMU")


RULES = """
#include "board.h"
int main(void) {
    static const uint64_t words[2] = {1, 2};
    integrad_board_start();
    (void)integrad_board_store.erase(0, 4096, NULL);
    (void)integrad_board_store.program(8, words, 16, NULL);
    (void)integrad_board_store.%s;
    return 0;
}
"""


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("program(24, words, 8, NULL)", b""),
        (
            "program(16, words, 8, NULL)",
            b"what is not erased, address 0x00000010, bytes 0x00000008",
        ),
        ("program(36, words, 8, NULL)", b"programmed what is not whole units"),
        ("erase(4096, 2048, NULL)", b"erased what is not whole blocks"),
        ("program(1048576, words, 8, NULL)", b"programmed what is not whole units of the store"),
    ],
)
def test_the_rules_of_flash_are_enforced(settings, tmp_path, call, told):
    application = build_application(with_sources(settings, tmp_path, RULES % call), "m4")
    with start_machine(application.program, application.core) as machine:
        stop = machine.run(1_000_000)
        assert (stop.reason, stop.exit_code) == (Reason.EXIT, 126 if told else 0)
        assert told in machine.take_output()


def test_a_cmake_project_needs_no_change(settings, tmp_path):
    folder = tmp_path / "a $project"
    folder.mkdir()
    lists = "cmake_minimum_required(VERSION 3.16)\nproject(app C)\nadd_executable(app main.c)\n"
    (folder / "CMakeLists.txt").write_text(lists)
    main = folder / "main.c"
    main.write_text('#include "board.h"\n#include "toy.h"\nint main(void) { return TOY_BATCH; }')
    project = replace(settings, cmake=folder, target="app")
    application = build_application(project, "m4")
    with start_machine(application.program, application.core) as machine:
        assert machine.run(1_000_000).exit_code == 2
    assert build_application(project, "m4").elf == application.elf
    with pytest.raises(UsageError, match=r"target: .*CMakeLists\.txt has no executable 'main'; .*: app"):
        build_application(replace(project, target="main"), "m4")
    main.write_text("int main(void) {\nreturn missing; }")
    with pytest.raises(
        IntegradError, match=r"cmake: cannot be built: .*main\.c:2:\d+: error: .*miss"
    ) as found:
        build_application(project, "m4")
    assert not isinstance(found.value, UsageError), "a check goes on with other cores, and exits with 1"
    main.write_text("static volatile char b[300000]; int main(void) { return b[b[0]]; }")
    with pytest.raises(DoesNotFitError, match=r"the firmware does not fit nRF52840: RAM needs 30\d,\d{3}"):
        build_application(project, "m4")
    (folder / "CMakeLists.txt").write_text(lists + "target_link_libraries(absent PRIVATE app)\n")
    with pytest.raises(IntegradError, match=r"cmake: cannot be .*CMake Error.*:4"):
        build_application(project, "m4")


def test_a_dollar_that_make_would_take_for_a_variable_is_refused(settings, tmp_path, monkeypatch):
    project = replace(settings, cmake=tmp_path, target="app")
    with pytest.raises(UsageError, match=r"^test: defines: 'UNIT=\$x' has a \$, .*; define it in CMakeLists"):
        build_application(replace(project, defines=("UNIT=$x",)), "m4")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a$b"))
    with pytest.raises(UsageError, match=r"^test: cmake: needs the folder .*a\$b.* one with a \$; move"):
        build_application(project, "m4")


def test_a_given_program_must_be_one_for_the_core(settings, tmp_path):
    built = build_application(with_sources(settings, tmp_path, "int main(void) { return 5; }"), "m4")
    given = replace(settings, elf=built.elf)
    application = build_application(given, "m4")
    assert application.sizes.flash == built.sizes.flash and application.sizes.ram == built.sizes.ram
    with pytest.raises(UsageError, match=r"elf: .* is a program for EM_ARM, core rv32 is RISC-V"):
        build_application(given, "rv32")
    with pytest.raises(UsageError, match="has nothing at 0x10000000, where core m33 begins; link it"):
        build_application(given, "m33")
    with pytest.raises(DoesNotFitError, match="flash needs"):
        build_application(replace(given, flash_bytes=64), "m4")
    with pytest.raises(IntegradError, match="not an ELF file with symbols"):
        build_application(replace(given, elf=ECHO), "m4")


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
