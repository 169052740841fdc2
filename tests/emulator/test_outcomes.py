"""Exit statuses, faults and time limits are distinguished on all cores and in both emulators."""

import gc
import time
import warnings

import pytest
from emulated import BUILDS, UNICORN_CORES

from integrad.build.program import Program, Symbol
from integrad.emulate.faults import FirmwareError, explain, stack_limit
from integrad.emulate.runner import run
from integrad.errors import IntegradError, UsageError

EXECUTORS = [
    *((core, toolchain, "qemu") for core, toolchain in BUILDS),
    *((core, "zig", "unicorn") for core in UNICORN_CORES),
]
every_executor = pytest.mark.parametrize(("core", "toolchain", "engine"), EXECUTORS)


def fail(build, executor, what, time_limit=20):
    core, toolchain, engine = executor
    with pytest.raises(FirmwareError) as failure:
        run(build("misbehave", core, toolchain), what, engine=engine, time_limit=time_limit)
    return failure.value


@every_executor
def test_fault_names_kind_and_function(build, core, toolchain, engine):
    executor = core, toolchain, engine
    error = fail(build, executor, b"u ")
    assert error.kind == "fault"
    assert "undefined instruction in run_undefined_instruction+0x" in str(error)
    assert "returns to main+0x" in str(error)

    error = fail(build, executor, b"w ")
    assert error.kind == "fault"
    assert "access to an address without memory" in str(error) and "in write_far_away+0x" in str(error)
    if core != "m0" or engine == "unicorn":  # a Cortex-M0 does not record the address
        assert "0x18000000" in str(error)

    error = fail(build, executor, b"j ")
    assert error.kind == "fault"
    assert "jump to an address" in str(error) and "pc 0x18000000" in str(error)


@every_executor
def test_stack_overflow(build, core, toolchain, engine):
    error = fail(build, (core, toolchain, engine), b"s ")
    assert error.kind == "fault"
    assert "stack overflow, more than the 4,096 bytes reserved" in str(error)


@every_executor
def test_exit_status(build, core, toolchain, engine):
    firmware = build("misbehave", core, toolchain)
    assert run(firmware, b"x\0", engine=engine).exit_code == 0
    for status in (1, 2, 125, 255):
        error = fail(build, (core, toolchain, engine), bytes([ord("x"), status]))
        assert (error.kind, error.exit_code) == ("exit status", status)
        assert str(error) == f"the firmware exited with status {status}"
    assert fail(build, (core, toolchain, engine), b"r ").exit_code == 77


@pytest.mark.parametrize("core", ["m0", "m4"])
def test_what_only_looks_like_a_fault(build, core):
    error = fail(build, (core, "gcc", "unicorn"), b"f\x7d")
    assert str(error) == "the firmware exited with status 125: fault: of nobody"
    error = fail(build, (core, "gcc", "unicorn"), b"b ")
    assert "the firmware faulted: semihosting call with a bad address in " in str(error)


@pytest.mark.parametrize("engine", ["qemu", "unicorn"])
@pytest.mark.parametrize("count", [True, False])
def test_hang_ends_at_the_time_limit(build, engine, count):
    before, firmware = time.monotonic(), build("misbehave", "m3")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(FirmwareError, match=r"did not end within 0\.5 s") as failure:
            run(firmware, b"h ", engine=engine, time_limit=0.5, count=count)
        kind = failure.value.kind
        del failure
        gc.collect()
    assert kind == "time limit" and not caught, "nothing of the emulator is left open"
    assert time.monotonic() - before < 10


@pytest.mark.parametrize("engine", ["qemu", "unicorn"])
def test_endless_printing_is_cut(build, engine):
    with pytest.raises(FirmwareError, match="did not end"):
        run(build("print", "m3"), b"\1", engine=engine, time_limit=0.5)


@pytest.mark.parametrize("engine", ["qemu", "unicorn"])
def test_console(build, engine):
    assert run(build("print", "m0"), b"\0", engine=engine).console == "hello\n"


def test_unknown_engine(build):
    with pytest.raises(UsageError, match="expected qemu, unicorn or simavr"):
        run(build("echo", "m3"), b"", engine="renode")


def test_unicorn_has_no_m55(build):
    with pytest.raises(IntegradError, match="does not support Cortex-M55"):
        run(build("echo", "m55"), b"", engine="unicorn")


def test_only_programs_with_a_known_limit_of_the_stack_exceed_it():
    """With another start-up code, the stack may lie anywhere."""
    own = Program([], [Symbol("integrad_stack_limit", 0x20000100, 0, False, ".stack")], [])
    other = Program([], [], [])
    assert (stack_limit(own), stack_limit(other)) == (0x20000100, 0)
    numbers = {"exception": 3, "cfsr": 1 << 9, "sp": 0x200000F8, "pc": 0x100, "lr": 0x80}
    assert explain(numbers, own).startswith("stack overflow")
    assert explain(numbers, other).startswith("access to an address without memory")
    assert explain(numbers | {"sp": 0x20000100}, own).startswith("access to an address without memory")
    assert explain(numbers | {"cfsr": 1 << 20}, other).startswith("stack overflow")
