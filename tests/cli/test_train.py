"""integrad train: results, reproducibility, interruption, and wrong usage."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from digits import run, train, write_npz

from integrad.model_file import load_model

KEYS = {
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "train_macro_f1",
    "validation_macro_f1",
    "test_macro_f1",
    "epochs",
    "seconds",
    "samples_per_second",
    "weights_crc",
}


@pytest.fixture
def data(tmp_path):
    return write_npz(tmp_path / "toy.npz")


def start(tmp_path, data, *options, out="toy.model", **popen):
    """The command in a separate process, with enough epochs to be interrupted."""
    return subprocess.Popen(
        [
            *(sys.executable, "-c", "from integrad.cli import main; main(prog_name='integrad')"),
            *("train", data, "--model", "mlp:8,x10", "--learner", "nitro-d"),
            *("--epochs", "60", "--batch-size", "2"),
            *("--out", str(tmp_path / out), "--json", str(tmp_path / f"{out}.json"), *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def wait_for(path, process):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def test_result_and_model(tmp_path, data):
    result = train(tmp_path, data)
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "train.json").read_text())
    assert set(figures) == KEYS
    assert figures["epochs"] == 4 and figures["test_accuracy"] > 0.9
    model = load_model(tmp_path / "toy.model")
    assert figures["weights_crc"] == f"{model.network.weights_crc():08x}"
    record = model.training
    assert record["hyper_parameters"]["learning_rate_inv"] == 128
    assert record["test_accuracy"] == figures["test_accuracy"] and record["test_samples"] == 60
    assert record["seed"] == 0 and len(record["data_sha256"]) == 64 and record["tool_version"]
    assert not (tmp_path / "toy.model.checkpoint").exists()
    for text in ("60 samples, test set of the data", figures["weights_crc"], "epoch   4/4", "loss"):
        assert text in result.stdout


def test_the_same_call_gives_the_same_file_and_another_seed_another(tmp_path, data):
    for out, options in (("a", ()), ("b", ()), ("c", ("--seed", 1))):
        assert train(tmp_path, data, *options, out=out).exit_code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_json_on_standard_output_is_all_that_is_there(tmp_path, data):
    result = train(tmp_path, data, "--json", "-")
    assert set(json.loads(result.stdout)) == KEYS
    assert "Accuracy of the best weights" in result.stderr


@pytest.mark.parametrize(
    "options, kept",
    [
        ((), "best"),
        (("--validation", 0), "last"),
        (("--keep", "last"), "last"),
        (("--keep", "average"), "averaged"),
        (("--keep", "average", "--validation", 0), "averaged"),
    ],
)
def test_it_says_which_weights_have_this_accuracy(tmp_path, data, options, kept):
    result = train(tmp_path, data, *options)
    assert result.exit_code == 0 and f"Accuracy of the {kept} weights" in result.stdout
    assert ("; the best is epoch" in result.stdout) == (kept == "best")


def test_an_unknown_choice_of_weights_is_refused(tmp_path, data):
    result = train(tmp_path, data, "--keep", "averages")
    assert result.exit_code == 2
    assert "error: --keep must be best or last or average, not 'averages'" in result.stderr


def test_holdout_takes_no_part(tmp_path, data):
    result = train(tmp_path, data, "--holdout", "group=g1", "--holdout", "group=g2")
    assert result.exit_code == 0, result.output
    record = load_model(tmp_path / "toy.model").training
    assert record["holdout"] == ["group=g1", "group=g2"]
    assert record["train_samples"] + record["validation_samples"] + record["test_samples"] == 144


def test_without_test_mark_the_holdout_tests_or_a_share_of_each_class(tmp_path):
    data = write_npz(tmp_path / "unmarked.npz", test=False)
    assert "48 samples, held-out samples (group=g1)" in train(tmp_path, data, "--holdout", "group=g1").stdout
    assert "48 samples, whole groups: group=g" in train(tmp_path, data).stdout
    data = write_npz(tmp_path / "alone.npz", test=False, group=None)
    assert "48 samples, 20 % of every class" in train(tmp_path, data).stdout


def test_without_validation_the_accuracy_is_null(tmp_path, data):
    result = train(tmp_path, data, "--validation", 0)
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "train.json").read_text())["validation_accuracy"] is None


def test_validation_by_group_or_by_class(tmp_path, data):
    assert "whole groups: group=g" in train(tmp_path, data).stdout
    assert "10 % of every class" in train(tmp_path, data, "--validation-by-class").stdout


def test_settings_of_a_network_file_yield_to_options(tmp_path, data):
    (tmp_path / "n.toml").write_text(
        "[[layer]]\ntype='dense'\nunits=5\n[learning]\nbatch_size=8\ndecay_inv=9\n"
    )
    result = train(tmp_path, data, "--batch-size", 4, spec=tmp_path / "n.toml")
    assert result.exit_code == 0, result.output
    settings = load_model(tmp_path / "toy.model").training["hyper_parameters"]
    assert (settings["batch_size"], settings["decay_inv"], settings["learning_rate_inv"]) == (4, 9, 32)


def test_augmentation_is_recorded_and_repeatable(tmp_path, data):
    """Also by the file's settings, which options switch off again."""
    (tmp_path / "n.toml").write_text(
        "[[layer]]\ntype='dense'\nunits=8\n[learning]\naugment_crop=1\naugment_flip=1\naugment_by='batch'\n"
    )
    calls = {
        "plain": (),
        "sample": ("--augment-crop", 1, "--augment-flip"),
        "again": ("--augment-crop", 1, "--augment-flip"),
        "batch": ("--augment-crop", 1, "--augment-flip", "--augment-by", "batch"),
        "file": ("--model", tmp_path / "n.toml"),
        "off": ("--model", tmp_path / "n.toml", "--augment-crop", 0, "--no-augment-flip"),
    }
    crc, settings = {}, {}
    for out, options in calls.items():
        assert train(tmp_path, data, *options, out=out).exit_code == 0
        model = load_model(tmp_path / out)
        crc[out] = model.network.weights_crc()
        recorded = model.training["hyper_parameters"]
        settings[out] = [recorded[f"augment_{name}"] for name in ("crop", "flip", "by")]
    assert settings["plain"] == [0, 0, "sample"] and settings["sample"] == [1, 1, "sample"]
    assert settings["file"] == [1, 1, "batch"] and settings["off"] == [0, 0, "batch"]
    assert crc["sample"] == crc["again"] and crc["batch"] == crc["file"] and crc["off"] == crc["plain"]
    assert len({crc["plain"], crc["sample"], crc["batch"]}) == 3


def test_features_cannot_be_augmented(tmp_path):
    data = write_npz(tmp_path / "features.npz", shape=(7,))
    for options, off in (
        (("--augment-crop", 1), "--augment-crop 0"),
        (("--augment-flip",), "--no-augment-flip"),
        (("--model", "nitro:mlp-3"), "--augment-crop 0"),
    ):
        result = train(tmp_path, data, *options)
        assert result.exit_code == 2
        assert f"but the samples are 7 features: disable it with {off}\n" in result.stderr
    assert train(tmp_path, data, "--model", "nitro:mlp-1", "--epochs", 1).exit_code == 0


def test_a_preset_brings_its_settings_and_options_win(tmp_path, data):
    result = train(tmp_path, data, "--batch-size", 32, "--head-decay-inv", 7, spec="nitro:mlp-1")
    assert result.exit_code == 0, result.output
    model = load_model(tmp_path / "toy.model")
    assert model.training["model_spec"] == "nitro:mlp-1"
    assert model.training["hyper_parameters"] == {
        "batch_size": 32, "epochs": 4, "learning_rate_inv": 256, "amplification": 64,
        "decay_inv": 12_000, "head_decay_inv": 7,
        "patience": 15, "stop_patience": 35, "augment_crop": 0, "augment_flip": 0, "augment_by": "batch",
        "steps": 0, "halvings": 0, "keep": "best", "balance": 0,
        "schedule": "plateau", "last_learning_rate_inv": 0, "learn": "all",
    }  # fmt: skip


def test_series_and_axes(tmp_path):
    data = write_npz(tmp_path / "series.npz", shape=(32, 2))
    result = train(tmp_path, data, spec="cnn:c4k5,p4,d6")
    assert result.exit_code == 0, result.output
    assert load_model(tmp_path / "toy.model").network.input_shape == (2, 1, 32)
    result = train(tmp_path, data, "--axes", "HW")
    assert load_model(tmp_path / "toy.model").network.input_shape == (1, 32, 2)


@pytest.mark.parametrize(
    "options, status, words",
    [
        (["--model", "mlp:8,,4"], 2, "\n  mlp:8,,4\n        ^"),
        (["--model", "cnn:p9"], 2, "'p9' does not fit here"),
        (["--model", "none.toml"], 1, "none.toml: cannot be read: No such file"),
        (["--holdout", "speaker=x"], 2, "no key 'speaker'; known keys: group"),
        (["--holdout", "group=g9"], 2, "values of group: g0, g1, g2, g3, g4"),
        (["--holdout", "group"], 2, "expected KEY=VALUE, such as group=g0"),
        (["--epochs", "0"], 2, "--epochs must be an integer from 1 to 2,147,483,647, not 0"),
        (["--batch-size", "-1"], 2, "--batch-size must be"),
        (["--seed", "-1"], 1, "seed must be an integer of at least 0, not -1"),
        (
            ["--learning-rate-inv", "9000000000000000000"],
            2,
            "--learning-rate-inv must be an integer from 1 to 11,184,810, not 9000000000000000000\n",
        ),
        (["--learning-rate-inv", "11184811"], 2, "--learning-rate-inv must be"),
        (["--decay-inv", "2147483648"], 2, "--decay-inv must be an integer from 0 to 2,147,483,647"),
        (["--head-decay-inv", "-1"], 2, "--head-decay-inv must be"),
        (["--model", "nitro:mlp-9"], 2, "unknown preset 'mlp-9'; known presets: mlp-1, mlp-2, mlp-3,"),
        (
            ["--model", "nitro:vgg8b"],
            2,
            "--model: nitro:vgg8b stands for the network below; 'p2' does not fit here",
        ),
        (["--model", "nitro:mlp-4"], 2, "augment_crop of 4 is too large for samples of 1x4x6"),
        (["--augment-crop", "-1"], 2, "--augment-crop must be an integer from 0 to 2,147,483,647, not -1"),
        (["--augment-crop", "4"], 2, "samples of 1x4x6: set --augment-crop to less than 4"),
        (["--augment-by", "pixel"], 2, "--augment-by must be batch or sample, not 'pixel'"),
        (["--epochs", "many"], 2, "'many' is not a valid integer"),
        (["--axes", "XY"], 2, "--axes XY"),
        (["--schedule", "cosine"], 2, "--schedule must be plateau or annealed, not 'cosine'\n"),
        (["--last-learning-rate-inv", 9], 2, "last_learning_rate_inv 9: only the schedule annealed has it\n"),
        (["--schedule", "annealed", "--halvings", 1], 2, "halvings 1: the schedule annealed replaces it"),
        (["--resume"], 2, "toy.model.checkpoint: there is no checkpoint to resume"),
        (["--out", "/nowhere/toy.model"], 2, "the folder does not exist: /nowhere"),
        (["--out", "/"], 2, "is a folder"),
        (["--json", "/nowhere/e.json"], 2, "the folder does not exist: /nowhere"),
    ],
)
def test_wrong_calls(tmp_path, data, options, status, words):
    result = train(tmp_path, data, *options)
    assert result.exit_code == status
    assert result.stderr.startswith("error: ") and words in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "toy.model").exists()


def test_missing_and_broken_data(tmp_path):
    for name, content in (("none.npz", None), ("text.npz", b"no zip"), ("empty.npz", b"")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        result = train(tmp_path, tmp_path / name)
        assert result.exit_code in (1, 2) and name in result.stderr
        assert result.stderr.count("\n") == 1


def test_missing_arguments_and_help():
    result = run("train")
    assert result.exit_code == 2 and "Missing argument 'DATA'" in result.stderr
    result = run("train", "--help")
    assert result.exit_code == 0 and "integrad train spoken-digits --model" in result.stdout


def test_ctrl_c_keeps_the_run_and_resuming_gives_the_same_crc(tmp_path, data):
    whole = start(tmp_path, data, out="whole.model")
    process = start(tmp_path, data)
    wait_for(tmp_path / "toy.model.checkpoint", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "the run is saved in" in out and "--resume" in out and "Traceback" not in err
    assert not (tmp_path / "toy.model").exists()
    resumed = start(tmp_path, data, "--resume")
    assert resumed.wait(60) == 0 and whole.wait(60) == 0
    assert (tmp_path / "toy.model").read_bytes() == (tmp_path / "whole.model").read_bytes()


def test_kill_9_then_resume_gives_the_same_crc(tmp_path, data):
    whole = start(tmp_path, data, out="whole.model")
    options = []
    for wait in (0.05, 0.2):
        process = start(tmp_path, data, *options)
        wait_for(tmp_path / "toy.model.checkpoint", process)
        time.sleep(wait)
        process.kill()
        assert process.wait(60) == -signal.SIGKILL
        options = ["--resume"]
    # A temporary file of the killed process may remain; it is never taken for the checkpoint.
    resumed = start(tmp_path, data, "--resume")
    assert resumed.wait(60) == 0 and whole.wait(60) == 0
    crc = [json.loads((tmp_path / f"{n}.model.json").read_text())["weights_crc"] for n in ("toy", "whole")]
    assert crc[0] == crc[1]


def test_resume_with_other_hyper_parameters(tmp_path, data):
    process = start(tmp_path, data)
    wait_for(tmp_path / "toy.model.checkpoint", process)
    process.kill()
    process.wait()
    again = start(tmp_path, data, "--resume", "--decay-inv", "77")
    _, err = again.communicate(timeout=60)
    assert again.returncode == 2 and "a run with decay_inv" in err and "not 77" in err


def test_full_disk_at_the_end_keeps_old_model_and_checkpoint(tmp_path, data, monkeypatch):
    (tmp_path / "toy.model").write_bytes(b"old")

    def fail(path, data):
        if b"integrad-model" in data:
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    monkeypatch.setattr("integrad.files._write_through", fail)
    result = train(tmp_path, data)
    assert result.exit_code == 1
    assert "No space left on device; the old file is unchanged; the run is saved in" in result.stderr
    assert (tmp_path / "toy.model").read_bytes() == b"old"
    monkeypatch.undo()
    assert train(tmp_path, data, "--resume").exit_code == 0
    assert load_model(tmp_path / "toy.model").training["epochs"] == 4


def test_full_disk_in_the_middle(tmp_path, data):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    process = start(tmp_path, data, preexec_fn=small_files)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "cannot be written: File too large" in err and "Traceback" not in err
    assert sorted(os.listdir(tmp_path)) == ["toy.npz"]


def test_starting_anew_beside_a_checkpoint_says_so(tmp_path, data):
    (tmp_path / "toy.model.checkpoint").write_bytes(b"old")
    assert "starting from scratch, which will overwrite" in train(tmp_path, data).stdout


def test_a_diverging_run_is_said(tmp_path, data):
    result = train(tmp_path, data, "--learning-rate-inv", 1, "--epochs", 8, "--batch-size", 1)
    assert result.exit_code == 0
    assert "warning: " in result.stdout and "--learning-rate-inv 32" in result.stdout


def test_data_is_not_replaced(tmp_path, data):
    result = train(tmp_path, data, out="toy.npz")
    assert result.exit_code == 2 and "would overwrite the data" in result.stderr


def test_an_odd_file_name_still_gives_a_readable_model(tmp_path):
    data = write_npz(tmp_path / ("odd\n" + "x" * 240 + ".npz"))
    assert train(tmp_path, data).exit_code == 0
    assert load_model(tmp_path / "toy.model").training["data"].endswith("…")


def test_class_names_that_a_model_cannot_hold_are_refused_before_training(tmp_path):
    y = np.array(["a", "b", "c" * 99])[np.arange(240) % 3]
    result = train(tmp_path, write_npz(tmp_path / "long.npz", y=y))
    assert result.exit_code == 1 and "epoch" not in result.stdout


def test_nan_is_refused(tmp_path):
    x = np.ones((30, 4), np.float32)
    x[3, 1] = np.nan
    data = write_npz(tmp_path / "nan.npz", samples=30, x=x)
    result = train(tmp_path, data)
    assert result.exit_code == 1 and "x[3, 1] is nan" in result.stderr


def test_rare_classes_are_named(tmp_path):
    """b looks like a, c has no test sample."""
    y = np.array(["a"] * 40 + ["b"] * 4 + ["c"] * 40)
    x = np.where(y == "c", 200, 20)[:, None] + np.arange(84)[:, None] % 4 * np.ones((1, 3), int)
    test = (np.arange(84) % 4 == 1) & (y != "c")
    data = tmp_path / "rare.npz"
    np.savez(data, x=x, y=y, test=test)
    result = train(tmp_path, data, "--learner", "backprop", "--epochs", 3, "--no-balance")
    assert "warning: no training sample is classified as b: collect more samples of it, and" in result.stdout
    first, second, _ = (line for line in result.stdout.splitlines() if line.startswith("epoch "))
    assert "samples/s" not in first and "samples/s" in second
    assert "note: c is untested: no sample that was tested is of that class" in result.stdout
    result = run("evaluate", tmp_path / "toy.model", data)
    assert "warning: no sample is classified as b: train with more samples of it" in result.stdout
    assert "note: c is untested" in result.stdout


def test_the_best_epoch_of_equal_ones_is_explained(tmp_path):
    """Validation is perfect from an early epoch on, while its loss still falls."""
    result = train(tmp_path, write_npz(tmp_path / "toy.npz"), "--epochs", 100)
    assert "; the validation accuracy did not improve in 25 epochs; the best is epoch " in result.stdout
    assert ", which equals epoch " in result.stdout and "has a smaller validation loss" in result.stdout


def test_a_folder_that_takes_no_files_is_found_before_training(data):
    result = run("train", data, "--model", "mlp:4", "--out", "/proc/x.model")
    assert result.exit_code == 1 and "--out /proc/x.model: cannot write files in /proc: " in result.stderr
    assert "epoch" not in result.output
