"""integrad export: files that compile and behave as documented, correct figures, and wrong usage."""

import errno
import json
import re
import shutil

import pytest
from digits import fail, run, train, write_npz

from integrad.emulate.faults import FirmwareError
from integrad.execute import device_model
from integrad.model_file import load_model


def export(model, out, *options):
    """The JSON of a run that must succeed."""
    result = run("export", model, "--out", out, *options, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def contents(folder):
    """Path → bytes of every file in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_batch_size_without_learning_is_noted(toys, tmp_path):
    assert (
        "note: --batch-size has no effect"
        in run("export", toys["mlp"], "--out", tmp_path, "--batch-size", 6).stderr
    )
    learning = run("export", toys["mlp"], "--out", tmp_path, "--batch-size", 6, "--learn", "output")
    assert "note:" not in learning.stderr


@pytest.mark.parametrize("learn", ["none", "output", "last:1", "all"])
def test_figures(toys, tmp_path, learn):
    figures = export(toys["cnn"], tmp_path, "--learn", learn, "--batch-size", 6)
    header = (tmp_path / "cnn.h").read_text()
    stores = ("_store.h",) if learn != "none" else ()
    own = [str(tmp_path / f"cnn{name}") for name in (".h", ".c", "_weights.c", *stores)]
    assert figures["files"][: len(own)] == own
    assert {str(path) for path in tmp_path.rglob("integrad/**/*.[ch]")} == set(figures["files"][len(own) :])
    assert figures["learn"] == learn and figures["batch_size"] == (0 if learn == "none" else 6)
    layers = figures["layers"]
    assert sum(row["macs"] for row in layers) == figures["macs"] == 4 * 9 * 24 + 24 * 8 + 8 * 3
    assert sum(row["weights_bytes"] for row in layers) == figures["weights_flash_bytes"]
    assert sum(row["weights_bytes"] for row in layers if row["learns"]) == figures["weights_ram_bytes"]
    assert f"CRC-32 {figures['weights_crc']}" in header
    for key in ("weights_flash_bytes", "inference_scratch_bytes"):
        assert re.search(rf" \*   .* {figures[key]:,}\n", header)
    assert [row["activation_bytes"] for row in layers if row["name"] == "block1"] == [4 * 24]


def test_the_header_says_how_it_was_made(toys, tmp_path):
    export(toys["mlp"], tmp_path / "a folder", "--name", "toy_1", "--learn", "output")
    header = (tmp_path / "a folder/toy_1.h").read_text()
    words = " ".join(re.sub(r"^ \*", "", header, flags=re.M).split())
    command = "integrad export mlp.model --target c --learn output --batch-size 10 --name toy_1 --out"
    assert command in words and f"'{tmp_path / 'a folder'}'" in words
    record = load_model(toys["mlp"]).training
    assert record["data_sha256"] in words
    assert f"mlp:12,8, {record['epochs']} epochs, seed 0, accuracy {record['test_accuracy']:.2%}" in words
    assert max(map(len, header.splitlines())) <= 100


def test_equal_calls_give_equal_files(toys, tmp_path):
    for _ in range(2):
        export(toys["cnn"], tmp_path, "--learn", "all")
        texts = contents(tmp_path)
    export(toys["cnn"], tmp_path, "--learn", "all")
    assert texts == contents(tmp_path)


@pytest.mark.parametrize(
    "stem, prefix",
    [
        ("int", "int_model"),
        ("2 Wände", "model_2_w_nde"),
        ("pool1", "pool1_model"),
        ("integrad_wand", "model_integrad_wand"),
    ],
)
def test_any_file_name_gives_a_usable_prefix(toys, tmp_path, stem, prefix):
    model = tmp_path / f"{stem}.model"
    shutil.copy(toys["mlp"], model)
    result = run("export", model, "--out", tmp_path / "out")
    assert result.exit_code == 0 and (tmp_path / f"out/{prefix}.h").is_file()
    note = f"note: named {prefix}, since {stem} is reserved; --name chooses another\n"
    assert (note in result.stdout) == ("reserved" in result.stdout) == (stem in prefix)


@pytest.mark.parametrize(
    "options, status, words",
    [
        (["--learn", "last:x"], 2, "learn 'last:x': expected none, output, last:K"),
        (["--learn", "last:9"], 2, "learn 'last:9': the network has 2 blocks; the largest is last:2"),
        (["--learn", "all", "--batch-size", "5000"], 2, "batch size 5000: must be from 1 to 4096"),
        (["--learn", "all", "--batch-size", "0"], 2, "'--batch-size': 0 is not in the range"),
        (["--name", "Toy"], 2, "name 'Toy': must consist of 1 to 40 lower-case letters, digits and _"),
        (["--name", "a" * 41], 2, "must consist of 1 to 40 lower-case letters"),
        (["--name", "while"], 2, "name 'while': is a keyword, header or module of C, Python or"),
        (["--name", "stdint"], 2, "choose another --name"),
        (["--core", "m1"], 2, "unknown core 'm1'; known cores: m0, m3, m4, m7, m33, m55"),
        (
            ["--core", "m4", "--part", "rp2040"],
            2,
            "--core m4: RP2040 has a Cortex-M0+; omit one of the two options",
        ),
        (["--target", "rust"], 2, "'rust' is not one of 'c', 'micropython'"),
    ],
)
def test_wrong_calls(toys, tmp_path, options, status, words):
    found, line = fail("export", toys["mlp"], "--out", tmp_path / "out", *options)
    assert found == status and words in line and not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(toys, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/below"):
        status, line = fail("export", toys["mlp"], "--out", tmp_path / out)
        assert status == 1 and line.startswith(f"error: --out {tmp_path / out}: ")
        assert ("is a file, expected a folder" in line) == (out == "file")
    (tmp_path / "out/mlp.c").mkdir(parents=True)
    status, line = fail("export", toys["mlp"], "--out", tmp_path / "out")
    assert status == 1 and line.endswith("mlp.c: is a folder, not a regular file")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mlp.c"]


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_full_disk_leaves_the_old_files(toys, tmp_path, monkeypatch, written):
    import integrad.files

    export(toys["mlp"], tmp_path)
    before = contents(tmp_path)
    genuine, calls = integrad.files._write_through, []

    def fill(path, data):
        calls.append(path)
        genuine(path, data[:100])
        if len(calls) > written:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(integrad.files, "_write_through", fill)
    status, line = fail("export", toys["mlp"], "--out", tmp_path, "--learn", "all")
    assert status == 1 and "cannot be written: No space left on device; the old file is unchanged" in line
    assert before == contents(tmp_path)


def test_bad_model_files(tmp_path):
    (tmp_path / "foreign.model").write_bytes(bytes(1000))
    for name in ("none", "foreign"):
        status, line = fail("export", tmp_path / f"{name}.model", "--out", tmp_path / "out")
        assert status == 1 and f"{name}.model: " in line


def test_for_a_core_it_is_built_and_measured(toys, tmp_path):
    plain = export(toys["cnn"], tmp_path, "--learn", "output")
    measured = export(toys["cnn"], tmp_path, "--learn", "output", "--core", "m0")
    new = (
        "flash_bytes",
        "ram_bytes",
        "instructions_per_inference",
        "instructions_per_training_step",
        "stack_bytes",
        "store_code_bytes",
    )
    assert all(plain[key] is None and measured[key] > 0 for key in new)
    assert {**plain, **{key: measured[key] for key in new}} == measured
    result = run("export", toys["cnn"], "--core", "m0", "--out", tmp_path)
    assert "Memory on STM32F091RC, bytes" in result.stdout and "an inference" in result.stdout


def test_what_is_measured_is_what_is_written(toys, tmp_path, monkeypatch):
    """The firmware is compiled from the very text of the exported files."""
    built = []

    def keep(board, sources, includes, *rest, **options):
        built.append(contents(includes[0]))
        return genuine(board, sources, includes, *rest, **options)

    genuine = device_model.build_firmware
    monkeypatch.setattr(device_model, "build_firmware", keep)
    figures = export(toys["cnn"], tmp_path, "--learn", "last:1", "--name", "wand", "--core", "m4")
    written = contents(tmp_path)
    assert {"wand.h", "wand.c", "wand_weights.c", "integrad/kernels.h"} <= set(written)
    assert set(figures["files"]) == {str(tmp_path / path) for path in written}
    assert [set(written) - set(files) for files in built] == [set()]
    header = written.pop("wand.h").decode()
    assert [{name: files[name] for name in written} for files in built] == [written]
    # Only the header tells what was measured, in lines of its own.
    measured = re.search(r"( \* Measured on .*\n)( \*   .*\n){4} \*\n", header)
    assert [files["wand.h"].decode() for files in built] == [header.replace(measured[0], "")]


def test_the_header_says_what_was_measured(toys, tmp_path):
    def lines(*options):
        figures = export(toys["cnn"], tmp_path, *options)
        header = (tmp_path / "cnn.h").read_text()
        rows = header.partition(" * Measured on ")[2].partition(" *\n")[0].splitlines()
        return figures, rows[:1], [int(row.split()[-1].replace(",", "")) for row in rows[1:]]

    assert lines("--learn", "all")[1:] == ([], [])
    figures, (title,), (instructions, stack) = lines("--core", "m0")
    assert title.startswith("Cortex-M0, built by ")
    assert (instructions, stack) == (figures["instructions_per_inference"], figures["stack_bytes"])
    figures, _, numbers = lines("--core", "m0", "--learn", "all")
    assert numbers[0] == figures["instructions_per_inference"]
    assert numbers[2] == figures["instructions_per_training_step"] > numbers[0]
    assert max(numbers[1], numbers[3]) == figures["stack_bytes"] and min(numbers) > 0


def test_a_text_that_was_not_measured_is_not_written(toys, tmp_path, monkeypatch):
    genuine = device_model.emit_firmware

    def other(*arguments):
        files = genuine(*arguments)
        return files | {"cnn.h": files["cnn.h"].replace("Memory, in bytes", "Memory")}

    monkeypatch.setattr(device_model, "emit_firmware", other)
    result = run("export", toys["cnn"], "--learn", "all", "--core", "m0", "--out", tmp_path / "out")
    assert "cnn.h is not the text that was measured" in result.stderr, result
    assert result.exit_code == 1 and not (tmp_path / "out").exists()


def test_without_an_emulator_it_is_not_measured(toys, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")  # ziglang builds; Unicorn has no M55
    result = run("export", toys["cnn"], "--core", "m55", "--out", tmp_path, "--json", "-")
    assert result.exit_code == 0
    assert "not measured: no emulator for Cortex-M55 is installed; apt-get" in result.stderr
    figures = json.loads(result.stdout)
    assert figures["flash_bytes"] > 0 and figures["stack_bytes"] is None


def test_a_bad_run_is_a_failure(toys, tmp_path, monkeypatch):
    def fault(*_, **__):
        raise FirmwareError("fault", "the firmware faulted: undefined instruction in predict")

    monkeypatch.setattr("integrad.execute.device_model.run", fault)
    status, line = fail("export", toys["cnn"], "--core", "m0", "--out", tmp_path / "out")
    assert status == 1 and "the firmware faulted" in line and not (tmp_path / "out").exists()


def test_what_does_not_fit_is_not_written(tmp_path):
    data = write_npz(tmp_path / "toy.npz")
    assert train(tmp_path, data, "--epochs", 1, spec="mlp:6000").exit_code == 0
    status, line = fail("export", tmp_path / "toy.model", "--core", "m0", "--out", tmp_path / "out")
    assert status == 1 and not (tmp_path / "out").exists()
    assert re.search(
        r"flash needs [\d,]+ bytes, [\d,]+ more than the 262,144 available; --core m3 would fit\b", line
    )


def test_help_has_an_example():
    text = run("export", "--help").stdout
    assert "integrad export digits.model --target c --learn all --batch-size 10 --out generated" in text
