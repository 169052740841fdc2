"""Mapping the labels of a data set to the classes of a model."""

import numpy as np
import pytest

from integrad.datasets.dataset import build_dataset
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.training.evaluation import match_labels

Y = np.array([0, 1, 2, 1, 0, 2])


def match(model_names, data_names):
    """Labels as class indices of the model; data_names None: the classes of the data are numbers."""
    x = np.arange(24, dtype=np.uint8).reshape(6, 4)
    model = Model(Network((4,), len(model_names), []), Preprocessing.fit(x, "F"), list(model_names))
    names = None if data_names is None else np.array(data_names)
    return match_labels(model, build_dataset("data", x, Y, class_names=names)).tolist()


def test_numbers_stand_for_the_classes_of_a_model_with_other_names():
    assert match(["cat", "dog", "emu"], None) == Y.tolist()
    assert match(["cat", "dog", "emu", "fox"], None) == Y.tolist()
    assert match(["0", "dog", "emu"], None) == Y.tolist()


def test_numbers_that_are_names_are_matched_as_names():
    assert match(["2", "1", "0"], None) == (2 - Y).tolist()
    assert match(["3", "0", "1", "2"], None) == (1 + Y).tolist()


def test_names_in_another_order():
    assert match(["cat", "dog", "emu"], ["emu", "dog", "cat"]) == (2 - Y).tolist()


@pytest.mark.parametrize(
    "model_names, data_names, unknown",
    [
        (["cat", "dog", "emu"], ["cat", "dog", "fox"], "fox"),
        (["1", "2", "3"], None, "0"),
        (["cat", "dog"], None, "0"),
        (["0", "1"], None, "2"),
    ],
)
def test_what_the_model_does_not_know_is_named(model_names, data_names, unknown):
    with pytest.raises(IntegradError, match=f"does not know the class {unknown}, only {model_names[0]}"):
        match(model_names, data_names)
