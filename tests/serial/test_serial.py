"""The serial protocol: commands with generated C at a pseudo-terminal, and a client on an unreliable line."""

import json
import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from serial import Serial
from serial_faults import compare_on_unreliable_line
from serial_program import build, export, make_model, on_terminal

from integrad.boards import c_board
from integrad.build.toolchain import DEVICE
from integrad.cli import describe_error, main
from integrad.model_file import load_model, save_model
from integrad.protocol.client import Client
from integrad.protocol.frames import FrameReader, encoded
from integrad.protocol.messages import HEADER, Kind, RefusedError, What
from integrad.protocol.streams import ProgramStream

INFO = struct.pack("<HBBIIIIHHB", 240, 15, 0x82, 1, 2, 6, 4, 3, 2, 1) + b"name\0build\0all\0\0"
JSON_PAGE = (Path(__file__).parents[2] / "docs/json.md").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A program with a model, the model's file, that of another model, and data."""
    folder = tmp_path_factory.mktemp("serial")
    model = make_model()
    export(folder, model)
    build(folder)
    save_model(model, folder / "m.model")
    save_model(make_model(seed=2), folder / "other.model")
    y = np.repeat(np.arange(3), 20)
    x = np.random.default_rng(0).normal(0, 3000, (60, 12, 12))
    x[:, ::2] += (y[:, None, None] - 1) * 15000
    np.savez(folder / "d.npz", x=x.astype(np.int16), y=np.array([f"class {number}" for number in y]))
    return folder


@pytest.fixture
def device(folder):
    return folder / "device"


def run(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def succeed(*words):
    """The JSON of a command that must succeed: its keys are those of the page about JSON."""
    result = run(*words, "--json", "-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    section = JSON_PAGE.split(f"## integrad {words[0]}\n")[1].split("\n## ")[0]
    assert sorted(found) == sorted(
        {name.split("[")[0] for name in re.findall(r"^\| `([^`]+)` ", section, re.M)}
    )
    return found


def fail(*words):
    """(exit status, message)."""
    result = CliRunner().invoke(main, [str(word) for word in words], standalone_mode=False)
    status, text = describe_error(result.exception)
    assert "\n" not in text
    return status, text


def test_a_life_at_a_port(folder, device, tmp_path):
    """Verified, taught, saved, pulled, tested without losing what it learnt, restarted, forgotten."""
    model, data, learnt = folder / "m.model", folder / "d.npz", tmp_path / "learnt.model"
    with on_terminal(device) as port:
        found = succeed("verify", model, "--port", port, "--steps", 4)
        assert found["equal"] and [row["core"] for row in found["executors"]] == ["host", "port"]
        assert found["executors"][0]["weights_crc"] == found["executors"][1]["weights_crc"]
        assert succeed("install", model, "--port", port)["passed"]
        taught = succeed("tune", model, data, "--port", port, "--count", 24, "--epochs", 8, "--save")
        assert taught["equal_to_host"] and taught["accuracy_after_tuning"] > taught["accuracy"]
        assert taught["save"] == 1
        assert succeed("verify", model, "--port", port, "--steps", 1)["equal"]
        with c_board.connect_c(port) as client:
            client.reset(What.PROGRAM)
        pulled = succeed("pull", model, "--port", port, "--out", learnt)
        assert pulled["weights_crc"] == taught["weights_crc"] and pulled["steps"] == 64
        assert f"{load_model(learnt).network.weights_crc():08x}" == taught["weights_crc"]
        seen = succeed("monitor", model, data, "--port", port)
        assert seen["predictions"] == 60
        assert seen["accuracy"] == pytest.approx(
            json.loads(run("evaluate", learnt, data, "--json", "-").stdout)["accuracy"]
        )
        with c_board.connect_c(port) as client:
            assert client.counters().steps == 64
            client.reset(What.STORE | What.PROGRAM)
            client.begin()
            assert client.read_weights()[1] == 0


def test_own_samples_are_shown_and_collected(folder, device, tmp_path):
    out = tmp_path / "own.npz"
    with on_terminal(device, "own", 10) as port:
        seen = succeed("monitor", folder / "m.model", "--port", port, "--count", 4)
        assert seen["predictions"] == 4 and seen["lost"] == 0 and seen["accuracy"] is None
        words = ("collect", "--model", folder / "m.model", "--port", port, "--count", 6, "--out", out)
        found = succeed(*words)
    assert found["samples"] == 6 and set(found["labels"]) == {"class 0", "class 1"}
    with np.load(out) as data:
        assert data["x"].shape == (6, 12, 12) and data["x"].dtype == np.int16
        first = data["x"].reshape(6, -1)
        assert (np.diff(first) == 1).all() and len(np.unique(first[:, 0])) == 6


def crc_of(model):
    return f"{load_model(model).network.weights_crc():08x}"


def test_one_clear_line(folder, device, tmp_path, monkeypatch):
    monkeypatch.setattr(c_board, "FIRST_PATIENCE", 0.2)
    model, data = folder / "m.model", folder / "d.npz"
    with on_terminal(device, "no-store") as port:
        assert fail("verify", folder / "other.model", "--port", port) == (
            1,
            f"{port}: the device has another model: model, whose CRC-32 is {crc_of(model)} and not "
            f"{crc_of(folder / 'other.model')}; pass the model that was exported",
        )
        assert fail("tune", model, data, "--port", port, "--save") == (
            1,
            f"--save: {port}: the program of the device has no weight store",
        )
        assert fail("tune", model, data, "--port", port, "--batch-size", 4) == (
            1,
            f"--batch-size 4: {port}: the device takes at most 3",
        )
        with Serial(port, exclusive=True):
            busy = 1, f"--port {port}: in use by another program; close it and try again"
            assert fail("verify", model, "--port", port) == busy
            assert fail("monitor", model, "--port", port) == busy
            assert fail("pull", model, "--port", port, "--out", tmp_path / "x") == busy
        words = ("collect", "--model", model, "--port", port, "--out", tmp_path / "x.npz", "--seconds", 0.3)
        status, text = fail(*words)
        assert status == 2 and "reported no samples; its program sends them with NAME_serial_report()" in text
        for words in (("--core", "m4"), ("--micropython",)):
            message = f"{' '.join(words)}: cannot be combined with --port {port}, which runs instead of cores"
            assert fail("verify", model, "--port", port, *words) == (2, message)
    with on_terminal(device, "no-spare") as port:
        with c_board.connect_c(port) as client:
            client.send_sample(0, np.ones((12, 12), np.int16), 1)
            client.learn(1)
        status, text = fail("verify", model, "--port", port)
        assert status == 1 and "cannot take its weights back" in text
    silent, other_end = os.openpty()
    status, text = fail("verify", model, "--port", os.ttyname(other_end))
    assert status == 1 and re.search(r": no answer within [\d.]+ s; connect and reset the board", text)
    os.close(silent)
    os.close(other_end)
    status, text = fail("verify", model, "--port", tmp_path / "none")
    assert status == 1 and "cannot be opened" in text


class Line:
    """A device of another version, or one that answers what it is told to."""

    name = "line"

    def __init__(self, answer):
        self._answer, self._reader, self._waiting = answer, FrameReader(), b""

    def write(self, data):
        for contents in self._reader.take(data):
            self._waiting += self._answer(*HEADER.unpack_from(contents), contents[HEADER.size :])

    def read(self, most, timeout):
        data, self._waiting = self._waiting[:most], self._waiting[most:]
        return data


def test_another_version_says_so():
    line = Line(lambda version, kind, sequence, data: encoded(HEADER.pack(2, 0xFF, sequence)))
    with pytest.raises(Exception, match=r"^line: the device speaks version 2 of the protocol, this program "):
        Client(line).begin()


def test_late_and_foreign_answers_are_ignored():
    """An answer to the request before, one to another kind of request, one of a device of another version."""

    def answers(version, kind, sequence, data):
        if kind == Kind.INFO:
            return encoded(HEADER.pack(1, kind + 0x80, sequence) + b"\0" + INFO)
        heads = [(1, kind + 0x80, sequence - 1), (1, kind + 0x7F, sequence), (2, kind + 0x80, sequence)]
        wrong = [encoded(HEADER.pack(*head) + b"\0" + struct.pack("<5I", *range(5))) for head in heads]
        right = encoded(HEADER.pack(1, kind + 0x80, sequence) + b"\0" + struct.pack("<5I", *[sequence] * 5))
        return b"".join(wrong) + right

    client = Client(Line(answers))
    client.begin()
    first, second = client.counters(), client.counters()
    assert first.frames == first.steps and second.frames == (first.frames + 1) % 65536


def ask(stream, frame, seconds=0.5):
    """All frames that come back."""
    reader = FrameReader()
    stream.write(frame)
    data = stream.read(4096, seconds)
    return reader.take(data)


def test_requests_that_a_device_refuses(device):
    """Version, order, repetition, sizes and ranges; nothing of it changes the weights."""
    with ProgramStream([str(device)]) as stream:
        request = lambda kind, sequence, data=b"", version=1: (  # noqa: E731
            ask(stream, encoded(HEADER.pack(version, kind, sequence) + data))
        )
        assert request(Kind.LEARN, 5) == [bytes([1, 0x84, 5, 0, 3])]  # nobody has begun
        assert request(Kind.INFO, 5, version=9) == [bytes([1, 0xFF, 5, 0])]
        assert request(Kind.INFO, 7)[0][:5] == bytes([1, 0x81, 7, 0, 0])
        assert request(0x84, 8) == [] and request(0xC0, 8) == []  # not from a host
        refused = {
            (Kind.SAMPLE, bytes(6)): 2,
            (Kind.SAMPLE, bytes([1, 0, 0, 0, 0, 0, 0])): 4,  # a slot before its predecessor
            (Kind.SAMPLE, bytes([0, 0, 0, 9, 0, 0, 0, 1])): 4,  # not where the last part ended
            (Kind.PREDICT, bytes(4)): 4,  # no sample
            (Kind.PREDICT, bytes(3)): 2,
            (Kind.LEARN, bytes([1, 0, 0])): 4,
            (Kind.LEARN, bytes([1, 0, 1])): 2,
            (Kind.READ, b"\xff" * 6): 4,
            (Kind.READ, bytes([0, 0, 0, 0, 240, 0])): 4,  # more than a frame holds
            (Kind.WRITE, b"\xff\xff\xff\xff\1"): 4,
            (Kind.APPLY, bytes(20)): 5,
            (Kind.APPLY, bytes(19)): 2,
            (Kind.RESET, b"\0"): 4,
            (Kind.RESET, b"\x08"): 4,
            (12, b""): 1,
            (0, b""): 1,
        }
        client = Client(stream, wait=0.2)
        before = client.read_weights()
        sequence = 100
        request(Kind.INFO, sequence)
        for (kind, data), status in refused.items():
            sequence += 1
            answer = request(kind, sequence, data)
            assert [part[4] for part in answer] == [status], (kind, data)
            assert request(kind, sequence, data) == answer
        assert request(Kind.SAVE, sequence)[0][4] == 3  # the same number for another request
        assert request(Kind.LEARN, sequence + 2, bytes(3))[0][4] == 3  # one is missing
        client.begin()
        assert client.read_weights() == before


def test_a_step_is_taken_once_however_often_it_is_asked_for(device):
    """The device is slower than the patience of the client, who repeats the request meanwhile."""
    with ProgramStream([str(device), "slow", "120"]) as stream:
        client = Client(stream, wait=0.03)
        client.send_sample(0, np.ones((12, 12), np.int16), 1)
        client.learn(1)
        client.learn(1)
        assert client.repeats >= 2
        assert client.counters().steps == client.read_weights()[1] == 2


def test_weights_are_replaced_whole_or_not_at_all(device):
    with ProgramStream([str(device)]) as stream:
        client = Client(stream, wait=0.2)
        weights, _ = client.read_weights()
        info, other = client.info, b"\1" * len(weights)
        client.request(Kind.WRITE, bytes(4) + other[:100])
        for crcs in ((1, info.layout), (info.model, 1), (info.model, info.layout)):
            with pytest.raises(RefusedError):
                fields = (*crcs, len(weights), zlib.crc32(other), 0)
                client.request(Kind.APPLY, b"".join(field.to_bytes(4, "little") for field in fields))
            assert client.read_weights()[0] == weights
        client.write_weights(other, 77)
        assert client.read_weights() == (other, 77)


def test_a_device_that_restarts_is_noticed(device):
    with ProgramStream([str(device)]) as stream:
        client = Client(stream, wait=0.2)
        client.send_sample(0, np.ones((12, 12), np.int16), 1)
        client.request(Kind.RESET, bytes([What.PROGRAM]))
        with pytest.raises(RefusedError, match="because it was restarted"):
            client.learn(1)


def test_no_wrong_answer_on_an_unreliable_line(folder, device):
    """Everything agrees with NumPy, and the requests are those of a conversation that was not disturbed."""
    found = compare_on_unreliable_line(load_model(folder / "m.model"), device, frames=700, seed=1)
    assert found["frames"] >= 700 and found["repeats"] > 30


SABOTAGE = {
    "a CRC that is not checked": ("frame.c", {"whole && crc_is_right(f)": "whole && (crc_is_right(f) || 1)"}),
    "repeated requests that are carried out": (
        "serial.c",
        {"is_again && s->stored_count > 0 &&": "0 &&", "(is_again && changes_nothing(kind))": "is_again"},
    ),
}


@pytest.mark.parametrize("fault", SABOTAGE)
def test_sabotage_is_noticed(folder, tmp_path, fault):
    name, mistakes = SABOTAGE[fault]
    for path in (*folder.glob("*.[ch]"), *(folder / "integrad").rglob("*.[ch]")):
        target = tmp_path / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        if path.name == name:
            for old, new in mistakes.items():
                assert text.count(old) == 1
                text = text.replace(old, new)
        target.write_text(text)
    program = build(tmp_path)
    with pytest.raises((AssertionError, RefusedError)):
        compare_on_unreliable_line(load_model(folder / "m.model"), program, frames=700, seed=1)


LONG = "a_name_of_forty_characters_for_one_model"


@pytest.mark.parametrize("learn, name", [("all", "wand"), ("none", LONG)])
def test_exported_files(folder, tmp_path, learn, name):
    """They are formatted, and usable from C++; their header says how they were made."""
    words = ("export", folder / "m.model", "--learn", learn, "--name", name, "--out", tmp_path)
    assert run(*words, "--serial").exit_code == 0
    own = [tmp_path / f"{name}_serial.{ending}" for ending in "hc"]
    shared = [tmp_path / f"integrad/{file}" for file in ("serial.h", "serial.c", "frame.h", "frame.c")]
    for path in shared:
        assert path.read_text() == (DEVICE / "serial" / path.name).read_text()
    assert re.search(r"--serial\b", (tmp_path / f"{name}.h").read_text())
    format_like = f"--style=file:{DEVICE.parent / '.clang-format'}"
    tool = Path(sys.executable).parent / "clang-format"
    if name != LONG:  # whose lines become longer than a formatter wants them
        subprocess.run([tool, "--dry-run", "--Werror", format_like, *own], check=True)
    (tmp_path / "x.cpp").write_text(f'#include "{name}_serial.h"\n')
    check = ("-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{tmp_path}")
    subprocess.run(["g++", "-std=c++11", *check, tmp_path / "x.cpp"], check=True)
    subprocess.run(["gcc", "-std=c99", *check, "-Wconversion", "-Wshadow", own[1]], check=True)


def test_only_c_is_exported_so(folder, tmp_path):
    words = ("export", folder / "m.model", "--target", "micropython", "--serial", "--out", tmp_path / "x")
    status, text = fail(*words)
    assert status == 2 and text.startswith("--serial requires --target c")
