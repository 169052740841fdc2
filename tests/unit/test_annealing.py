"""The annealed learning-rate schedule: exact roots, and what contradicts it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import make_parts, make_run, make_samples

from integrad.arithmetic import learning_rate_limit
from integrad.errors import IntegradError
from integrad.training.annealing import LEVELS, annealed
from integrad.training.trainer import Trainer


def test_an_annealed_rate_grows_by_the_same_factor_in_every_epoch():
    trainer, network = make_run(
        epochs=6, schedule="annealed", last_learning_rate_inv=4096, patience=1, stop_patience=1
    )
    history = trainer.fit(network, *make_parts())
    # 128 · 32^(k/5), in which 32^(1/5) is 2.
    assert [epoch.learning_rate_inv for epoch in history.epochs] == [128, 256, 512, 1024, 2048, 4096]
    assert history.stopped == "all 6 epochs completed"
    found = trainer.hyper_parameters
    assert (found["schedule"], found["last_learning_rate_inv"]) == ("annealed", 4096)
    assert (found["patience"], found["stop_patience"]) == (0, 0)


@given(
    first=st.integers(1, 2**31 - 1), factor=st.integers(1, 2**16), epochs=st.integers(1, 300), data=st.data()
)
@settings(max_examples=30, deadline=None)
def test_annealed_rates_are_roots_rounded_down(first, factor, epochs, data):
    last, epoch = min(first * factor, 2**31 - 1), data.draw(st.integers(1, epochs))
    found, n, k = annealed(first, last, epoch, epochs), epochs - 1, epoch - 1
    if n <= LEVELS:
        power = first ** (n - k) * last**k
        assert found**n <= power < (found + 1) ** n or n == 0
    assert annealed(first, last, 1, epochs) == first
    assert annealed(first, last, max(2, epochs), epochs) == last
    assert first <= found <= annealed(first, last, epoch + 1, epochs) <= last


def test_an_annealed_rate_ends_where_the_learner_says_or_at_the_limit():
    for learner, first, last in (("nitro-d", 128, 4096), ("pocket", 800, 25_600), ("backprop", 1, 8)):
        trainer = Trainer(learner, schedule="annealed")
        assert (trainer.learning_rate_inv, trainer.last_learning_rate_inv) == (first, last)
    trainer, network = make_run(epochs=2, schedule="annealed", last_learning_rate_inv=2**24)
    rates = [epoch.learning_rate_inv for epoch in trainer.fit(network, *make_samples(100, 1)).epochs]
    assert rates == [128, learning_rate_limit(3)]


def test_schedules_that_contradict_themselves():
    for learner, changes, words in (
        ("nitro-d", {"schedule": "quarters"}, "schedule must be plateau or annealed, not 'quarters'"),
        ("backprop", {"schedule": "plateau"}, "schedule must be quarters or annealed, not 'plateau'"),
        (
            "nitro-d",
            {"last_learning_rate_inv": 9},
            "last_learning_rate_inv 9: only the schedule annealed has it",
        ),
        (
            "nitro-d",
            {"schedule": "annealed", "last_learning_rate_inv": 127},
            "last_learning_rate_inv 127: is less than the first, 128",
        ),
        (
            "nitro-d",
            {"schedule": "annealed", "halvings": 2},
            "halvings 2: the schedule annealed replaces it; choose one",
        ),
    ):
        with pytest.raises(IntegradError) as caught:
            Trainer(learner, **changes)
        assert str(caught.value) == words
