"""class Model: what a program on a board uses. Here on the plain core in this Python, and in MicroPython."""

import ast
import importlib
import struct
import sys
import zlib
from array import array
from dataclasses import replace

import numpy as np
import pytest
from cores import PLAIN, VIPER, run_script
from fixed import FIXED

from integrad.emulator.micropython_modules import ARCHITECTURES, build_module
from integrad.learners.nitro import Nitro
from integrad_codegen.emit_c import Schedule
from integrad_codegen.emit_micropython import emit_module
from integrad_codegen.emit_micropython_pure import emit_pure
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import weights_file

MODEL = FIXED["frozen"].model()  # int8 samples of 2x6x6, one block frozen and one that learns


def export(folder, model=MODEL, learn="last:1", core=PLAIN, prefix="toy"):
    """The files of an export, the core beside the face; the raw samples and labels of some data."""
    plan = make_plan(model.network, prefix, learn, 3)
    for name, text in emit_pure(model, plan).items():
        if name.endswith(".py") and name.split("/")[0] in (core, f"{prefix}.py"):
            (folder / name.split("/")[-1]).write_text(text)
    (folder / f"{prefix}.weights").write_bytes(weights_file(model, plan))
    rng = np.random.default_rng(4)
    samples = rng.integers(-128, 128, (8, *model.preprocessing.raw_shape), np.int8)
    return samples, rng.integers(0, model.network.classes, 8)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """(module, samples, labels) of an export in a folder that is the current one."""
    samples, labels = export(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("toy", "_toy"):
        sys.modules.pop(name, None)
    yield importlib.import_module("toy"), samples, labels
    for name in ("toy", "_toy"):
        sys.modules.pop(name, None)


def test_predictions_and_scores(toy):
    module, samples, _ = toy
    model, out = module.Model("toy.weights"), array("b", [0] * 3)
    expected = MODEL.network.logits(MODEL.preprocessing.apply(samples))
    for sample, scores in zip(samples, expected, strict=True):
        assert model.predict(sample.tobytes()) == model.logits(array("b", sample.tobytes()), out)
        assert out.tolist() == scores.tolist()
        assert model.predict(sample.tobytes()) == scores.argmax()
    assert tuple(MODEL.class_names) == module.CLASSES


def host_learner(network, batch):
    s = Schedule.of(MODEL, batch)
    return Nitro(network, s.learning_rate_inv, s.decay_inv, s.head_decay_inv, "last:1")


def test_training_is_the_hosts(toy):
    module, samples, labels = toy
    model, network = module.Model("toy.weights"), MODEL.network.copy()
    x = MODEL.preprocessing.apply(samples)
    learner = host_learner(network, 3)
    correct = sum(learner.step(x[i : i + 3], labels[i : i + 3]).correct for i in (0, 3, 6))
    assert model.train(samples.tobytes(), labels.astype(np.uint8).tobytes()) == correct
    learner = host_learner(network, 1)
    for i in range(8):
        right = learner.step(x[i : i + 1], labels[i : i + 1]).correct
        assert model.train_step(samples[i].tobytes(), int(labels[i])) == bool(right)
    learnt = dict(network.parameters())
    names = ("block2.weights", "block2.head", "output.weights")
    expected = b"".join(learnt[name].astype("<i2").tobytes() for name in names)
    assert bytes(model.weights) == expected
    frozen = learnt["block1.weights"].astype("<i2").tobytes()
    assert model.crc() == zlib.crc32(frozen + expected)


def test_epochs(toy):
    module, samples, labels = toy
    data, marks = samples.tobytes(), labels.astype(np.uint8).tobytes()
    once, twice = module.Model("toy.weights"), module.Model("toy.weights")
    once.train(data, marks)
    last = once.train(data, marks)
    assert twice.train(data, marks, epochs=2) == last and once.crc() == twice.crc()


def learnt_model(module, samples, steps):
    model = module.Model("toy.weights")
    for i in range(steps):
        model.train_step(samples[i].tobytes(), i % 3)
    return model


def learn_and_save(module, samples, path, steps):
    model = learnt_model(module, samples, steps)
    model.save(path)
    return model.crc()


def test_save_and_load(toy, tmp_path):
    module, samples, _ = toy
    crc = learn_and_save(module, samples, "learnt", 3)
    model = module.Model("toy.weights")
    assert model.crc() != crc
    assert model.load("learnt") == "learnt" and model.crc() == crc
    again = learn_and_save(module, samples, "learnt", 5)
    assert {p.name for p in tmp_path.glob("learnt*")} == {"learnt", "learnt.old"}
    assert module.Model("toy.weights").load("learnt") == "learnt"
    assert again != crc


def test_a_cut_at_any_operation_leaves_a_whole_file(toy, tmp_path, monkeypatch):
    module, samples, _ = toy
    crcs = [learn_and_save(module, samples, "learnt", steps) for steps in (2, 4)]

    class CutError(Exception):
        pass

    states = set()
    for cut in range(12):
        learn_and_save(module, samples, "learnt", 2)
        left = [cut]

        def count(real, left=left):
            def call(*arguments):
                if not left[0]:
                    raise CutError
                left[0] -= 1
                return real(*arguments)

            return call

        class Os:
            stat, sync = module.os.stat, count(lambda: None)
            remove, rename = count(module.os.remove), count(module.os.rename)

        opened = count(open)
        model = learnt_model(module, samples, 4)
        with monkeypatch.context() as patch:
            patch.setattr(module, "os", Os)
            patch.setattr(module, "open", opened, raising=False)
            try:
                model.save("learnt")
                finished = True
            except CutError:
                finished = False
        fresh = module.Model("toy.weights")
        name = fresh.load("learnt")
        states.add(name)
        assert fresh.crc() in crcs, f"cut at operation {cut}"
        assert fresh.crc() == crcs[1] or not finished
        if finished:
            break
    assert finished and len(states) == 2, states


def test_a_torn_file_is_refused_and_the_one_before_is_used(toy, tmp_path):
    module, samples, _ = toy
    before = learn_and_save(module, samples, "learnt", 2)
    learn_and_save(module, samples, "learnt", 4)
    whole = (tmp_path / "learnt").read_bytes()
    for size in (*range(0, 40), len(whole) // 2, len(whole) - 1):
        (tmp_path / "learnt").write_bytes(whole[:size])
        model = module.Model("toy.weights")
        assert model.load("learnt") == "learnt.old" and model.crc() == before
    for position in range(0, len(whole), 7):
        torn = bytearray(whole)
        torn[position] ^= 4
        (tmp_path / "learnt").write_bytes(torn)
        assert module.Model("toy.weights").load("learnt") == "learnt.old", position
    (tmp_path / "learnt.old").unlink()
    model = module.Model("toy.weights")
    crc = model.crc()
    with pytest.raises(ValueError, match=r"learnt: weights: damaged \(CRC-32 "):
        model.load("learnt")
    assert model.crc() == crc
    with pytest.raises(OSError):
        model.load("nowhere")


def test_wrong_weights_files(toy, tmp_path):
    module, samples, _ = toy
    whole = (tmp_path / "toy.weights").read_bytes()
    for bad in (b"", whole[:31], b"x" + whole[1:], whole[:5] + b"\x07" + whole[6:]):
        with pytest.raises(ValueError, match=r"^weights: not a weights file$"):
            module.Model(bad)
    with pytest.raises(ValueError, match=r"^weights: damaged \(\d+ bytes, expected \d+\)$"):
        module.Model(whole[:-2])
    for position in (40, len(whole) - 1):
        with pytest.raises(
            ValueError, match=r"^weights: damaged \(CRC-32 [0-9a-f]{8}, expected [0-9a-f]{8}\)$"
        ):
            module.Model(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
    other = weights_file(MODEL, make_plan(MODEL.network, "toy", "all", 3))
    with pytest.raises(ValueError, match=r"^weights: made for another model or --learn$"):
        module.Model(other)
    learn_and_save(module, samples, "learnt", 1)
    with pytest.raises(ValueError, match=r"^weights: what was learnt only"):
        module.Model("learnt")


def test_learnt_weights_of_another_model_are_refused(toy, tmp_path):
    module, samples, _ = toy
    learn_and_save(module, samples, "learnt", 1)
    other = MODEL.network.copy()
    other.blocks[0].weights[0, 0, 0, 0] ^= 1
    changed = replace(MODEL, network=other)
    model = module.Model(weights_file(changed, make_plan(other, "toy", "last:1", 3)))
    with pytest.raises(ValueError, match=r"learnt: weights: learnt from another model"):
        model.load("learnt")


def test_wrong_arguments(toy):
    module, samples, _ = toy
    model, sample = module.Model("toy.weights"), samples[0].tobytes()
    crc = model.crc()
    rejected = [
        (TypeError, "sample: expected 72 integers of type 'b' or their 72 bytes", lambda: model.predict(3)),
        (TypeError, "sample: expected 72 integers", lambda: model.predict(array("h", [0] * 72))),
        (ValueError, "sample: expected 72 integers", lambda: model.predict(sample[:-1])),
        (ValueError, "out: expected 3 bytes", lambda: model.logits(sample, bytearray(4))),
        (TypeError, "out: expected 3 bytes", lambda: model.logits(sample, bytes(3))),
        (TypeError, "label: expected a whole number from 0 to 2", lambda: model.train_step(sample, "1")),
        (ValueError, "label: expected a whole number from 0 to 2", lambda: model.train_step(sample, 3)),
        (ValueError, "label: expected a whole number from 0 to 2", lambda: model.train_step(sample, -1)),
        (ValueError, "sample", lambda: model.train_step(sample + b"1", 1)),
        (
            ValueError,
            "labels: expected one byte a sample, each from 0 to 2",
            lambda: model.train(sample, b"\3"),
        ),
        (TypeError, "labels: expected one byte a sample", lambda: model.train(sample, 1)),
        (ValueError, "samples: expected 72 bytes a label", lambda: model.train(sample, b"\1\1")),
        (ValueError, "labels: expected one byte a sample", lambda: model.train(b"", b"")),
        (TypeError, "epochs: expected a whole number, 1 or more", lambda: model.train(sample, b"\1", "2")),
        (TypeError, "epochs: expected a whole number", lambda: model.train(sample, b"\1", epochs=1.5)),
        (ValueError, "epochs: expected a whole number", lambda: model.train(sample, b"\1", epochs=0)),
        (TypeError, "path: expected a string", lambda: model.save(3)),
        (TypeError, "path: expected a string", lambda: model.load(None)),
        (TypeError, "weights: expected the path of a weights file, or its", lambda: module.Model(3)),
    ]
    for error, text, call in rejected:
        with pytest.raises(error) as caught:
            call()
        assert str(caught.value).startswith(text)
    with pytest.raises(AttributeError):  # an array of its own would not be looked at
        model.schedule = array("i", [1, 0, 0])
    model.schedule[0] = 0
    with pytest.raises(ValueError, match=r"schedule: expected three 32-bit integers, the first from 1 to"):
        model.train(sample, b"\1")
    assert model.crc() == crc


def test_without_learning(tmp_path, monkeypatch):
    samples, _ = export(tmp_path, learn="none", prefix="still")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("still")
    model = module.Model("still.weights")
    expected = MODEL.network.predict(MODEL.preprocessing.apply(samples))
    assert [model.predict(sample.tobytes()) for sample in samples] == expected.tolist()
    assert not hasattr(model, "train_step") and not hasattr(model, "save")
    assert model.crc() == zlib.crc32(bytes(model.weights))


NO_ALLOCATION = """
import gc, micropython, toy
model = toy.Model("toy.weights")
sample, label, out = bytearray({sample!r}), 1, bytearray(3)
samples, labels = bytearray({samples!r}), bytearray({labels!r})
gc.collect()
gc.disable()
before = gc.mem_alloc()
micropython.heap_lock()
model.predict(sample)
model.logits(sample, out)
model.train_step(sample, label)
model.train(samples, labels, 2)
micropython.heap_unlock()
print(gc.mem_alloc() - before, "%08x" % model.crc())
"""


@pytest.mark.parametrize("core", ["native", VIPER])
def test_nothing_is_allocated_while_it_works(tmp_path, core):
    """Under heap_lock the interpreter refuses any allocation with a MemoryError."""
    samples, labels = export(tmp_path, core=VIPER)
    if core == "native":
        (tmp_path / "_toy.py").unlink()
        sources = emit_module(MODEL, make_plan(MODEL.network, "toy", "last:1", 3))
        (tmp_path / "_toy.mpy").write_bytes(build_module(sources, "_toy", ARCHITECTURES["x64"]))
    data = {"sample": samples[0].tobytes(), "samples": samples.tobytes(), "labels": bytes(labels.tolist())}
    (tmp_path / "work.py").write_text(NO_ALLOCATION.format(**data))
    allocated, crc = run_script(tmp_path, "work.py").split()
    assert allocated == "0"
    network = MODEL.network.copy()
    x = MODEL.preprocessing.apply(samples)
    for batch, begins in ((1, (0,)), (3, (0, 3, 6, 0, 3, 6))):
        learner = host_learner(network, batch)
        for i in begins:
            marks = np.array([1]) if batch == 1 else labels[i : i + 3]
            learner.step(x[i : i + batch], marks)
    arrays = dict(network.parameters())
    names = ("block1.weights", "block2.weights", "block2.head", "output.weights")
    assert int(crc, 16) == zlib.crc32(b"".join(arrays[n].astype("<i2").tobytes() for n in names))


def test_the_header_is_what_the_host_writes(toy, tmp_path):
    module, samples, _ = toy
    learn_and_save(module, samples, "learnt", 0)
    whole, learnt = (tmp_path / "toy.weights").read_bytes(), (tmp_path / "learnt").read_bytes()
    fields, own = struct.unpack("<4sHHIIIII", whole[:28]), struct.unpack("<4sHHIIIII", learnt[:28])
    assert own == (*fields[:5], 0, *fields[6:]) and learnt[32:] == whole[32 + fields[5] :]


def test_the_example_runs(tmp_path):
    """Its endless loop twice, with a user who presses the button."""
    export(tmp_path, core=VIPER)
    text = emit_pure(MODEL, make_plan(MODEL.network, "toy", "last:1", 3))["example.py"]
    assert len(text.splitlines()) < 45
    text = text.replace("while True:", "for _ in range(2):").replace("    return None", "    return 1")
    (tmp_path / "main.py").write_text(text.replace("time.sleep(1)", "time.sleep(0)"))
    first, again = (run_script(tmp_path, "main.py").splitlines() for _ in range(2))
    assert first[0] == "nothing learnt yet" and again[0] == "learnt before: learnt.weights"
    assert set(first[1:] + again[1:]) <= set(MODEL.class_names) and len(first) == 3


@pytest.mark.parametrize("learn", ["none", "last:1"])
def test_the_stub_names_what_the_module_has(tmp_path, learn):
    files = emit_pure(MODEL, make_plan(MODEL.network, "toy", learn, 3))

    def public(text):
        model = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == "Model")
        return {f.name: len(f.args.args) for f in model.body if isinstance(f, ast.FunctionDef)}

    stub, face = public(files["toy.pyi"]), public(files["toy.py"])
    assert stub == {name: count for name, count in face.items() if name == "__init__" or name[0] != "_"}
