"""integrad emulate: measurements, wrong usage and failing firmware."""

import errno
import importlib.util
import json
import re
import shutil
from itertools import product

import numpy as np
import pytest
from digits import fail, run, train, write_npz

import integrad.execute.device_model as device_model
from integrad import files
from integrad.model_file import load_model

GCC = shutil.which("arm-none-eabi-gcc")


def emulate(model, data, *options):
    """The JSON of a run that must succeed."""
    result = run("emulate", model, data, *options, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A model that needs more RAM for training than a small part has, and its data."""
    folder = tmp_path_factory.mktemp("wide")
    data = write_npz(folder / "toy.npz")
    assert train(folder, data, "--epochs", 1, spec="mlp:500,200").exit_code == 0
    return folder / "toy.model", data


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_as_trained_is_what_evaluate_says(toys, name):
    figures = emulate(toys[name], toys["data"])
    evaluated = json.loads(run("evaluate", toys[name], toys["data"], "--json", "-").stdout)
    assert figures["accuracy"] == evaluated["accuracy"]
    assert figures["equal_to_host"] is True and figures["core"] == "m4"
    assert figures["accuracy_after_tuning"] is None and figures["instructions_per_training_step"] is None
    assert figures["weights_crc"] == f"{load_model(toys[name]).network.weights_crc():08x}"


@pytest.mark.parametrize("core", ["m0", "m7", "m55"])
def test_learning_on_several_cores(toys, core):
    figures = emulate(toys["cnn"], toys["data"], "--core", core.upper(), "--tune", 25, "--epochs", 2)
    assert figures["core"] == core and figures["equal_to_host"] is True
    assert figures["weights_crc"] != f"{load_model(toys['cnn']).network.weights_crc():08x}"
    for column in ("macs", "flash_bytes", "ram_bytes", "instructions_per_inference"):
        assert sum(row[column] for row in figures["layers"]) == figures[column] > 0
    steps = [row["instructions_per_training_step"] for row in figures["layers"]]
    assert sum(steps) == figures["instructions_per_training_step"] > 0
    rows = [(row["what"], row["wait_states"]) for row in figures["times"]]
    assert rows == (list(product(("inference", "training step"), (0, 1))) if core == "m0" else [])
    for row in figures["times"]:
        assert row["max_milliseconds"] == round(row["max_cycles"] * 1000 / row["clock_hz"], 4)
        assert row["min_cycles"] > figures[f"instructions_per_{row['what'].replace(' ', '_')}"]
        assert row["min_cycles"] == row["max_cycles"] or row["wait_states"]


@pytest.mark.parametrize("learn", ["output", "last:1", "all"])
def test_learn_sets(toys, learn):
    figures = emulate(toys["cnn"], toys["data"], "--tune", 20, "--epochs", 2, "--learn", learn)
    assert figures["equal_to_host"] is True and 0 <= figures["accuracy_after_tuning"] <= 1
    learning = [row["name"] for row in figures["layers"] if row["learns"]]
    everything = ["block1", "head1", "block2", "head2", "output"]
    assert learning == {"output": ["output"], "last:1": everything[2:], "all": everything}[learn]


def test_tuning_learns_from_a_new_group(tmp_path):
    """Data whose second half has permuted classes, which can be recognised only after learning."""
    rng = np.random.default_rng(3)
    centres = rng.integers(40, 216, (3, 16))
    y = np.arange(240) % 3
    group = np.repeat(["old", "new"], 120)
    x = np.clip(centres[(y + (group == "new")) % 3] + rng.integers(-40, 41, (240, 16)), 0, 255)
    data = tmp_path / "d.npz"
    np.savez(data, x=x.astype(np.uint8), y=y, group=group)
    assert train(tmp_path, data, "--holdout", "group=new", "--epochs", 8).exit_code == 0
    options = ("--only", "group=new", "--tune", 60)
    figures = emulate(tmp_path / "toy.model", data, *options, "--replay", 0)
    assert figures["accuracy"] < 0.3 and figures["accuracy_after_tuning"] > 0.9
    # What is stored by default contradicts the new group here, and slows it down.
    mixed = emulate(tmp_path / "toy.model", data, *options)
    assert mixed["stored"] == 100 and mixed["equal_to_host"] is True
    assert mixed["weights_crc"] != figures["weights_crc"]


def test_repeated_runs_are_identical(toys):
    options = ("--tune", 10, "--epochs", 1, "--seed", 3)
    assert emulate(toys["mlp"], toys["data"], *options) == emulate(toys["mlp"], toys["data"], *options)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_raw_types(tmp_path, dtype):
    data = write_npz(tmp_path / "d.npz", shape=(8, 3), samples=60)
    x = (np.load(data)["x"].astype(np.float64) - 128) / 128
    scale = 1 if dtype == "float32" else np.iinfo(dtype).max - 1
    data = write_npz(tmp_path / "d.npz", shape=(8, 3), samples=60, x=(abs(x) * scale).astype(dtype))
    assert train(tmp_path, data, "--axes", "TC", spec="cnn:c4,d4").exit_code == 0
    assert emulate(tmp_path / "toy.model", data, "--core", "m0", "--tune", 6)["equal_to_host"] is True


def test_text_is_plain_when_it_is_not_for_a_terminal(toys):
    result = run("emulate", toys["mlp"], toys["data"], "--learn", "all")
    assert result.exit_code == 0 and "\x1b" not in result.output and "\r" not in result.output
    assert "same bits as on the host" in result.stdout and "input normalisation" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


@pytest.mark.parametrize(
    "options, status, words",
    [
        (["--core", "m5"], 2, "unknown core 'm5'; known cores: m0, m3, m4, m7, m33, m55"),
        (["--core", "avr"], 2, "--core avr: simavr counts no instructions; `integrad verify --core avr`"),
        (["--learn", "sum"], 2, "learn 'sum': expected none, output, last:K"),
        (["--learn", "last:0"], 2, "expected none, output, last:K"),
        (["--tune", "0"], 2, "'--tune': 0 is not in the range"),
        (["--tune", "60"], 2, "--tune 60: must be less than 60, the number of matching samples"),
        (["--tune", "9", "--learn", "none"], 2, "--tune requires layers that learn: --learn output"),
        (["--only", "grupp=g1"], 2, "has no key 'grupp'; known keys: group"),
        (["--only", "group=g9"], 2, "no sample matches; values of group: g0, g1, g2, g3, g4"),
        (["--learn", "all", "--batch-size", "5000"], 2, "batch size 5000: must be from 1 to 4096"),
        (["--tune", "9", "--learning-rate-inv", "99999999999"], 2, "must be at most"),
        (["--replay", "9"], 2, "--replay 9: requires --tune"),
        (["--tune", "9", "--replay", "9999"], 2, "--replay 9999: must be at most"),
        (["--tune", "9", "--replay", "3", "--batch-size", "1"], 2, "requires a --batch-size of at least 2"),
        (["--json", "/nowhere/e.json"], 2, "the folder does not exist: /nowhere"),
    ],
)
def test_wrong_calls(toys, options, status, words):
    found, line = fail("emulate", toys["mlp"], toys["data"], *options)
    assert found == status and words in line


def test_bad_model_files(toys, tmp_path):
    (tmp_path / "foreign.model").write_text("not a model")
    assert "no such file" in fail("emulate", tmp_path / "none.model", toys["data"])[1]
    status, line = fail("emulate", tmp_path / "foreign.model", toys["data"])
    assert status == 1 and "foreign.model: " in line
    assert "no such file" in fail("emulate", toys["mlp"], tmp_path / "none.npz")[1]


def test_data_that_does_not_suit_the_model(toys, tmp_path):
    shape = fail("emulate", toys["mlp"], write_npz(tmp_path / "s.npz", shape=(4, 7, 1)))[1]
    assert "(4, 7, 1)" in shape and "(4, 6, 1)" in shape
    floats = toys["samples"].astype(np.float32)
    dtype = fail("emulate", toys["mlp"], write_npz(tmp_path / "f.npz", x=floats))[1]
    assert "float" in dtype and "uint8" in dtype
    wider = fail("emulate", toys["mlp"], write_npz(tmp_path / "w.npz", x=toys["samples"].astype(int) + 200))
    assert "uint8" in wider[1]
    classes = fail("emulate", toys["mlp"], write_npz(tmp_path / "c.npz", classes=4))[1]
    assert "does not know the class 3, only 0, 1, 2" in classes


def test_what_does_not_fit_says_what_would_and_is_right(wide):
    model, data = wide
    status, line = fail("emulate", model, data, "--core", "m0", "--learn", "all")
    assert status == 1 and re.search(
        r"does not fit STM32F091RC: RAM needs [\d,]+ bytes, [\d,]+ more than the 32,768 available; ", line
    )
    advice = re.search(r"; --learn (\S+) --batch-size (\d+) or --core (\w+) would fit\b", line)
    less = emulate(model, data, "--core", "m0", "--learn", advice[1], "--batch-size", advice[2])
    larger = emulate(model, data, "--core", advice[3], "--learn", "all")
    assert less["ram_bytes"] <= 32768 < larger["ram_bytes"]


def test_a_part_is_emulated_with_its_memory(toys, wide):
    result = run("emulate", toys["mlp"], toys["data"], "--part", "stm32f072")
    assert result.exit_code == 0 and re.search(r"STM32F072RB has +│ +131,072 │ 16,384", result.stdout)
    status, line = fail("emulate", *wide, "--part", "STM32F072RB", "--learn", "output")
    assert status == 1 and "does not fit STM32F072RB: flash needs" in line
    assert "; --part nRF51822 would fit; --model mlp:250,100, trained anew, would fit as it is" in line
    status, line = fail("emulate", *wide, "--part", "pico", "--core", "m4")
    assert status == 2 and "--core m4: RP2040 has a Cortex-M0+; omit one of the two options" in line


@pytest.fixture
def firmware_of(monkeypatch):
    """firmware_of(old, new): replace text in all session programs from now on."""
    genuine = device_model.emit_firmware

    def mutate(old, new):
        def emit(*arguments, **options):
            files = genuine(*arguments, **options)
            assert old in files["session-main.c"]
            return files | {"session-main.c": files["session-main.c"].replace(old, new)}

        monkeypatch.setattr(device_model, "emit_firmware", emit)

    return mutate


def test_a_firmware_that_hangs(toys, firmware_of):
    firmware_of(
        "static int predict(uint32_t count) {", "static int predict(uint32_t count) {\n    for (;;) {\n    }"
    )
    status, line = fail("emulate", toys["mlp"], toys["data"], "--time-limit", 1)
    assert status == 1 and "the firmware did not end within 1 s" in line


def test_a_firmware_that_faults(toys, firmware_of):
    firmware_of(
        "        integrad_region_begin();", "        __builtin_trap();\n        integrad_region_begin();"
    )
    status, line = fail("emulate", toys["mlp"], toys["data"])
    assert status == 1 and "the firmware faulted: undefined instruction in predict" in line


def test_a_firmware_that_stops(toys, firmware_of):
    firmware_of("    case PREDICT:\n", "    case PREDICT:\n        return UNKNOWN_COMMAND;\n")
    status, line = fail("emulate", toys["mlp"], toys["data"])
    assert status == 1 and "the firmware exited with status 3" in line


def test_a_firmware_that_answers_too_little(toys, firmware_of):
    firmware_of("integrad_write(logits, sizeof logits)", "integrad_write(logits, 1)")
    assert "the firmware returned" in fail("emulate", toys["mlp"], toys["data"])[1]


def test_a_firmware_that_computes_something_else(toys, firmware_of):
    firmware_of(
        "integrad_write(logits, sizeof logits)", "(logits[0]++, integrad_write(logits, sizeof logits))"
    )
    result = run("emulate", toys["mlp"], toys["data"], "--json", "-")
    assert result.exit_code == 1 and "core and host computed different bits" in result.stderr
    assert json.loads(result.stdout)["equal_to_host"] is False


@pytest.fixture
def bare_machine(monkeypatch):
    """A computer without tools: nothing on the path, no ziglang, no unicorn."""
    monkeypatch.setenv("PATH", "/nowhere")
    find, hidden = importlib.util.find_spec, ("ziglang", "unicorn")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name in hidden else find(name, *a)
    )


def test_no_compiler(toys, bare_machine):
    status, line = fail("emulate", toys["mlp"], toys["data"])
    commands = "apt-get install gcc-arm-none-eabi (as root), or pip install 'integrad[emulator]'"
    assert status == 1 and line == f"error: no compiler for Arm is installed; {commands}"


def test_no_emulator(toys, bare_machine, monkeypatch):
    gcc = {"arm-none-eabi-gcc": GCC}
    monkeypatch.setattr(shutil, "which", lambda name, *_, **__: gcc.get(name))
    status, line = fail("emulate", toys["mlp"], toys["data"])
    assert (
        status == 1
        and "no emulator for Cortex-M4 is installed; apt-get install qemu-system-arm (as root)" in line
    )
    assert "pip install 'integrad[emulator]'" in line


def test_pip_alone_is_enough(toys, monkeypatch):
    """ziglang builds and Unicorn runs the firmware if nothing is on the path."""
    monkeypatch.setenv("PATH", "/nowhere")
    figures = emulate(toys["mlp"], toys["data"], "--tune", 10, "--epochs", 1)
    assert figures["equal_to_host"] is True and figures["instructions_per_training_step"] > 0


def test_a_full_disk_leaves_the_old_result(toys, tmp_path, monkeypatch):
    write = files._write_through

    def fill(path, data):
        if data:  # a file of no bytes tells beforehand whether the folder can be written to
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    result = tmp_path / "e.json"
    result.write_text("old")
    monkeypatch.setattr(files, "_write_through", fill)
    status, line = fail("emulate", toys["mlp"], toys["data"], "--json", result)
    assert status == 1 and line.endswith(
        "e.json: cannot be written: No space left on device; the old file is unchanged"
    )
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_help_has_an_example():
    text = run("emulate", "--help").stdout
    assert "integrad emulate digits.model spoken-digits --only speaker=george --tune 100 --learn all" in text


def test_tuning_on_unmarked_data_says_what_the_model_has_seen(tmp_path):
    data = write_npz(tmp_path / "toy.npz", test=False, samples=100)
    assert train(tmp_path, data).exit_code == 0
    result = run("emulate", tmp_path / "toy.model", data, "--tune", 50, "--epochs", 1)
    assert result.exit_code == 0, result.output
    assert "all samples: accuracy on 50 samples" in result.stdout
    assert "note: the model was trained or selected on " in result.stdout
    assert "note:" not in run("emulate", tmp_path / "toy.model", data).stdout
