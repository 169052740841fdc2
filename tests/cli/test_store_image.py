"""integrad store: what a device saved, in an image of its memory."""

import json
import subprocess

import numpy as np
import pytest
from digits import run
from stored_images import slot

from integrad.boards.store_image import saves_in
from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import WARNINGS
from integrad.model_file import load_model
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan

PROGRAM = """
#include <stdio.h>
#include <string.h>
#include "toy_store.h"

enum { SLOT = 4096, BEGIN = 100 };
static uint8_t memory[BEGIN + 3 * SLOT], buffer[256];

static int read_memory(void *bytes, uint32_t address, uint32_t count, void *context) {
    (void)context;
    memcpy(bytes, memory + BEGIN + address, count);
    return 0;
}

static int program_memory(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    memcpy(memory + BEGIN + address, bytes, count);
    return 0;
}

int main(void) {
    const integrad_store store = {.read = read_memory, .program = program_memory, .slots = 3,
                                  .slot_size = SLOT, .erase_size = SLOT, .program_size = 256,
                                  .erased_value = 0xFF, .buffer = buffer, .buffer_size = sizeof buffer};
    toy_weights weights = toy_initial_weights;
    for (uint32_t i = 1; i <= 2; i++) {
        weights.output[0][0] = (int16_t)(100 * i);
        if (toy_save(NULL, &store, &weights, 10 * i) != 0) {
            return 1;
        }
    }
    if (toy_save_unconfirmed(NULL, &store, &weights, 30) != 0) {
        return 2;
    }
    return fwrite(memory, 1, sizeof memory, stdout) == sizeof memory ? 0 : 3;
}
"""


@pytest.fixture(scope="module")
def image(toys, tmp_path_factory):
    """A copy of the memory of a program that saved three times, the last time without confirmation."""
    folder = tmp_path_factory.mktemp("image")
    model = load_model(toys["cnn"])
    files = emit_c(model, make_plan(model.network, "toy", "last:1", 4, model.constants))
    write_files(files, folder)
    (folder / "main.c").write_text(PROGRAM)
    names = ("main.c", "toy_weights.c", "integrad/store.c", "integrad/checksum.c")
    words = ["gcc", "-std=c99", *WARNINGS, *SANITIZERS, f"-I{folder}", *(folder / name for name in names)]
    built = subprocess.run([*words, "-o", folder / "program"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([folder / "program"], capture_output=True)
    assert done.returncode == 0, done.stderr
    (folder / "flash.bin").write_bytes(done.stdout)
    return folder / "flash.bin"


def test_the_saves_of_a_program(image, toys, tmp_path):
    out = tmp_path / "learnt.model"
    result = run("store", image, "--model", toys["cnn"], "--out", out, "--json", "-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    keys = ("sequence", "address", "state", "steps")
    assert [tuple(save[key] for key in keys) for save in found["saves"]] == [
        (1, 100, "intact", 10),
        (2, 100 + 4096, "intact", 20),
        (3, 100 + 8192, "unconfirmed", 30),
    ]
    assert found["sequence"] == 2
    before, after = load_model(toys["cnn"]).network, load_model(str(out)).network
    expected = before.arrays()["output.weights"].copy()
    expected[0, 0] = 200
    assert np.array_equal(after.arrays()["output.weights"], expected)
    assert np.array_equal(after.arrays()["block1.weights"], before.arrays()["block1.weights"])
    assert f"{after.weights_crc():08x}" == found["weights_crc"]
    assert "--learn last:1" in result.stderr
    earlier = run("store", image, "--model", toys["cnn"], "--out", out, "--sequence", 1)
    assert earlier.exit_code == 0, earlier.output
    assert load_model(str(out)).network.arrays()["output.weights"][0, 0] == 100


@pytest.mark.parametrize("unit", [1, 3, 8, 32, 200, 256])
def test_any_program_unit(unit):
    weights = np.random.default_rng(unit).integers(0, 256, 300, np.uint8).tobytes()
    slots = [
        slot(weights, 7, unit=unit, erased=0),
        slot(weights, 8, unit=unit, flags=1, confirmed=True),
        slot(weights, 9, unit=unit, flags=1),
    ]
    found = saves_in(b"?" * 5 + b"".join(part.ljust(1024, b"\0") for part in slots))
    assert [save.state for save in found] == ["intact", "intact", "unconfirmed"]
    assert [save.address for save in found] == [5, 1029, 2053]
    assert all(save.weights == weights for save in found)


def test_damage_is_named():
    """Of 300 flipped bits of the weights or the header, none leaves the save intact."""
    whole = slot(bytes(range(200)), 1)
    for bit in range(0, 8 * len(whole), 7):
        image = bytearray(whole)
        image[bit // 8] ^= 1 << bit % 8
        assert all(save.state == "damaged" for save in saves_in(bytes(image))) or 8 * 48 <= bit < 8 * 56


WRONG = {
    "nothing": (b"\xff" * 5000, [], "no save of a weight store"),
    "cut off": (slot(bytes(64), 1)[:40], [], "no save of a weight store"),
    "another model": (slot(bytes(64), 1), ["--model", "{cnn}"], "save 1: made for another model"),
    "no such save": (slot(bytes(64), 1), ["--model", "{cnn}", "--sequence", 5], "--sequence 5: "),
    "no model": (slot(bytes(64), 1), ["--out", "x.model"], "require --model"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_clear_line(name, toys, tmp_path):
    image, options, message = WRONG[name]
    (tmp_path / "flash.bin").write_bytes(image)
    words = [str(option).format(**toys) for option in options]
    result = run("store", tmp_path / "flash.bin", *words)
    assert result.exit_code == (2 if name in ("no model", "no such save") else 1)
    assert message in result.stderr and result.stderr.count("\n") <= 2, result.stderr


def test_a_damaged_save_is_not_written(toys, tmp_path):
    model = load_model(toys["cnn"])
    whole = bytearray(slot(bytes(64), 1, model=model.network.weights_crc()))
    whole[60] ^= 1
    (tmp_path / "flash.bin").write_bytes(whole)
    result = run("store", tmp_path / "flash.bin", "--model", toys["cnn"], "--out", tmp_path / "x.model")
    assert result.exit_code == 1 and "save 1" in result.stderr
    assert not (tmp_path / "x.model").exists()
    missing = run("store", tmp_path / "missing.bin")
    assert missing.exit_code == 1 and "missing.bin: cannot be read: No such file" in missing.stderr
