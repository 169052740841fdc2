"""What Model saves: power cuts at every operation on its files, the format, generated C that goes on."""

import shutil
import struct
import subprocess
import types
import zlib
from pathlib import Path

import numpy as np
import pytest
from backends import run_script
from exports import MODEL, export, import_from, other_model
from file_power_cuts import Saves, try_all

from integrad.boards.learnt_file import learnt_file
from integrad.boards.store_image import model_of, saves_in
from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import WARNINGS
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import weights_file

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "device/store/memories"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An export, and the weights of another model with the same layout."""
    folder = tmp_path_factory.mktemp("saves")
    export(folder)
    (folder / "other.weights").write_bytes(weights_file(*other_model()))
    shutil.copy(HERE / "file_power_cuts.py", folder)
    return folder


@pytest.fixture
def toy(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for path in folder.glob("learnt*"):
        path.unlink()
    return import_from(folder, monkeypatch)


def cuts_of(module, folder, depth=1, names=None):
    contents = [(folder / name).read_bytes() for name in ("toy.weights", "other.weights")]
    return try_all(module, *contents, depth, names)


def test_no_cut_loses_what_was_learnt(folder, toy):
    cuts, states = cuts_of(toy, folder)
    assert cuts > 8000 and states > 700
    cuts, states = cuts_of(toy, folder, 2, ["unconfirmed and .old"])
    assert cuts > 6000 and states > 200


def test_nor_in_micropython(folder, toy):
    starts = ["path and .old", "unconfirmed .new and .old", "amid the first new save", "written by C"]
    cuts, states = cuts_of(toy, folder, 1, starts)
    done = run_script(folder, "file_power_cuts.py", arguments=["1", *starts])
    assert done == f"{cuts} cuts, {states} states\n"


def test_every_flipped_bit_is_noticed(folder, toy):
    contents = [(folder / name).read_bytes() for name in ("toy.weights", "other.weights")]
    assert Saves(toy, *contents).flip_bits() > 2000


SABOTAGE = {
    "no sync": ("file.flush()\n        _sync()\n        _put", "file.flush()\n        _put"),
    "the only complete file overwritten": ('if kept == path + ".new":', "if False:"),
    "the save of before removed": ('in_place(path, kept == path + ".old")', "in_place(path, False)"),
    "no save of before": ("os.rename(path, old)", "os.remove(path)"),
    "checksum ignored": ("_check_part(size, fields[4], crc, fields[5])", "pass"),
    "confirmation ignored": ("if fields[8] & 1:", "if False:"),
    "sequence ignored": ("if not best or found[1] > best[1]:", "if not best:"),
    "another model's loaded": ("if fields[3] not in self._origins:", "if False:"),
    "written in place": ('open(path + ".new", "wb")', 'open(path, "wb")'),
}


@pytest.mark.parametrize("mistake", SABOTAGE)
def test_mistakes_are_noticed(mistake, folder, toy):
    right, wrong = SABOTAGE[mistake]
    text = Path(toy.__file__).read_text()
    assert text.count(right) == 1
    module = types.ModuleType("toy")
    exec(text.replace(right, wrong), module.__dict__)
    with pytest.raises((AssertionError, OSError)):
        cuts_of(module, folder)


def test_a_save_has_the_format_of_the_weight_store(toy, folder):
    model = toy.Model("toy.weights")
    for label in range(3):
        model.train_step(bytes(72), label)
    model.train(bytes(5 * 72), bytes(5))  # two batches
    model.save("learnt")
    model.save("learnt", confirmed=False)
    data = (folder / "learnt").read_bytes()
    (save,) = saves_in(data)
    assert (save.sequence, save.steps, save.state, save.unit) == (2, 5, "unconfirmed", 64)
    assert save.weights == bytes(model.weights) == data[128:]
    learnt, learn = model_of(MODEL, save, "learnt")
    assert learn == "last:1" and learnt.network.weights_crc() != MODEL.network.weights_crc()
    model.confirm("learnt")
    model.confirm("learnt")
    assert learnt_file(MODEL, (folder / "learnt").read_bytes(), "learnt").sequence == 2


def test_the_version_of_an_update_is_kept(toy, folder):
    """Otherwise, generated C would install an earlier update again."""

    def header(version, confirmed):
        fields = (folder / "learnt").read_bytes()[:32] + struct.pack("<III", not confirmed, version, 0)
        return fields + struct.pack("<I", zlib.crc32(fields))

    model = toy.Model("toy.weights")
    model.save("learnt")
    whole = (folder / "learnt").read_bytes()
    for version, confirmed in ((7, True), (9, False)):
        (folder / "learnt").write_bytes(header(version, confirmed) + whole[48:])
        model.save("learnt")
        (save,) = saves_in((folder / "learnt").read_bytes())
        assert (save.update, save.state) == (7, "intact")


def test_only_the_last_save_of_a_model_is_confirmed(toy):
    """Not one whose weights this program may never have used."""
    model = toy.Model("toy.weights")
    model.save("learnt")
    model.save("learnt", confirmed=False)
    again = toy.Model("toy.weights")
    for loaded in (again, model):
        assert loaded.load("learnt") == "learnt.old"
        with pytest.raises(ValueError, match="learnt: not the last save of this Model"):
            loaded.confirm("learnt")
    model.save("learnt", confirmed=False)
    again.save("learnt", confirmed=False)
    with pytest.raises(ValueError, match="learnt: not the last save of this Model"):
        model.confirm("learnt")
    again.confirm("learnt")
    assert model.load("learnt") == "learnt"


PROGRAM = """
#include <stdio.h>
#include "posix_file.c"
#include "toy_store.h"

int main(int count, char **words) {
    static toy_weights weights;
    static uint8_t buffer[UNIT];
    integrad_store_info info = {0, 0, 0, 0};
    int file = open(words[count - 1], O_RDWR);
    const integrad_store store = file_store(&file, buffer);
    printf("%d", toy_load(&weights, &info, &store));
    printf(" %u %u", (unsigned)info.sequence, (unsigned)info.steps);
    weights.output[0][0]++;
    printf(" %d", toy_save(&info, &store, &weights, info.steps + 1));
    weights.output[0][0]++;
    return toy_save_unconfirmed(&info, &store, &weights, info.steps + 1);
}
"""


def test_generated_c_goes_on_and_back(toy, folder, tmp_path):
    plan = make_plan(MODEL.network, "toy", "last:1", 3, MODEL.constants)
    write_files(emit_c(MODEL, plan), tmp_path)
    (tmp_path / "main.c").write_text(PROGRAM)
    names = ("main.c", "toy_weights.c", "integrad/store.c", "integrad/checksum.c")
    words = ["gcc", "-std=c99", "-D_POSIX_C_SOURCE=200809L", *WARNINGS, *SANITIZERS, f"-I{tmp_path}"]
    words += [f"-I{EXAMPLES}", *(tmp_path / name for name in names), "-o", tmp_path / "program"]
    built = subprocess.run(words, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr

    def go_on():
        done = subprocess.run([tmp_path / "program", folder / "learnt"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    model = toy.Model("toy.weights")
    model.train_step(bytes(72), 1)
    model.save("learnt")
    weights = np.frombuffer(bytes(model.weights), "<i2").copy()
    weights[-MODEL.network.output.weights.size] += 1
    assert go_on() == "0 1 1 0"
    data = (folder / "learnt").read_bytes()
    assert [save.state for save in saves_in(data)] == ["intact", "unconfirmed"]  # the slots of 2 and 3
    model = toy.Model("toy.weights")
    assert model.load("learnt") == "learnt" and model.steps == 2
    assert bytes(model.weights) == weights.tobytes()
    assert learnt_file(MODEL, data, "learnt").sequence == 2
    model.train_step(bytes(72), 2)
    model.save("learnt")
    assert go_on() == "0 4 3 0"
