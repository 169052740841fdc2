"""Cores that run as far as they are told to: input, output, bounds, faults, sleep, restarts, flash."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from emulated import PROGRAMS

from integrad.build.firmware import build_firmware, linker_script
from integrad.build.program import read_program
from integrad.emulate import machines, qemu_process
from integrad.emulate.counting import markers
from integrad.emulate.faults import FirmwareError
from integrad.emulate.machine import STORE, Reason
from integrad.emulate.machines import start_machine
from integrad.emulate.qemu_monitor import Monitor
from integrad.emulate.qemu_process import QemuProcess, Report
from integrad.errors import IntegradError
from integrad.targets.cores import get_core

SOME = 3_000_000
"""Instructions that are enough for every answer of the program."""

IN_UNICORN = [(core, "unicorn") for core in ("m0", "m33")]
every_machine = pytest.mark.parametrize(
    ("core", "engine"), [*((core, "qemu") for core in ("m0", "m3", "m55", "rv32")), *IN_UNICORN]
)
one_machine = pytest.mark.parametrize(("core", "engine"), [("m3", "qemu")])


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """program(core) → the program that does what its input says."""
    built = {}

    def program(name):
        if name not in built:
            core, folder = get_core(name), tmp_path_factory.mktemp(f"device-{name}")
            note = core.machine.ram_origin + core.memory_bytes(False)[1] - 4
            where = f"#define NOTE 0x{note:x}u\n#define STORE 0x{STORE[name][0]:x}u\n"
            (folder / "where.h").write_text(where)
            built[name] = build_firmware(core, [PROGRAMS / "device.c"], [folder], folder).program
        return built[name]

    return program


@pytest.fixture
def machine(program, core, engine):
    with start_machine(program(core), get_core(core), engine) as machine:
        assert answer(machine) == b"ready\n"
        yield machine


def answer(machine, request=b"", count=6):
    """What the program answers with so many bytes."""
    machine.write(request)
    received = b""
    while len(received) < count:
        stop = machine.run(SOME, until_output=True)
        assert stop.reason is Reason.OUTPUT, stop
        received += machine.take_output()
    return received


def stopped(machine, request, instructions=SOME):
    machine.write(request)
    return machine.run(instructions)


@every_machine
def test_input_is_not_lost_while_the_program_computes(machine):
    sent = os.urandom(1500)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        received = answer(machine, b"e" + len(sent).to_bytes(3, "little") + sent, len(sent))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert received == sent


@every_machine
def test_hang_ends_with_the_instructions(machine):
    before = machine.instructions
    stop = stopped(machine, b"h", 1_000_000)
    assert stop.reason is Reason.INSTRUCTIONS
    assert stop.place.startswith("hang, called by main (pc 0x")
    assert 1_000_000 <= machine.instructions - before < 1_000_100


@every_machine
def test_faults_are_explained(machine, core):
    stop = stopped(machine, b"w")
    assert (stop.reason, stop.is_final) == (Reason.FAULT, True)
    assert stop.text.startswith("faulted: access to an address without memory")
    assert " in write_far_away+0x" in stop.text and stop.place.startswith("write_far_away, called by main")
    if core != "m0":
        assert "0x18000000" in stop.text
    assert {"pc", "sp"} < set(stop.registers) and len(stop.registers) <= 40
    assert machine.run(1) is stop
    machine.restart()
    assert answer(machine) == b"ready\n"
    stop = stopped(machine, b"u")
    assert "undefined instruction in run_undefined_instruction+0x" in stop.text
    machine.restart()
    assert answer(machine) == b"ready\n"
    assert stopped(machine, b"s").text == "faulted: stack overflow, more than the 4,096 bytes reserved"


@every_machine
def test_sleep(machine, program, core):
    assert answer(machine, b"t") == b"slept\n"
    stop = stopped(machine, b"z")
    assert stop.reason is Reason.ASLEEP
    assert stop.text.startswith("sleeps in sleep_forever+0x") and "called by main" in stop.place
    assert stopped(machine, b"?").reason is Reason.ASLEEP
    machine.restart()
    assert answer(machine) == b"ready\n"
    stop = stopped(machine, b"i")
    assert stop.reason is Reason.WAITING and "sleeps in sleep_until_byte+0x" in stop.text
    machine.break_at(program(core).address_of("line_take"))
    assert stopped(machine, b"!").reason is Reason.BREAKPOINT
    assert answer(machine, b"", 1) == b"!"


@every_machine
def test_exit(machine):
    assert answer(machine, b"p?", 2) == b"?\n"
    assert machine.console == b"printed\n"
    stop = stopped(machine, b"x\x07")
    assert (stop.reason, stop.exit_code) == (Reason.EXIT, 7)


@pytest.mark.parametrize(("core", "engine"), [("m0", "qemu"), ("m3", "qemu")])
@pytest.mark.parametrize(
    ("handler", "instruction", "text"),
    [
        ("handle_fault", "udf #1", "faulted: undefined instruction in read_sensor+0x0"),
        (
            "handle_fault",
            "bkpt #0",
            "faulted: breakpoint instruction (BKPT) without a debugger in read_",
        ),
        ("0", "udf #1", "locked up: a fault inside the fault handler, or without one"),
        ("handle_fault", "movs r0, #7; lsl r0, r0, #29; mov sp, r0; udf #1", "faulted: "),
    ],
)
def test_handlers_of_the_program(tmp_path, core, engine, handler, instruction, text):
    script, elf = tmp_path / "program.ld", tmp_path / "program.elf"
    script.write_text(linker_script(get_core(core), 1024, False))
    flags = [*get_core(core).flags["gcc"], "-O2", "-ffreestanding", "-nostdlib", f"-DHANDLER={handler}"]
    flags += [f'-DINSTRUCTION="{instruction}"', "-T", script, "-e", "start", "-o", elf]
    subprocess.run(["arm-none-eabi-gcc", *flags, PROGRAMS / "own_handlers.c"], check=True)
    with start_machine(read_program(elf), get_core(core), engine) as machine:
        stop = machine.run(SOME)
    assert stop.reason is Reason.FAULT and stop.text.startswith(text)
    if "sp" in instruction:
        assert re.search("stack (overflow|pointer 0xdfffffe0 is outside of memory)", stop.text)
    elif handler != "0":
        assert stop.place.startswith("read_sensor, called by start")


@one_machine
def test_what_has_no_end_stops_the_machine(machine):
    stop = stopped(machine, b"o", 10_000_000_000)
    assert stop.reason is Reason.OUTPUT
    assert 1 << 18 <= len(machine.take_output()) < 1 << 20
    assert stopped(machine, b"", 1000).reason is Reason.INSTRUCTIONS
    machine.restart()
    assert answer(machine) == b"ready\n"
    stop = stopped(machine, b"r", 100_000_000)
    assert (stop.reason, stop.text) == (Reason.RESTARTS, "restarted 20 times without any input")


def test_end_of_the_emulator(program):
    with start_machine(program("m3"), get_core("m3"), "qemu") as machine:
        machine._process.process.kill()
        with pytest.raises(FirmwareError, match="QEMU stopped: exit status -9"):
            machine.run(SOME)
        for use in (lambda: machine.run(1), machine.registers, lambda: machine.read_memory(0, 4)):
            with pytest.raises(IntegradError, match=r"Cortex-M3 in QEMU: QEMU has ended; call restart\(\)"):
                use()
        machine.restart()
        assert answer(machine) == b"ready\n"
        with pytest.raises(IntegradError, match="no 4 bytes of memory at 0xf0000000"):
            machine.read_memory(0xF0000000, 4)
        machine.ceiling = 0.1
        stop = stopped(machine, b"h", 10**12)
        assert (stop.reason, stop.text) == (Reason.TIME, "has not ended after 0.1 s of the host")
        assert stop.place.startswith("hang, called by main") and stop.registers["pc"]
        machine.power_off()
        with pytest.raises(IntegradError, match="is switched off"):
            machine.write(b"?")


def test_a_program_may_end_while_it_seems_to_sleep(program, monkeypatch):
    """On a slow host, the stepper takes a program that is about to end for one that sleeps."""
    report, synchronise, ends = QemuProcess.report, Monitor.synchronise, []

    def late(process, *arguments, **options):
        found = report(process, *arguments, **options)
        if found is None or found.reason != "exit":
            return found
        ends.append(process.process)
        return Report("idle", found.executed, found.address)

    def look(monitor):
        for process in ends:
            process.wait(timeout=60)
        synchronise(monitor)

    with start_machine(program("m3"), get_core("m3"), "qemu") as machine:
        assert answer(machine) == b"ready\n"
        monkeypatch.setattr(QemuProcess, "report", late)
        monkeypatch.setattr(Monitor, "synchronise", look)
        stop = stopped(machine, b"x\x07")
        assert (stop.reason, stop.exit_code, len(ends)) == (Reason.EXIT, 7, 1)


def test_system_without_posix(program, monkeypatch):
    monkeypatch.setattr(machines, "QemuMachine", None)
    with pytest.raises(IntegradError, match="only where there is POSIX"):
        start_machine(program("m3"), get_core("m3"), "qemu")
    code = "import sys; sys.modules['fcntl'] = None; import integrad.emulate.machines"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_start_that_takes_too_long_ends_qemu(program, monkeypatch):
    started = []

    def late(process, deadline):
        started.append(process)
        raise TimeoutError

    monkeypatch.setattr(QemuProcess, "report", late)
    with pytest.raises(FirmwareError, match="QEMU has not started within 60 s of the host"):
        start_machine(program("m3"), get_core("m3"), "qemu")
    (process,) = started
    assert process.is_closed and process.process.returncode


def test_a_start_that_fails_leaves_nothing_open(program, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(12, "Cannot allocate memory")

    start_machine(program("m3"), get_core("m3"), "qemu").close()
    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(qemu_process, "subprocess", SimpleNamespace(PIPE=subprocess.PIPE, Popen=refuse))
    with pytest.raises(IntegradError, match="cannot be started: Cannot allocate memory"):
        start_machine(program("m3"), get_core("m3"), "qemu")
    assert len(os.listdir("/proc/self/fd")) == before


@every_machine
def test_instructions_between_two_breaks_are_counted_exactly(machine, program, core):
    begin, end = markers(program(core))
    for _ in range(2):
        machine.break_at(begin)
        assert stopped(machine, b"c").reason is Reason.BREAKPOINT
        before = machine.executed
        machine.break_at(end)
        assert machine.run(SOME).reason is Reason.BREAKPOINT
        assert machine.executed - before == 1 + 3
        assert answer(machine) == b"done.\n"


@every_machine
def test_a_break_is_told_although_something_was_sent_before(machine, program, core):
    machine.break_at(program(core).address_of("line_take"), 2)
    machine.write(b"cc")
    assert machine.run(SOME, until_output=True).reason is Reason.BREAKPOINT
    assert machine.take_output() == b"done.\n"


@every_machine
def test_flash_outlives_power_cuts(machine, program, core):
    address = STORE[core][0]
    assert machine.read_memory(address, 8) == b"\xff" * 8
    machine.break_at(program(core).address_of("program_word"), 4)
    stop = stopped(machine, b"f")
    assert stop.reason is Reason.BREAKPOINT and stop.text == "reached program_word+0x0"
    machine.power_off()
    assert machine.read_memory(address, 4) == b"\x00\x00\xa5\xa5"
    for use in (machine.registers, lambda: machine.read_memory(address - 4, 4), lambda: machine.run(1)):
        with pytest.raises(IntegradError, match="is switched off; call restart"):
            use()
    machine.restart()
    words = [0xA5A50000, 0xA5A50001, 0xA5A50002, 0xFFFFFFFF]
    expected = b"".join(word.to_bytes(4, "little") for word in words)
    assert machine.read_memory(address, 16) == expected
    assert answer(machine) == b"ready\n"
    assert machine.read_memory(address, 16) == expected
    assert answer(machine, b"f") == b"saved\n"
    machine.restart(flash=b"\x12\x34")
    assert machine.read_memory(address, 4) == b"\x12\x34\xa5\xa5"
