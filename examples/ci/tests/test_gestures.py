"""The application: strokes of the sensor become announcements."""

import numpy as np
import pytest

BUDGET = 80_000
"""Instructions from the end of a stroke until it has been announced."""

PREDICTION = 0xC0
"""Kind of the frame that announces a gesture; then follow its class, of two bytes, and the scores."""


@pytest.mark.parametrize("digit", ["0", "5", "9"])
def test_a_drawn_digit_is_announced(dut, draw, strokes, digit):
    draw(strokes[digit])
    assert dut.expect(r"gesture: (\d)\r\n")[1] == digit


def test_a_gesture_is_announced_within_its_budget(dut, draw, model, strokes, costs):
    draw(strokes["5"])
    (instructions,) = costs.of_calls("recognise", model.begin)  # which is answered after the announcement
    assert "gesture: 5\r\n" in dut.text
    assert instructions <= BUDGET


def test_an_announcement_has_the_scores_that_the_host_computes(dut, draw, model, strokes, gestures):
    draw(strokes["3"])
    frame = dut.read_frame()
    scores = np.frombuffer(frame[6:], np.int8)
    same_stroke = gestures.x[gestures.test & (gestures.y == "3")][-1:]  # as data/make_data.py has cut it out
    assert frame[1] == PREDICTION and frame[4] == 3
    assert scores.tolist() == model.host.scores(same_stroke)[0].tolist()


def test_a_trembling_hand_draws_nothing(dut, draw, model):
    draw([(100 + i % 3, 100) for i in range(100)])
    model.begin()
    assert "gesture: " not in dut.text
