"""class Model, which a program on a board uses: with the plain backend in CPython, and in MicroPython."""

import ast
import importlib
import struct
import zlib
from array import array
from dataclasses import replace

import numpy as np
import pytest
from backends import PLAIN, VIPER, run_script
from backprop_cases import BACKPROP
from exports import MODEL, export, import_from, other_model
from file_power_cuts import older_file

from integrad.boards.learnt_file import learnt_file
from integrad.build.micropython_modules import ARCHITECTURES, build_module
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.training.stepper import Stepper
from integrad_codegen.micropython.export import emit_module
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import origin_crc, weights_file


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """(module, samples, labels) of an export in a folder that is the current one."""
    samples, labels = export(tmp_path)
    monkeypatch.chdir(tmp_path)
    return import_from(tmp_path, monkeypatch), samples, labels


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
    s = MODEL.schedule(batch)
    return Stepper.on_device(network, s, "last:1")


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
    learnt = network.arrays()
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


def test_a_torn_file_is_refused_and_the_one_before_is_used(toy, tmp_path):
    module, samples, _ = toy
    before = learn_and_save(module, samples, "learnt", 2)
    learn_and_save(module, samples, "learnt", 4)
    whole = (tmp_path / "learnt").read_bytes()
    for size in (*range(0, 40), len(whole) // 2, len(whole) - 1):
        (tmp_path / "learnt").write_bytes(whole[:size])
        model = module.Model("toy.weights")
        assert model.load("learnt") == "learnt.old" and model.crc() == before
    for position in (*range(0, 48, 7), *range(128, len(whole), 7)):  # between them, nothing is used
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
    stranger = BACKPROP["backprop"].model()  # of another learner
    for file in (
        other,
        weights_file(stranger, make_plan(stranger.network, "toy", "all", 3, stranger.constants)),
    ):
        with pytest.raises(ValueError, match=r"^weights: belong to another model or another --learn$"):
            module.Model(file)
    learn_and_save(module, samples, "learnt", 1)
    with pytest.raises(ValueError, match=r"^weights: learnt weights only"):
        module.Model("learnt")


def of_another_frozen_block(learn):
    network = MODEL.network.copy()
    network.blocks[0].weights[0, 0, 0, 0] ^= 1
    return replace(MODEL, network=network), make_plan(network, "toy", learn, 3)


@pytest.mark.parametrize("learn", ["all", "last:1", "output"])
@pytest.mark.parametrize("change", [other_model, of_another_frozen_block])
def test_learnt_weights_belong_to_the_model_they_were_learnt_on(learn, change, tmp_path, monkeypatch):
    """The board refuses them on another of the same layout, and pull does."""
    samples, _ = export(tmp_path, learn=learn)
    monkeypatch.chdir(tmp_path)
    module = import_from(tmp_path, monkeypatch)
    crc = learn_and_save(module, samples, "learnt", 3)
    learnt = (tmp_path / "learnt").read_bytes()
    found = learnt_file(MODEL, learnt, "learnt")
    home = found.model
    assert (found.learn, found.sequence, found.steps) == (learn, 1, 3)
    assert home.network.weights_crc() != MODEL.network.weights_crc()
    model = module.Model(weights_file(home, make_plan(home.network, "toy", learn, 3)))
    assert model.crc() == crc
    for other, plan in (change(learn), (home, make_plan(home.network, "toy", learn, 3))):
        model = module.Model(weights_file(other, plan))
        before = model.crc()
        with pytest.raises(ValueError, match=r"^learnt: weights: learnt on another model$"):
            model.load("learnt")
        assert model.crc() == before
        with pytest.raises(
            IntegradError, match=r"learnt: save 1: learnt from other weights than those of this model; pass"
        ):
            learnt_file(other, learnt, "learnt")
    # Files that named only what does not learn, and whole files, which name the same.
    whole = (tmp_path / "toy.weights").read_bytes()
    older = older_file(struct.unpack_from("<I", whole, 12)[0], module.backend.LAYOUT, learnt[128:])
    for data in (older, whole):
        (tmp_path / "learnt").write_bytes(data)
        with pytest.raises(ValueError, match=r"^learnt: weights: learnt on another model$"):
            module.Model("toy.weights").load("learnt")
        with pytest.raises(IntegradError, match=r"learnt: learnt from other weights"):
            learnt_file(MODEL, data, "learnt")


@pytest.mark.parametrize("name", ["backprop pooled", "backprop last", "backprop output"])
def test_8_bit_weights_are_saved_and_pulled_with_the_fractions_that_learn(name, tmp_path, monkeypatch):
    case = BACKPROP[name]
    learnt_on, (_, training, *_) = case.model(), case.actions()
    export(tmp_path, learnt_on, case.learn)
    monkeypatch.chdir(tmp_path)
    module = import_from(tmp_path, monkeypatch)
    model, network = module.Model("toy.weights"), learnt_on.network.copy()
    how = learnt_on.schedule(1), case.learn
    stepper = Stepper.on_device(network, *how, constants=learnt_on.constants)
    for sample, label in zip(training.samples, training.labels, strict=True):
        right = stepper.step(learnt_on.preprocessing.apply(sample[None]), label[None]).correct
        assert model.train_step(sample.tobytes(), int(label)) == bool(right)
    model.save("learnt")
    again = module.Model("toy.weights")
    assert again.crc() != model.crc()
    assert again.load("learnt") == "learnt" and again.crc() == model.crc()
    home = learnt_file(learnt_on, (tmp_path / "learnt").read_bytes(), "learnt")
    assert home.learn == case.learn and again.steps == home.steps == len(training.labels)
    for key, values in network.arrays().items():
        assert np.array_equal(home.model.network.arrays()[key], values), key
    assert any("fraction" in p.name and p.learns(stepper.rule.learn_set) for p in network.parameters())


def test_learnt_weights_make_no_model(tmp_path, monkeypatch):
    """Not even where everything learns, and they are all there."""
    samples, _ = export(tmp_path, learn="all")
    monkeypatch.chdir(tmp_path)
    module = import_from(tmp_path, monkeypatch)
    learn_and_save(module, samples, "learnt", 1)
    with pytest.raises(ValueError, match=r"^weights: learnt weights only"):
        module.Model("learnt")


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
        (TypeError, "label: expected an integer from 0 to 2", lambda: model.train_step(sample, "1")),
        (ValueError, "label: expected an integer from 0 to 2", lambda: model.train_step(sample, 3)),
        (ValueError, "label: expected an integer from 0 to 2", lambda: model.train_step(sample, -1)),
        (ValueError, "sample", lambda: model.train_step(sample + b"1", 1)),
        (
            ValueError,
            "labels: expected one byte per sample, each from 0 to 2",
            lambda: model.train(sample, b"\3"),
        ),
        (TypeError, "labels: expected one byte per sample", lambda: model.train(sample, 1)),
        (ValueError, "samples: expected 72 bytes per label", lambda: model.train(sample, b"\1\1")),
        (ValueError, "labels: expected one byte per sample", lambda: model.train(b"", b"")),
        (TypeError, "epochs: expected an integer, 1 or more", lambda: model.train(sample, b"\1", "2")),
        (TypeError, "epochs: expected an integer", lambda: model.train(sample, b"\1", epochs=1.5)),
        (ValueError, "epochs: expected an integer", lambda: model.train(sample, b"\1", epochs=0)),
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


@pytest.mark.parametrize("backend", ["native", VIPER])
def test_nothing_is_allocated_while_it_works(tmp_path, backend):
    """Under heap_lock the interpreter refuses any allocation with a MemoryError."""
    samples, labels = export(tmp_path, backend=VIPER)
    if backend == "native":
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
    arrays = network.arrays()
    names = ("block1.weights", "block2.weights", "block2.head", "output.weights")
    assert int(crc, 16) == zlib.crc32(b"".join(arrays[n].astype("<i2").tobytes() for n in names))


def export_example(folder, prefix="toy"):
    """An export whose main.py is the example: its endless loop twice, with a user who presses the button."""
    export(folder, backend=VIPER, prefix=prefix)
    text = emit_pure(MODEL, make_plan(MODEL.network, prefix, "last:1", 3))["example.py"]
    assert len(text.splitlines()) < 45
    text = text.replace("while True:", "for _ in range(2):").replace("    return None", "    return 1")
    (folder / "main.py").write_text(text.replace("time.sleep(1)", "time.sleep(0)"))


@pytest.mark.parametrize("prefix", ["toy", "model", "sample", "guess", "label", "button", "core", "weights"])
def test_the_example_runs(tmp_path, prefix):
    """Whatever the model is called."""
    export_example(tmp_path, prefix)
    first, again = (run_script(tmp_path, "main.py").splitlines() for _ in range(2))
    assert first[0] == "no learnt weights yet" and again[0] == "loaded: learnt.weights"
    assert set(first[1:] + again[1:]) <= set(MODEL.class_names) and len(first) == 3


def test_the_example_starts_whatever_files_there_are(toy, tmp_path):
    module, samples, _ = toy
    learn_and_save(module, samples, "learnt.weights", 2)
    whole = (tmp_path / "learnt.weights").read_bytes()
    other = module.Model(weights_file(*other_model()))
    other.save("other.weights")
    export_example(tmp_path)
    cases = [(".new", whole[:size], "not used: learnt.weights: weights: ") for size in (0, 20, 32, 50)]
    cases += [
        (
            "",
            (tmp_path / "other.weights").read_bytes(),
            "not used: learnt.weights: weights: learnt on another",
        )
    ]
    cases += [(".new", whole, "loaded: learnt.weights.new")]
    for ending, data, text in cases:
        for path in tmp_path.glob("learnt*"):
            path.unlink()
        (tmp_path / f"learnt.weights{ending}").write_bytes(data)
        first, again = (run_script(tmp_path, "main.py").splitlines() for _ in range(2))
        assert first[0].startswith(text) and len(first) == 3
        assert again[0] == "loaded: learnt.weights"


MEMORYVIEWS = """
import toy
from array import array

with open("toy.weights", "rb") as file:
    model = toy.Model(memoryview(file.read()))
data, labels, scores = {samples!r}, {labels!r}, [array("b", bytes(3)), bytearray(3)]
signed = array("b", data)
for out in scores + [memoryview(out) for out in scores]:
    model.logits(memoryview(data)[:72], out)
    print(bytes(out) == bytes(scores[0]), model.logits(memoryview(signed)[:72], out))
print(model.train(memoryview(signed), memoryview(labels)), "%08x" % model.crc())
"""


@pytest.mark.parametrize("backend", [VIPER, PLAIN])
def test_memoryviews_in_micropython(tmp_path, backend):
    """Where Python cannot tell whether a memoryview's bytes have signs."""
    samples, labels = export(tmp_path, backend=backend)
    data = {"samples": samples.tobytes(), "labels": bytes(labels.tolist())}
    (tmp_path / "work.py").write_text(MEMORYVIEWS.format(**data))
    *scores, trained = run_script(tmp_path, "work.py").splitlines()
    network, x = MODEL.network.copy(), MODEL.preprocessing.apply(samples)
    assert scores == [f"True {network.predict(x)[0]}"] * 4
    learner = host_learner(network, 3)
    correct = sum(learner.step(x[i : i + 3], labels[i : i + 3]).correct for i in (0, 3, 6))
    learnt = replace(MODEL, network=network)
    crc = origin_crc(make_plan(learnt.network, "toy", "last:1", 3))
    assert trained == f"{correct} {crc:08x}"


@pytest.mark.parametrize("learn", ["none", "last:1"])
def test_the_stub_names_what_the_module_has(tmp_path, learn):
    files = emit_pure(MODEL, make_plan(MODEL.network, "toy", learn, 3))

    def public(text):
        model = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == "Model")
        return {f.name: len(f.args.args) for f in model.body if isinstance(f, ast.FunctionDef)}

    stub, wrapper = public(files["toy.pyi"]), public(files["toy.py"])
    assert stub == {name: count for name, count in wrapper.items() if name == "__init__" or name[0] != "_"}


def test_floats_are_quantised_in_micropython(tmp_path):
    rng = np.random.default_rng(2)
    x = np.stack([rng.normal(101_325, 240, 300), rng.normal(0, 1, 300)], axis=1)
    preprocessing = Preprocessing.fit(x, "F")
    network = Network((2,), 3, [{"type": "dense", "units": 4, "alpha_inv": 4}])
    network.initialise(rng)
    model = Model(network, preprocessing, ["a", "b", "c"])
    export(tmp_path, model, "all", VIPER)
    values = [*x[:20].tolist(), [1e9, -1e9], [float("nan"), 0.5]]
    script = f"""
from toy import Model
nan = float("nan")
model = Model("toy.weights")
for values in {values!r}:
    sample = model.quantise(values)
    print(sample[0], sample[1], model.predict(sample))
"""
    (tmp_path / "main.py").write_text(script)
    lines = [list(map(int, line.split())) for line in run_script(tmp_path, "main.py").splitlines()]
    raw = model.quantise(values[:-1])
    expected = network.predict(preprocessing.apply(np.array(values[:-1])))
    assert [line[:2] for line in lines[:-1]] == raw.tolist()
    assert [line[2] for line in lines[:-1]] == expected.tolist()
    assert lines[-1][0] == -32767
