"""integrad verify: equal CRCs of all executors, and detection of mistakes in any of them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from digits import fail, run, train, write_npz

import integrad.execute.device_model as device_model
from integrad.execute.verification import random_actions
from integrad.learners.schedule import Schedule
from integrad.model_file import load_model
from integrad.targets.cores import CORES


def verify(model, *options):
    """(exit status, JSON) of a run with few steps."""
    result = run("verify", model, "--steps", 3, *options, "--json", "-")
    assert "Traceback" not in result.output
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_every_executor_holds_the_same_bits(toys, name):
    status, figures = verify(toys[name])
    assert status == 0 and figures["equal"] is True
    rows = figures["executors"]
    assert [row["core"] for row in rows] == ["host", "host", *CORES]
    assert len({(row["outputs_crc"], row["weights_crc"], row["error"]) for row in rows}) == 1
    assert rows[0]["weights_crc"] != f"{load_model(toys[name]).network.weights_crc():08x}"


def test_no_steps_leave_the_weights(toys):
    result = run("verify", toys["mlp"], "--core", "m3", "--steps", 0, "--json", "-")
    crcs = {row["weights_crc"] for row in json.loads(result.stdout)["executors"]}
    assert result.exit_code == 0 and crcs == {f"{load_model(toys['mlp']).network.weights_crc():08x}"}


def test_the_seed_draws_the_samples(toys, tmp_path):
    device = device_model.DeviceModel.generate(load_model(toys["mlp"]), tmp_path, "all", 4)

    def session(seed):
        return device.session(random_actions(device, 2, Schedule(64), seed)).encode()

    assert session(1) == session(1) != session(2)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "int32", "float64"])
def test_raw_types(tmp_path, dtype):
    limit = 1 if dtype == "float64" else np.iinfo(dtype).max
    x = np.random.default_rng(0).random((60, 7)) * limit
    data = write_npz(tmp_path / "d.npz", samples=60, x=x.astype(dtype))
    assert train(tmp_path, data).exit_code == 0
    assert verify(tmp_path / "toy.model", "--core", "m0")[0] == 0


def test_text(toys):
    result = run("verify", toys["mlp"], "--core", "m4", "--steps", 1)
    assert result.exit_code == 0
    assert "all executors computed the same bits" in result.stdout and "differs" not in result.stdout


@pytest.fixture
def emit(monkeypatch):
    """emit(file, old, new): replace text in a generated file from now on."""
    genuine = device_model.emit_firmware

    def mutate(name, old, new):
        def emit(*arguments, **options):
            files = genuine(*arguments, **options)
            assert old in files[name]
            return files | {name: files[name].replace(old, new)}

        monkeypatch.setattr(device_model, "emit_firmware", emit)

    return mutate


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("integrad/nitro.h", "INTEGRAD_TARGET = 32 ", "INTEGRAD_TARGET = 31 "),
        ("model.c", "learning_rate_inv * AMPLIFICATION", "learning_rate_inv * (AMPLIFICATION - 1)"),
    ],
)
def test_sabotage_is_noticed(toys, emit, file, old, new):
    emit(file, old, new)
    result = run("verify", toys["mlp"], "--core", "m4", "--steps", 20)
    assert result.exit_code == 1
    assert result.stdout.count("differs") == 2 and "the executors differ" in result.stdout


def test_a_core_that_is_too_small_does_not_hide_the_others(toys, monkeypatch):
    small = replace(CORES["m3"], machine=replace(CORES["m3"].machine, ram_bytes=4608))
    monkeypatch.setattr("integrad.cli.verify.CORES", {"m3": small, "m4": CORES["m4"]})
    status, figures = verify(toys["cnn"])
    *host, m3, m4 = figures["executors"]
    assert status == 1 and figures["equal"] is False
    assert m3["outputs_crc"] is None and m3["weights_crc"] is None
    assert m3["error"].startswith("does not fit the emulated machine: RAM needs ")
    assert [row["error"] for row in (*host, m4)] == [None] * 3
    assert len({row["weights_crc"] for row in (*host, m4)}) == 1


def test_a_chip_that_is_too_small_is_left_out(toys, monkeypatch):
    """Unless it was asked for."""
    avr = CORES["avr"]
    small = {"machine": replace(avr.machine, ram_bytes=2048), "part": replace(avr.part, ram_bytes=2048)}
    monkeypatch.setitem(CORES, "avr", replace(avr, **small))
    monkeypatch.setattr("integrad.cli.verify.CORES", {name: CORES[name] for name in ("m4", "avr")})
    result = run("verify", toys["cnn"], "--steps", 1)
    assert result.exit_code == 0 and "all executors computed the same bits" in result.stdout
    assert "left out: AVR: the model does not fit ATmega2560: RAM needs " in result.stdout
    status, figures = verify(toys["cnn"], "--core", "avr")
    assert status == 1
    assert figures["executors"][-1]["error"].startswith("does not fit the emulated machine: RAM needs ")


def test_an_array_that_is_too_large_for_a_chip_is_no_failure(tmp_path, monkeypatch):
    """Unless the chip was asked for."""
    data = write_npz(tmp_path / "d.npz", shape=(9,), samples=60)
    assert train(tmp_path, data, out="wide.model", spec="mlp:2000").exit_code == 0
    monkeypatch.setattr("integrad.cli.verify.CORES", {name: CORES[name] for name in ("m4", "avr")})
    result = run("verify", tmp_path / "wide.model", "--steps", 1)
    assert result.exit_code == 0 and "all executors computed the same bits" in result.stdout
    too_large = "block1 is larger than an array may be on this processor"
    assert f"left out: AVR: the model does not fit ATmega2560: {too_large}" in result.stdout
    status, figures = verify(tmp_path / "wide.model", "--core", "avr")
    assert status == 1
    assert figures["executors"][-1]["error"] == f"the network does not fit ATmega2560: {too_large}"


def test_a_firmware_that_hangs(toys, emit):
    emit(
        "session-main.c",
        "static int send_weights(void) {",
        "static int send_weights(void) {\n    for (;;) {\n    }",
    )
    status, figures = verify(toys["mlp"], "--core", "m4", "--time-limit", 1)
    assert status == 1 and figures["equal"] is False
    assert [row["error"] for row in figures["executors"]] == [
        None,
        "session did not end within 1 s",
        "the firmware did not end within 1 s",
    ]


def test_what_is_missing_is_a_row(toys, monkeypatch):
    monkeypatch.setattr("integrad.cli.verify.CORES", {core: CORES[core] for core in ("m33", "m55")})
    monkeypatch.setenv("PATH", "/nowhere")
    result = run("verify", toys["mlp"], "--steps", 1, "--json", "-")
    errors = {row["core"]: row["error"] for row in json.loads(result.stdout)["executors"]}
    assert result.exit_code == 1 and errors["m33"] is None
    assert errors["host"] == "host compiler gcc is not installed; apt-get install gcc (as root)"
    assert errors["m55"].endswith("apt-get install qemu-system-arm (as root)")
    assert "2 of 4 executors did not run; the others computed the same bits" in result.stderr


@pytest.mark.parametrize(
    "options, words",
    [
        (["--core", "m1"], "unknown core 'm1'; known cores: m0, m3, m4, m7, m33, m55"),
        (["--steps", "-1"], "'--steps': -1 is not in the range"),
        (["--batch-size", "9999"], "batch size 9999: must be from 1 to 4096"),
        (["--json", "/nowhere/v.json"], "the folder does not exist: /nowhere"),
    ],
)
def test_wrong_calls(toys, options, words):
    status, line = fail("verify", toys["mlp"], *options)
    assert status == 2 and words in line


def test_bad_model_files(toys, tmp_path):
    assert "no such file" in fail("verify", tmp_path / "none.model")[1]
    status, line = fail("verify", toys["data"])
    assert status == 1 and "toy.npz: " in line


def test_help_has_an_example():
    assert "integrad verify digits.model --core all --steps 50" in run("verify", "--help").stdout
