"""Metrics of predictions, compared with figures computed by hand."""

import numpy as np
import pytest

from integrad.network.network import Network
from integrad.training.metrics import class_scores, confusion_matrix, count_correct, macro_f1


def test_confusion_and_scores():
    confusion = confusion_matrix(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2]), 4)
    assert confusion.tolist() == [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    scores = class_scores(confusion)
    assert scores[0] == (1.0, pytest.approx(2 / 3), pytest.approx(4 / 5))
    assert scores[1] == (0.5, 0.5, 0.5)
    assert scores[2] == (0.5, 1.0, pytest.approx(2 / 3))
    assert scores[3] == (0.0, 0.0, 0.0)
    # The fourth class occurs nowhere and does not count.
    assert macro_f1(confusion) == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)


def test_count_correct_gives_the_exact_squared_error():
    network = Network((2,), 2, [])
    network.output.weights[...] = [[32639, 0], [0, 32639]]
    x = np.array([[127, -127], [-127, 127], [0, 0]], np.int8)
    # logits: 32639·127 // 512 saturates at ±127; the target is 32 for the labelled class
    correct, loss = count_correct(network, x, np.array([0, 0, 1]))
    assert correct == 1
    assert loss == (95**2 + 127**2) + (159**2 + 127**2) + 32**2
