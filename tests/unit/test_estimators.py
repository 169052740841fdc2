"""The estimators of scikit-learn: its own checks, and the compiled C beside NumPy."""

import pickle
import subprocess
import sys
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from integrad import CompiledClassifier, IntegerClassifier, load
from integrad.errors import IntegradError, IntegradNote

SMALL = {"model": "mlp:12", "steps": 60}


@parametrize_with_checks([IntegerClassifier("mlp:16", steps=100)])
def test_scikit_learn_s_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegradNote)  # their data has constant columns
        check(estimator)


def flowers(count=160, classes=3, seed=0):
    """Columns of different units, float64 (count, 4), and labels that are text."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, count)
    x = rng.normal(size=(count, 4)) + 3 * np.eye(4)[y]
    return x * [1, 1e-3, 50, 1] + [0, 0, 1e5, 0], np.array(["iris", "poppy", "rose"])[y]


@pytest.fixture(scope="module")
def compiled():
    """A classifier that was fitted, and one that went on learning, in the C of this computer."""
    x, y = flowers()
    first = CompiledClassifier(**SMALL).fit(x[:100], y[:100])
    second = pickle.loads(pickle.dumps(first)).partial_fit(x[100:140], y[100:140])
    return first, second.partial_fit(x[140:141], y[140:141])


def test_compiled_classifiers_compute_the_same_bits(compiled):
    x, y = flowers()
    twin = IntegerClassifier(**SMALL).fit(x[:100], y[:100])
    first, second = compiled
    assert (first.decision_function(x) == twin.decision_function(x)).all()
    assert (first.predict_proba(x) == twin.predict_proba(x)).all()
    before = {name: array.copy() for name, array in twin.parameters_.items()}
    twin.partial_fit(x[100:140], y[100:140]).partial_fit(x[140:141], y[140:141])
    assert any((before[name] != array).any() for name, array in twin.parameters_.items())
    for name, array in twin.parameters_.items():
        np.testing.assert_array_equal(array, second.parameters_[name])
    assert (second.decision_function(x) == twin.decision_function(x)).all()


def test_the_compiled_code_is_what_decides(compiled):
    """Weights that are changed behind its back do not change its scores: they are in the program."""
    x, _ = flowers()
    first, _ = compiled
    scores = first.decision_function(x)
    other = clone(first)
    vars(other).update(vars(first) | {"parameters_": {n: a * 0 for n, a in first.parameters_.items()}})
    assert (other.decision_function(x) == scores).all()
    assert not pickle.loads(pickle.dumps(other)).decision_function(x).any()


def test_cross_validation_of_the_compiled_code():
    x, y = flowers(60)
    scores = [cross_val_score(kind("mlp:6", steps=30), x, y, cv=2, error_score="raise")
              for kind in (CompiledClassifier, IntegerClassifier)]  # fmt: skip
    np.testing.assert_array_equal(*scores)


def test_a_missing_compiler_is_named():
    with pytest.raises(IntegradError, match=r"host compiler nocc is not installed$"):
        CompiledClassifier(**SMALL, compiler="nocc").fit(*flowers(30))


def test_pipelines_searches_and_groups():
    x, y = flowers()
    groups = np.arange(len(x)) % 5
    pipeline = make_pipeline(StandardScaler(), IntegerClassifier(**SMALL))
    scores = cross_val_score(pipeline, x, y, groups=groups, cv=GroupKFold(2), error_score="raise")
    assert scores.min() > 0.8
    grid = {"integerclassifier__model": ["mlp:8", "mlp:16"], "integerclassifier__batch_size": [4, 16]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(x, y)
    assert search.score(x, y) > 0.8
    fitted = IntegerClassifier(**SMALL, validation=20).fit(x, y, groups=groups)
    assert fitted.to_model().training["validation_part"].startswith("whole groups")


def test_state_is_plain(tmp_path):
    """Arrays, text and numbers: what pickle, joblib and skops hold without executing anything."""
    x, y = flowers()
    fitted = IntegerClassifier(**SMALL).fit(x, y)
    plain = (str, int, float, type(None), np.ndarray)
    for value in vars(fitted).values():
        assert all(isinstance(v, plain) for v in (value.values() if isinstance(value, dict) else [value]))
    joblib.dump(fitted, tmp_path / "a.joblib")
    for other in (joblib.load(tmp_path / "a.joblib"), pickle.loads(pickle.dumps(fitted))):
        assert (other.decision_function(x) == fitted.decision_function(x)).all()
    fitted.to_model().save(tmp_path / "a.model")
    assert (load(tmp_path / "a.model").predict(x) == fitted.predict(x)).all()


def test_learning_sample_by_sample():
    x, y = flowers(200)
    learner = IntegerClassifier("mlp:12")
    learner.partial_fit(x[:60], y[:60], classes=["iris", "poppy", "rose", "tulip"])
    assert learner.to_model().network.learner == clone(learner).fit(x[:9], y[:9]).to_model().network.learner
    before = learner.score(x[60:], y[60:])
    for start in range(60, 140):
        learner.partial_fit(x[start : start + 1], y[start : start + 1])
    assert learner.score(x, y) > max(0.8, before)
    assert learner.predict_proba(x).shape == (200, 4)


@pytest.mark.parametrize("name", ["backprop", "pocket"])
def test_other_learners_go_on_learning(name):
    x, y = flowers(60)
    learner = IntegerClassifier("mlp:8", learner=name, steps=20).partial_fit(x, y, classes=np.unique(y))
    fitted = clone(learner).fit(x, y)
    before = fitted.decision_function(x)
    assert (fitted.partial_fit(x, y).decision_function(x) != before).any()
    assert fitted.to_model().network.learner == name


def test_probabilities_and_scores_agree_for_two_classes():
    x, y = flowers(classes=2)
    fitted = IntegerClassifier(**SMALL).fit(x, y)
    difference, probability = fitted.decision_function(x), fitted.predict_proba(x)[:, 1]
    assert difference.shape == (160,) and difference.dtype == np.int64
    assert ((difference > 0) == (fitted.predict(x) == "poppy")).all()
    assert (np.argsort(difference, kind="stable") == np.argsort(probability, kind="stable")).all()


def test_samples_with_axes_are_rows():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 255, (40, 16, 2)).astype(np.uint8), np.arange(40) % 2
    fitted = IntegerClassifier("cnn:c2,p2,d4", sample_shape=(16, 2), steps=4).fit(x.reshape(40, -1), y)
    assert fitted.to_model().preprocessing.axes == "TC"
    assert (fitted.to_model().predict(x) == [str(label) for label in fitted.predict(x.reshape(40, -1))]).all()


def test_integers_beyond_those_of_training_saturate():
    x, y = np.arange(40).reshape(20, 2), np.arange(20) // 10
    fitted = IntegerClassifier("mlp:4", steps=5).fit(x, y)
    limit = fitted.decision_function(np.full((1, 2), 2**15 - 1))
    assert (fitted.decision_function(np.full((1, 2), 10**6)) == limit).all()


@pytest.mark.parametrize(
    "parameters, data, message",
    [
        ({}, {"y": ["a"] * 30}, "y contains 1 class"),
        ({"model": "mlp"}, {}, "^model: "),
        ({"sample_shape": (3, 2)}, {}, r"sample_shape \(3, 2\) has 6 values, but X has 4 features"),
        ({"settings": {"epoch": 3}}, {}, "epoch: the learner .* has no such setting"),
        ({"steps": 1.5}, {}, "steps must be an integer"),
        ({"validation": 0.2}, {}, "validation is a percentage: 20 for a fifth"),
        ({"validation": 95}, {}, "validation 95 must be a whole number from 0 to 90"),
        ({"model": None}, {}, "model is None; expected a network such as"),
        ({"sample_shape": 4}, {}, "sample_shape 4: expected a tuple"),
        ({"sample_shape": (-4, -1)}, {}, r"sample_shape \(-4, -1\): every axis"),
        ({}, {"y": ["a", 1] * 15}, "y contains strings and other values, such as 'a' and 1"),
        ({}, {"y": np.array(["a", 1] * 15, object)}, "y contains strings and other values"),
        ({}, {"groups": [1, 2]}, r"groups has shape \(2,\)"),
        ({}, {"X": np.full((30, 4), 2**40)}, "exceeds int32"),
    ],
)
def test_bad_input_is_a_value_error(parameters, data, message):
    x, y = flowers(30)
    with pytest.raises(ValueError, match=message):
        IntegerClassifier(**SMALL | parameters).fit(**{"X": x, "y": y} | data)


def test_classes_of_partial_fit_are_checked():
    x, y = flowers(30)
    for arguments, message in [
        ({}, "classes must be passed"),
        ({"classes": ["iris"]}, "classes has 1 class"),
        ({"classes": ["iris", "rose"]}, "which is not among the classes"),
    ]:
        with pytest.raises(ValueError, match=message):
            IntegerClassifier(**SMALL).partial_fit(x, y, **arguments)
    fitted = IntegerClassifier(**SMALL).fit(x, y)
    with pytest.raises(ValueError, match="not those of the first call"):
        fitted.partial_fit(x, y, classes=["a", "b"])
    numbered = IntegerClassifier(**SMALL).fit(x, np.arange(30) % 2)
    with pytest.raises(ValueError, match=r"^y contains 7, which is not among the classes \[0 1\]"):
        numbered.partial_fit(x, np.arange(30) % 2 * 7)


def test_nothing_is_made_of_an_estimator_that_is_not_fitted():
    with pytest.raises(NotFittedError, match="IntegerClassifier instance is not fitted yet"):
        IntegerClassifier().to_model()


def test_without_scikit_learn_one_line_says_what_to_install():
    program = "import sys; sys.modules['sklearn'] = None; import integrad; integrad.IntegerClassifier"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("integrad.errors.IntegradError: ") and "pip install 'integrad[sklearn]'" in last
