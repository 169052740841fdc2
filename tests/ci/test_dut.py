"""What is expected of a device, and what a failure says."""

import re

import pytest
from scripted_machine import STEP, Hears, ScriptedMachine

from integrad.emulate.machine import Reason, Stop
from integrad.errors import IntegradError
from integrad.protocol.frames import encoded
from integrad.testing.dut import MOST_BYTES, DeviceFailure, Dut
from integrad.testing.reception import WINDOW
from integrad.testing.records import log_name
from integrad.testing.transcript import KEPT, Log

FAULT = Stop(
    Reason.FAULT,
    "faulted: stack overflow in read_sensor",
    "read_sensor, called by main (pc 0x00000a12)",
    {"pc": 0xA12, "lr": 0x9F1},
)


def dut_of(*script, **limits):
    return Dut(ScriptedMachine(*script), **limits)


def failure(call, *arguments, **named):
    with pytest.raises(DeviceFailure) as caught:
        call(*arguments, **named)
    return str(caught.value)


def test_expect_finds_text_and_bytes_in_the_order_of_arrival():
    dut = dut_of(b"boot 1.2\r\n", b"temp", b"erature 21\r\nrea", b"dy\r\n")
    match = dut.expect(r"temperature (\d+)\r\n")
    assert match[1] == "21"
    assert dut.expect_exact(b"ready\r\n")[0] == b"ready\r\n"
    assert dut.text == "boot 1.2\r\ntemperature 21\r\nready\r\n"
    assert "waits for input" in failure(dut.expect, "ready")


def test_of_several_patterns_the_first_to_arrive_is_found():
    dut = dut_of(b"pass: a\nFAIL: b\n")
    assert dut.expect(["FAIL: (.*)\n", re.compile(b"pass: (.*)\n")])[1] == b"a"
    assert dut.expect_exact(["(.*)", "FAIL: b\n"]).re.pattern == re.escape("FAIL: b\n")


def test_a_pattern_of_text_sees_bytes_that_are_none():
    dut = dut_of(b"\xff\xfe\x00", "größe 3\n".encode(), b"\xffend\n")
    assert dut.expect("größe (.)\n")[1] == "3"
    assert dut.expect(b"(.)end\n")[1] == b"\xff"
    assert dut.text == "\\xff\\xfe\\x00größe 3\n\\xffend\n"
    dut = dut_of("\ufffd".encode() + b"\xff\xe2\x82!", b"rest")
    assert dut.expect("(.*)!")[1] == "\ufffd" * 4, "what a report can contain"
    dut.expect_exact(b"rest")


def test_what_is_written_arrives():
    dut = dut_of(b"> ", Hears(b"ping\n"), b"pong\n")
    dut.write("ping\n")
    dut.expect_exact("pong\n")
    assert dut.chip.written == b"ping\n"
    with pytest.raises(TypeError, match=r"not the number 5; of a byte: bytes\(\[5\]\)"):
        dut.write(5)


def test_a_fault_is_told_at_once_with_what_was_sent_before():
    dut = dut_of(b"reading\n", FAULT)
    assert failure(dut.expect, "value: .*\n") == (
        "expected 'value: .*\\n' from a script, but it faulted: stack overflow in "
        "read_sensor\n"
        "place: read_sensor, called by main (pc 0x00000a12)\n"
        "registers: pc=00000a12 lr=000009f1\n"
        "received: 8 bytes, the last lines:\n"
        "  | reading"
    )
    assert dut.failed and dut.instructions == STEP


def test_a_program_that_runs_on_silently_is_stopped_by_instructions():
    dut = dut_of(10**9)
    text = failure(dut.expect, "x", instructions=5_000_000)
    assert "it executed 5,000,000 instructions, the limit of a wait, and runs on" in text
    assert "place: main, called by start" in text and "received: nothing" in text
    assert dut.instructions == 5_000_000


def test_the_clock_of_the_host_is_a_limit_too():
    assert "0 s passed on the host" in failure(dut_of(10**9).expect, "x", timeout=0)
    late = Stop(Reason.TIME, "has not ended after 0.0123 s of the host", "wait (pc 0x00000a12)")
    text = failure(dut_of(late).expect_exact, ["a.b\n", b"?"], timeout=0.1)
    assert text.startswith(
        "expected 'a.b\\n' or b'?' from a script, but 0.1 s passed on the host\nplace: wait"
    )


def test_output_without_end():
    dut = dut_of(*[b"0123456789abcdef" * 4096] * 80)
    text = failure(dut.expect, "x\n")
    assert "did not stop sending" in text and len(text) < 10_000
    assert f"{MOST_BYTES:,}"[:2] in text
    assert len(dut.text) < 3 * KEPT and "bytes left out" in dut.text


def test_a_run_goes_on_whatever_is_sent():
    full = Stop(Reason.OUTPUT, "sent 262,144 bytes that nobody has read")
    dut = dut_of(b"a", full, b"b", 10**9)
    assert dut.run(5 * STEP).reason is Reason.INSTRUCTIONS
    assert (dut.text, dut.instructions) == ("ab", 5 * STEP)
    late = dut_of(full, Stop(Reason.TIME, "has not ended after 0.01 s of the host"))
    assert late.run(5 * STEP).text == "has not ended after 60 s of the host"


def test_a_run_has_its_own_limit_of_time():
    dut = dut_of(b"a", 10**9)
    dut.expect("a", timeout=0.5)
    assert dut.chip.ceiling <= 0.5
    dut.run(STEP)
    assert dut.timeout - 1 < dut.chip.ceiling <= dut.timeout


def test_a_pattern_is_found_in_the_last_bytes_only():
    dut = dut_of(b"early\n" + b"-" * WINDOW + b"late\n")
    dut.expect("late\n")
    with pytest.raises(DeviceFailure):
        dut.expect("early\n")


def test_frames():
    damaged = bytearray(encoded(b"abc"))
    damaged[2] ^= 1
    dut = dut_of(b"text", bytes(damaged), encoded(b"one"), encoded(b"two") + b"after\n", bytes(damaged))
    assert [dut.read_frame(), dut.read_frame()] == [b"one", b"two"]
    dut.expect_exact("after\n")
    assert "a frame with a correct CRC (1 pieces between zero bytes were none)" in failure(dut.read_frame)


def test_power():
    dut = dut_of(b"hello\n", 10**9)
    dut.expect("hello\n")
    dut.power_off()
    assert not dut.chip.is_on
    with pytest.raises(IntegradError, match=r"is switched off; call restart\(\) first"):
        dut.expect("hello\n")
    dut.restart()
    dut.expect("hello\n")
    assert dut.chip.starts == 2


def test_logs_of_tests_have_names_of_their_own():
    assert log_name("tests/test_a.py::test[m0-x y]") == "tests_test_a.py_test_m0-x_y"
    long = [f"{test}[" + 200 * "\u00e4" + "]" for test in ("test_one", "test_two")]
    names = {log_name(name) for name in long}
    assert len(names) == 2 and all(len(name.encode()) <= 150 for name in names)


def test_the_log_has_everything_and_what_failed(tmp_path):
    dut = dut_of(b"one\n", b"x" * (KEPT + 10), b"\nlast\n")
    dut.log = Log(tmp_path / "logs" / "a.log")
    dut.expect("one\n")
    failure(dut.expect, "two")
    dut.log.close()
    text = (tmp_path / "logs/a.log").read_text()
    assert text.startswith("one\nxxx") and "expected 'two' from a script" in text and text.endswith("last")
