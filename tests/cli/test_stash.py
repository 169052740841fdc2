"""--stash and --recompute: less memory for a training step on a device, where the learner offers it."""

import importlib
import json

import numpy as np
import pytest
from digits import fail, run

from integrad.datasets.preprocessing import Preprocessing
from integrad.estimate.part_fit import fit_part
from integrad.estimate.prediction import predict
from integrad.execute.executors import c_executors
from integrad.learners.table import learner_of
from integrad.model_file import Model, load_model, save_model
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad.targets.cores import get_core
from integrad.targets.parts import Part
from integrad_codegen.plan import make_plan


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("stash") / "maps.model"
    shape, rng = (1, 10, 9), np.random.default_rng(0)
    network = Network(shape, 4, parse_notation("cnn:c6,p2,c8,d12", shape, "backprop"), "backprop")
    network.initialise(rng)
    x = rng.integers(-127, 128, (20, *shape)).astype(np.int8)
    learner_of(network).calibrate(network, x, rng.integers(0, 4, 20), {})
    preprocessing = Preprocessing("HW", "uint8", shape[1:], 128, (0,), (51,), None)
    save_model(Model(network, preprocessing, [f"class {k}" for k in range(4)]), path)
    return path


def figures(*arguments):
    result = run(*arguments, "--json", "-")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_less_memory_is_shown_and_exported(model, tmp_path):
    options = ("--learn", "all", "--batch-size", 4)
    shown = {
        bits: figures("info", model, *options, "--stash", bits)["training_scratch_bytes"] for bits in "82"
    }
    exported = figures("export", model, *options, "--stash", 2, "--out", tmp_path)
    assert exported["training_scratch_bytes"] == shown["2"] < shown["8"]
    assert shown["8"] == figures("info", model, *options)["training_scratch_bytes"]
    assert "--stash 2" in (tmp_path / "maps.h").read_text()
    assert "integrad_backprop_pack(block2_packed + b * BLOCK2_PACKED" in (tmp_path / "maps.c").read_text()


def test_computing_again_is_shown_and_exported(model, tmp_path):
    options = ("--learn", "all", "--batch-size", 4)
    kept = figures("info", model, *options)["training_scratch_bytes"]
    result = run("export", model, *options, "--recompute", "--json", tmp_path / "figures", "--out", tmp_path)
    found = json.loads((tmp_path / "figures").read_text())["training_scratch_bytes"]
    assert found < kept
    assert f"--recompute: {found:,} bytes of scratch instead of {kept:,}, and 1." in result.stdout
    assert "--recompute" in (tmp_path / "maps.h").read_text()
    assert "What it reads is computed again. */" in (tmp_path / "maps.c").read_text()
    text = "note: --recompute saves no memory in this training step, which keeps all activations"
    assert text in run("info", model, "--learn", "output", "--recompute").stdout


def test_verify_takes_it(model, monkeypatch):
    """tests/parity/test_backprop_stash.py compares the executors; here, the first one is enough."""
    module = importlib.import_module("integrad.cli.verify")
    monkeypatch.setattr(module, "c_executors", lambda *arguments: c_executors(*arguments)[:1])
    crcs = set()
    for options in ((), ("--stash", 8, "--recompute"), ("--stash", 2)):
        found = figures("verify", model, "--core", "m0", "--steps", 2, "--batch-size", 3, *options)
        crcs |= {executor["weights_crc"] for executor in found["executors"]}
    assert len(crcs) == 2


def test_wrong_usage(model, toys, tmp_path):
    stash = ("--stash", "2")
    refused = (2, "error: --stash 2: the learner nitro-d has no such option")
    assert fail("verify", toys["mlp"], *stash) == refused
    assert fail("export", toys["mlp"], "--learn", "all", *stash, "--out", tmp_path) == refused
    assert fail("emulate", toys["mlp"], toys["data"], *stash) == refused
    assert fail("info", toys["mlp"], *stash) == refused
    refused = (2, "error: --recompute: the learner nitro-d has no such option")
    assert fail("info", toys["mlp"], "--recompute") == refused
    assert fail("verify", model, "--stash", "3") == (2, "error: --stash '3': expected 8 or 2")
    text = "error: --stash 2 requires layers that learn: --learn output, last:K or all"
    assert fail("export", model, *stash, "--out", tmp_path) == (2, text)
    text = text.replace("--stash 2", "--recompute")
    assert fail("export", model, "--recompute", "--out", tmp_path) == (2, text)
    assert not list(tmp_path.iterdir())


def test_it_is_suggested_where_it_would_fit(model):
    loaded = load_model(model)
    plans = [make_plan(loaded.network, "model", "all", 4, {"stash": bits}) for bits in "82"]
    least = predict(loaded, plans[1], get_core("m4"))
    part = Part("tight", "m4", least.flash + 10_000, least.ram, "maker")
    fit = fit_part(loaded, plans[0], part)
    assert fit.suggestions[0] == "--stash 2" and "; --stash 2, or --learn" in fit.verdict
    assert fit_part(loaded, plans[1], part).shortage is None
    recomputing = make_plan(loaded.network, "model", "all", 4, {"recompute": "yes"})
    assert fit_part(loaded, recomputing, part).suggestions[0] == "--stash 2"
    tighter = Part("tighter", "m4", part.flash_bytes, part.ram_bytes - 1, "maker")
    both = fit_part(loaded, plans[0], tighter)
    assert both.suggestions[0] == "--stash 2 --recompute"
    again = make_plan(loaded.network, "model", "all", 4, {"stash": "2", "recompute": "yes"})
    assert fit_part(loaded, again, tighter).shortage is None
    least = predict(loaded, again, get_core("m4"))
    tighter = Part("tightest", "m4", part.flash_bytes, least.ram - 1, "maker")
    assert "--stash" not in fit_part(loaded, plans[0], tighter).verdict
