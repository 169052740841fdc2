"""The page about JSON documents exactly the keys and types that the commands write."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from digits import run
from flash_programs import elf, program
from stored_images import slot

from integrad.cli import COMMANDS
from integrad.cli.demo import _json as demo_json
from integrad.execute.adaptation import Adaptation
from integrad.execute.costs import measure_costs
from integrad.execute.demonstration import Demonstration
from integrad.execute.device_model import DeviceModel
from integrad.learners.schedule import Schedule
from integrad.model_file import load_model
from integrad.targets.cores import get_core
from integrad.testing.figures import Measurement
from integrad.testing.measure import Task
from integrad_codegen.encodings import packed
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import layout

PAGE = (Path(__file__).parents[2] / "docs/json.md").read_text()
SECTIONS = {
    title: text for title, text in re.findall(r"^## integrad (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
}
TYPES = {
    "text": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "fraction": lambda v: isinstance(v, float) and 0 <= v <= 1,
    "crc": lambda v: isinstance(v, str) and re.fullmatch("[0-9a-f]{8}", v),
    "object": lambda v: isinstance(v, dict),
}


def documented(text):
    """Key → type of the tables in a section."""
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", text, re.M))


def leaves(value, types, path=""):
    """(key as on the page, value) of everything in a result."""
    if isinstance(value, dict) and types.get(path) != "object":
        for name, inner in value.items():
            yield from leaves(inner, types, f"{path}.*" if path == "keys" else f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and path not in types:
        for inner in value:
            yield from leaves(inner, types, f"{path}[]")
    else:
        yield path, value


def is_of(kind, value):
    if kind.endswith(" or null"):
        return value is None or is_of(kind.removesuffix(" or null"), value)
    if kind.startswith("list of "):
        return isinstance(value, list) and all(is_of(kind.removeprefix("list of "), item) for item in value)
    return bool(TYPES[kind](value))


def check(result, types):
    seen = set()
    for key, value in leaves(result, types):
        assert key in types, f"{key} is not on the page"
        assert is_of(types[key], value), f"{key}: {value!r} is no {types[key]}"
        seen.add(key)
    assert set(types) - seen == set(), "on the page, but not in the output"


def test_every_command_is_on_the_page():
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize(
    "command, arguments",
    [
        ("train", ["{data}", "--model", "mlp:4", "--epochs", 1, "--out", "{out}/a.model"]),
        ("evaluate", ["{cnn}", "{data}"]),
        ("predict", ["{cnn}", "{data}"]),
        ("export", ["{cnn}", "--learn", "last:1", "--out", "{out}"]),
        ("project", ["{cnn}", "--board", "pico", "--learn", "last:1", "--out", "{out}"]),
        ("emulate", ["{cnn}", "{data}", "--tune", 10, "--epochs", 1]),
        ("verify", ["{mlp}", "--core", "m4", "--steps", 1]),
        ("info", ["{cnn}"]),
        ("info", ["{cnn}", "--learn", "last:1", "--part", "nrf51822"]),
        ("doctor", []),
        ("boards", []),
    ],
)
def test_command(command, arguments, toys, tmp_path):
    filled = [str(argument).format(out=tmp_path, **toys) for argument in arguments]
    result = run(command, *filled, "--json", "-")
    assert result.exit_code == 0, result.stderr
    check(json.loads(result.stdout), documented(SECTIONS[command]))


def test_quantise(toys, tmp_path):
    weights = np.random.default_rng(0).normal(0, 0.2, (4, toys["samples"][0].size)), np.eye(3, 4)
    np.savez(tmp_path / "w.npz", *weights)
    options = ["--like", "mlp:4", "--data", toys["data"], "--out", tmp_path / "q.model", "--json", "-"]
    result = run("quantise", tmp_path / "w.npz", *options)
    assert result.exit_code == 0, result.stderr
    check(json.loads(result.stdout), documented(SECTIONS["quantise"]))


def test_store(toys, tmp_path):
    model = load_model(toys["mlp"])
    plan = make_plan(model.network, "toy", "all", 1, model.constants)
    weights = packed(plan.parameters())
    crcs = {"model": model.network.weights_crc(), "layout": layout(model, plan)}
    (tmp_path / "flash.bin").write_bytes(slot(weights, 1, **crcs))
    options = ["--model", toys["mlp"], "--out", tmp_path / "learnt.model", "--json", "-"]
    result = run("store", tmp_path / "flash.bin", *options)
    assert result.exit_code == 0, result.stderr
    check(json.loads(result.stdout), documented(SECTIONS["store"]))


def test_check(toys, tmp_path, monkeypatch):
    """The measurements are replaced; they are tested elsewhere."""
    settings, baseline = tmp_path / "settings.toml", tmp_path / "base.json"
    settings.write_text(f'model = "{toys["mlp"]}"\ncores = ["m0"]\nbudget.flash = 4\n')
    words = ["--config", settings, "--baseline", baseline]
    for size, compiler in ((1, "gcc"), (5, "zig")):
        measured = Measurement(compiler, {"flash": size, "ram": size}, {"flash": {"main": size}})
        monkeypatch.setattr(Task, "measure", lambda *_, found=measured: found)
        result = run("check", *words, *([] if baseline.exists() else ["--update-baseline"]), "--json", "-")
    assert result.exit_code == 1
    check(json.loads(result.stdout), documented(SECTIONS["check"]))


def test_update(toys, tmp_path):
    _, keygen, sign, check_ = SECTIONS["update"].split("`integrad update ")
    key, image = tmp_path / "a.key", tmp_path / "a.update"
    words = ["--for", toys["mlp"], "--key", key, "--learn", "all", "--version", 1, "--out", image]
    for part, arguments in (
        (keygen, ["keygen", "--out", key]),
        (sign, ["sign", toys["mlp"], *words]),
        (check_, ["check", image, "--key", f"{key}.pub", "--for", toys["mlp"]]),
    ):
        result = run("update", *arguments, "--json", "-")
        assert result.exit_code == 0, result.stderr
        check(json.loads(result.stdout), documented(part))


def test_flash(tmp_path):
    (tmp_path / "a.elf").write_bytes(elf([program("pico")]))
    result = run("flash", tmp_path / "a.elf", "--board", "pico", "--dry-run", "--json", "-")
    assert result.exit_code == 0, result.stderr
    check(json.loads(result.stdout), documented(SECTIONS["flash"]))


def test_data(toys):
    without, with_data = SECTIONS["data"].split("With a data set:")
    check(json.loads(run("data", "--json", "-").stdout), documented(without))
    check(json.loads(run("data", toys["data"], "--json", "-").stdout), documented(with_data))


def test_micropython(tmp_path, monkeypatch):
    """Firmware is built by the tests of emulated boards; here it is replaced."""
    (tmp_path / "firmware.elf").write_bytes(b"firmware")
    monkeypatch.setattr("integrad.cli.micropython.firmware_path", lambda core: tmp_path / "firmware.elf")
    result = run("micropython", "build", "--json", "-")
    assert result.exit_code == 0, result.stderr
    check(json.loads(result.stdout), documented(SECTIONS["micropython"]))


def test_demo(toys, tmp_path):
    """The demonstration itself is tested elsewhere; this tests the structure of its result."""
    model = load_model(toys["mlp"])
    device = DeviceModel.generate(model, tmp_path, "all", 4)
    preprocessing = model.preprocessing
    samples = preprocessing.raw(toys["samples"][:8])
    costs = measure_costs(device, device.build(get_core("m4")), samples, toys["labels"][:8], Schedule(64))
    after = Adaptation(0.5, 0.75, 8, 1, 1, True, 0.9, 0.85)
    result = demo_json("george", "m4", Demonstration(model, 4, 192, 2, 96, after, after, costs))
    types = documented(SECTIONS["emulate"])
    names = list(types)
    shared = {name: types[name] for name in names[names.index("macs") :]}
    check(result, documented(SECTIONS["demo"]) | shared)
