"""The functions and methods that `import integrad` offers; scikit-learn's estimators have tests of their
own."""

import pickle
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

import integrad
from integrad.api.probabilities import fit_temperature, softmax
from integrad.datasets import Dataset
from integrad.errors import IntegradError, IntegradNote, InvalidArgumentError
from integrad.execute.executors import numpy_executor
from integrad.model_file import load_model
from integrad.targets.cores import CORES
from integrad.training.defaults import choose_training
from integrad.training.training_run import TrainingRun

RNG = np.random.default_rng(5)
LABELS = np.array([3, 7, 20])
SMALL = {"model": "mlp:12", "steps": 150}


def table(count=150, seed=1):
    """Three classes by features of different units, float64 (count, 4), and labels with gaps."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, count)
    x = rng.normal(size=(count, 4)) * 0.4 + np.array([[0, 1, 2, 0], [2, 0, 1, 0], [1, 2, 0, 0]])[y]
    return x * [1, 0.01, 50, 1] + [0, 0, 101_325, 0], LABELS[y]


@pytest.fixture(scope="module")
def trained():
    x, y = table()
    return integrad.train(x, y, **SMALL)


def test_import_is_quick_and_light():
    program = (
        "import sys; before = set(sys.modules); import integrad; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before})); "
        "integrad.__version__; integrad.load_dataset; integrad.train; "
        "print(*sorted({'scipy', 'sklearn', 'matplotlib', 'torch', 'click'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, second = result.stdout.split("\n")[:2]
    assert set(first.split()) <= {"integrad", "importlib"}
    assert second == ""


def test_every_public_name_exists_and_is_in_the_stub():
    from importlib.resources import files

    stub = (files("integrad") / "__init__.pyi").read_text()
    for name in integrad.__all__:
        assert getattr(integrad, name) is not None and name in dir(integrad)
        assert f" {name}\n" in stub or f"{name}: " in stub, name
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        integrad.trian  # noqa: B018


def test_labels_come_back_as_they_were(trained):
    x, y = table()
    predicted = trained.predict(x)
    assert predicted.dtype == np.int64 and (predicted == y).mean() > 0.9
    assert trained.classes.tolist() == LABELS.tolist() and trained.class_names == ["3", "7", "20"]
    scores, probabilities = trained.scores(x), trained.predict_proba(x)
    assert scores.shape == probabilities.shape == (150, 3) and scores.dtype == np.int64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (trained.classes[probabilities.argmax(axis=1)] == predicted).all()


@pytest.mark.parametrize(
    "labels",
    [["old", "new", "worn"], [False, True], [-1, 1], [1.0, 2.0], np.array([5, 300], np.uint16)],
    ids=lambda labels: str(np.asarray(labels).dtype),
)
def test_labels_of_any_kind(labels, tmp_path):
    y = np.asarray(labels)[table()[1] % len(labels)]
    for given in (y, y.astype(object)) if y.dtype.kind == "U" else (y, y.tolist()):
        model = integrad.train(table()[0], given, "mlp:4", steps=10)
        assert np.isin(model.predict(table()[0]), y).all()
    model.save(tmp_path / "a.model")
    loaded = integrad.load(tmp_path / "a.model")
    assert loaded.classes.tolist() == np.unique(y).tolist()
    assert loaded.evaluate(table()[0], y).correct == (model.predict(table()[0]) == y).sum()


def test_no_sample_is_put_aside_unless_asked(trained):
    x, y = table()
    record = trained.training
    assert record["test_samples"] == 0 and record["test_part"] == "none"
    assert record["test_accuracy"] is None and "test_crc" not in record
    assert record["train_samples"] + record["validation_samples"] == len(x)
    test = np.arange(len(x)) % 5 == 0
    groups = np.arange(len(x)) % 4
    model = integrad.train(x, y, "mlp:4", steps=5, test=test, groups=groups, holdout="group=3")
    assert model.training["test_samples"] == (test & (groups != 3)).sum()


def test_held_out_samples_test():
    x, y = table()
    groups = np.arange(len(x)) % 4
    model = integrad.train(x, y, "mlp:4", steps=5, groups=groups, holdout="group=3")
    assert model.training["test_part"] == "held-out samples (group=3)"
    result = model.evaluate(x[groups == 3], y[groups == 3])
    assert model.training["test_samples"] == result.samples
    assert model.training["test_accuracy"] == result.accuracy


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float32),
        lambda x: x.astype(np.float16),
        lambda x: (x * 40).astype(np.int8),
        lambda x: (x * 40).astype(np.int64),
        lambda x: np.abs(x * 40).astype(np.uint8),
        lambda x: x > 1,
        lambda x: x.tolist(),
        lambda x: (x * 9).astype(int).astype(object),
    ],
    ids=["float32", "float16", "int8", "int64", "uint8", "bool", "list", "object"],
)
def test_samples_of_any_kind(convert):
    x = convert(table()[0] / [1, 0.01, 50, 1] - [0, 0, 2026.5, 0])
    model = integrad.train(x, table()[1], "mlp:8", steps=60)
    assert model.predict(x).shape == (150,)
    assert model.evaluate(x, table()[1]).accuracy > 0.5


def test_whole_numbers_suit_models_of_integers_and_of_floats():
    x = np.arange(60).reshape(20, 3)
    y = np.arange(20) // 10
    of_integers, of_floats = (integrad.train(values, y, "mlp:4", steps=5) for values in (x, x * 0.5))
    assert (of_integers.scores(x.astype(float)) == of_integers.scores(x)).all()
    assert (of_floats.scores(x) == of_floats.scores(x.astype(float))).all()
    with pytest.raises(InvalidArgumentError, match="contains fractions, but the model was trained on int16"):
        of_integers.scores(x * 0.5)


def test_a_data_set_trains_to_the_bits_of_the_command_line(tmp_path):
    from integrad.cli import main

    x, y = table()
    path = tmp_path / "data.npz"
    np.savez(path, x=x, y=y, class_names=["a", "b", "c"])
    options = ("--model", "mlp:8", "--steps", "40", "--seed", "3", "--out", str(tmp_path / "cli.model"))
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["train", str(path), *options])
    dataset = integrad.load_dataset(path)
    model = integrad.train(dataset, model="mlp:8", steps=40, seed=3)
    other = load_model(tmp_path / "cli.model")
    assert model.network.weights_crc() == other.network.weights_crc()
    added = {name: model.training.pop(name) for name in set(model.training) - set(other.training)}
    assert set(added) == {"temperature"} and model.training == other.training
    assert model.predict(dataset.x).dtype.kind == "U"
    result = model.evaluate(dataset)
    assert result.part == "test samples of the training run" and result.learnt_samples == 0
    assert result.accuracy == other.training["test_accuracy"]
    with pytest.raises(InvalidArgumentError, match="no temperature"):
        integrad.load(tmp_path / "cli.model").predict_proba(dataset.x)


def test_defaults_are_those_of_choose_training(trained):
    x, y = table()
    dataset, _ = integrad.api.arrays.as_dataset(x, y)
    assert isinstance(dataset, Dataset)
    choice = choose_training(dataset, "mlp:12", {"steps": 150})
    found = choice.settings, None, choice.validation_percent, False, choice.learner, choice.layer_options
    run = TrainingRun(dataset, "mlp:12", *found)
    assert run.run().model.network.weights_crc() == trained.network.weights_crc()


def test_a_model_is_shown_in_one_line(trained):
    crc = f"{trained.network.weights_crc():08x}"
    expected = f"<Model mlp:12 of backprop, samples (4,) of int16, 3 classes, CRC {crc}>"
    assert repr(trained) == str(trained) == expected


def test_evaluation(trained):
    x, y = table(60, 2)
    result = trained.evaluate(x, y)
    assert result.samples == 60 and result.correct == (trained.predict(x) == y).sum()
    assert result.confusion.sum() == 60 and set(result.by_class) == {"3", "7", "20"}
    assert 0 < result.macro_f1 <= 1 and result.accuracy == result.correct / 60
    assert trained.evaluate(x, [str(label) for label in y]).correct == result.correct


def test_saved_and_pickled_models_are_the_same(trained, tmp_path):
    x, _ = table()
    trained.save(tmp_path / "a.model")
    for other in (integrad.load(tmp_path / "a.model"), pickle.loads(pickle.dumps(trained))):
        assert (other.scores(x) == trained.scores(x)).all()
        assert (other.predict_proba(x) == trained.predict_proba(x)).all()
        assert other.training == trained.training and type(other) is integrad.Model


def test_export_writes_what_the_command_writes(trained, tmp_path):
    paths = trained.export(tmp_path / "c", name="pump", learn="last:1", batch_size=4, recompute=True)
    assert tmp_path / "c/pump.h" in paths and all(path.is_file() for path in paths)
    assert "called as a library" in (tmp_path / "c/pump.h").read_text()
    assert "pump_train(" in (tmp_path / "c/pump.h").read_text()
    paths = trained.export(tmp_path / "py", target="micropython", arch="none")
    assert tmp_path / "py/model.py" in paths or any(path.suffix == ".py" for path in paths)
    for options, message in [
        ({"target": "rust"}, "target 'rust': must be c or micropython"),
        ({"name": "int"}, "int"),
        ({"learn": "some"}, "learn"),
        ({"learn": "last:2"}, "^learn 'last:2': the network has 1 block; the largest is last:1$"),
        ({"mip": "1.0"}, "^mip requires target micropython"),
        ({"learn": "all", "stash": "9"}, "^stash"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message):
            trained.export(tmp_path / "no", **options)
    assert not (tmp_path / "no").exists()
    (tmp_path / "file").touch()
    with pytest.raises(IntegradError, match=r"^folder .*file: is a file, expected a folder$"):
        trained.export(tmp_path / "file")


def test_no_more_blocks_learn_than_there_are():
    with pytest.raises(InvalidArgumentError, match=r"^learn 'last:9': the network has 1 block"):
        integrad.train(*table(), "mlp:4", learn="last:9")


def test_verification_compares_executors(trained, monkeypatch):
    """NumPy twice; the C and the cores are those of `integrad verify`."""
    monkeypatch.setattr(
        "integrad.api.model.c_executors",
        lambda device, cores, limit: [numpy_executor(device)] * (1 + len(cores)),
    )
    before = trained.network.weights_crc()
    first, second = trained.verify("m0", steps=3, batch_size=2)
    assert first.same_bits(second) and first.weights_crc != before == trained.network.weights_crc()
    assert len(trained.verify("all", steps=0)) == 1 + len(CORES)


def test_unknown_cores_are_refused(trained):
    with pytest.raises(InvalidArgumentError, match="m9"):
        trained.verify("m9")


def test_quantised_samples_are_what_a_device_receives(trained):
    x, _ = table(5, 3)
    raw = trained.quantise(x)
    assert raw.dtype == np.int16
    twin = integrad.Model.of(replace(trained, preprocessing=trained.preprocessing.of_raw_samples()))
    assert (twin.scores(raw) == trained.scores(x)).all()


def test_temperature_has_the_largest_likelihood():
    rng = np.random.default_rng(0)
    scores = rng.integers(-60, 60, (2000, 4))
    labels = np.array([rng.choice(4, p=row) for row in softmax(scores, 20.0)])
    assert fit_temperature(scores, labels) == pytest.approx(20, rel=0.2)


def test_series_and_images_keep_their_axes():
    x = RNG.integers(0, 200, (40, 24, 3)).astype(np.uint8)
    model = integrad.train(x, np.arange(40) % 2, "cnn:c2,p2,d4", steps=4, axes="TC")
    assert model.preprocessing.axes == "TC" and model.predict(x).shape == (40,)


class Frame:
    """What counts of a DataFrame."""

    columns = ("flow", "valve", "pressure", 4)

    def __array__(self, dtype=None, copy=None):
        return table()[0]


def test_columns_of_a_table_name_the_channels():
    model = integrad.train(Frame(), table()[1], "mlp:4", steps=5)
    assert model.channel_names == ["flow", "valve", "pressure", "4"]
    assert [channel.name for channel in model.channels] == model.channel_names
    assert (model.predict(Frame()) == model.predict(table()[0])).all()


def bad(**changes):
    """Arguments of train() with some of them replaced."""
    x, y = table()
    return {"x": x, "y": y, **SMALL} | changes


def hole(value):
    x, _ = table()
    x[7, 2] = value
    return x


@pytest.mark.parametrize(
    "arguments, message",
    [
        (bad(y=np.zeros(150, int)), "y contains a single class"),
        (bad(y=np.linspace(0, 1, 150)), "y contains fractions"),
        (bad(y=[None] * 150), "y consists of objects"),
        (bad(y=table()[1][:-1]), "x has 150 samples but y has 149"),
        (bad(y=None), "y is missing"),
        (bad(x=hole(np.nan)), r"x\[7, 2\] is nan"),
        (bad(x=hole(np.inf)), r"x\[7, 2\] is inf"),
        (bad(x=np.ones(150)), r"x has shape \(150,\)"),
        (bad(x=[[1, 2], [3]]), "x cannot be converted"),
        (bad(x=np.full((150, 2), 2**40)), "exceeds int32"),
        (bad(x=np.full((150, 2), "a")), "must be integers or floats"),
        (bad(model="mpl:12"), "^model: .* in 'mpl:12'"),
        (bad(model="mlp:12,"), "^model: "),
        (bad(model=None), "^model is None; expected a network such as"),
        (bad(validation=-1), "^validation -1 must be a whole number from 0 to 90"),
        (bad(validation=95), "^validation 95 must be"),
        (bad(validation=20.0), "^validation 20.0 must be"),
        (bad(validation="20"), "^validation 20 must be"),
        (bad(validation=0.2), "validation is a percentage: 20 for a fifth"),
        (bad(y=["a", 1, 2] * 50), "^y contains strings and other values, such as 'a' and 2"),
        (bad(axes="TC"), "^arrays: axes TC|^axes TC"),
        (bad(learner="magic"), "magic"),
        (bad(stepps=3), "stepps: the learner .* has no such setting"),
        (bad(steps="many"), "steps must be an integer"),
        (bad(seed=-1), "seed must be"),
        (bad(holdout="speaker=1"), "has no key 'speaker'"),
        (bad(groups=np.zeros(3)), r"group has shape \(3,\)"),
        (bad(class_names=["a"]), "class_names has 1 names"),
    ],
)
def test_bad_arguments_end_in_one_clear_line(arguments, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        integrad.train(**arguments)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, IntegradError)
    assert "\n" not in str(caught.value) and "--" not in str(caught.value)


def test_arguments_of_predictions_are_checked(trained):
    x, y = table()
    for call, message in [
        (lambda: trained.predict(x[0]), r"pass a single sample as x\[None\]"),
        (lambda: trained.predict(x[:, :3]), r"shape \(150, 3\), but the model expects \(samples, 4\)"),
        (lambda: trained.predict(hole(np.nan)), r"x\[7, 2\] is nan"),
        (lambda: trained.predict(hole(-np.inf)), r"x\[7, 2\] is -inf"),
        (lambda: trained.evaluate(x, y + 1), "does not know the class 21, only 3, 7, 20"),
        (lambda: trained.evaluate(x, y[:-1]), "x has 150 samples but y has 149 labels"),
        (lambda: trained.evaluate(x), "y"),
        (lambda: trained.quantise(x[:, :2]), "samples have shape"),
        (lambda: trained.quantise(hole(np.nan)), "nan"),
        (lambda: trained.calibrate(x[:3], y), "x has 3 samples"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message):
            call()
    assert trained.predict(x[:0]).shape == (0,)


def test_what_a_network_cannot_see_is_said():
    x, y = table()
    x[:, 3] = 1
    with pytest.warns(IntegradNote, match="column 3: constant") as caught:
        integrad.train(x, y, "mlp:4", steps=5)
    assert caught[0].filename == __file__
    x[:, 2] = 0
    with pytest.warns(IntegradNote, match="columns 2, 3: constant .* and tell the network .*; remove them"):
        integrad.train(x, y, "mlp:4", steps=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        integrad.train(*table(), **SMALL)


def test_the_name_of_a_file_is_no_sample():
    with pytest.raises(
        InvalidArgumentError, match=r"^x is 'table.csv'; read files with integrad.load_dataset"
    ):
        integrad.train("table.csv", model="mlp:4")


def test_a_class_that_is_never_predicted_is_named():
    x, y = table(60)
    y = np.where(np.arange(60) % 15 == 0, 7, 3)  # nothing tells them apart
    with pytest.warns(IntegradNote, match="no training sample is classified as 7: .* try balance=1, which"):
        integrad.train(x[:, :1], y, "mlp:4", steps=40, balance=0)
