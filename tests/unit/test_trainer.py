"""Training: reproducible bits, exact reports, and clear error messages."""

import numpy as np
import pytest
from toy import make_parts, make_run, make_samples

from integrad.arithmetic import learning_rate_limit
from integrad.errors import IntegradError
from integrad.network.network import Network
from integrad.training.divergence import DivergenceWatch, chance_threshold
from integrad.training.history import Epoch
from integrad.training.metrics import count_correct, count_predictions, is_unbalanced, macro_f1
from integrad.training.progress import Silent
from integrad.training.trainer import Trainer, halved
from integrad.training.training_state import TrainingState, draw_evenly


def test_seed_fixes_everything():
    def train(seed):
        trainer, network = make_run(seed=seed)
        return trainer.fit(network, *make_parts()), network.weights_crc()

    (history, crc), (again, crc_again), (_, other) = train(1), train(1), train(2)
    assert crc == crc_again != other
    assert history.epochs == again.epochs


def test_best_weights_are_kept_by_validation():
    trainer, network = make_run(epochs=15)
    parts = make_parts()
    history = trainer.fit(network, *parts)
    scores = [(epoch.validation_correct, -epoch.validation_loss) for epoch in history.epochs]
    assert history.best_epoch == 1 + scores.index(max(scores))
    correct, loss = count_correct(network, *parts[2:])
    assert (correct, loss) == (history.best.validation_correct, history.best.validation_loss)
    assert correct >= 50


def test_the_usual_learning_rate_follows_the_batch_but_not_below_four_samples():
    rates = {batch: Trainer(batch_size=batch).learning_rate_inv for batch in (1, 3, 4, 5, 16, 64)}
    assert rates == {1: 32, 3: 32, 4: 32, 5: 40, 16: 128, 64: 512}
    assert Trainer(batch_size=64, learning_rate_inv=3).learning_rate_inv == 3


def test_amplification_slows_the_blocks_down():
    def train(**settings):
        trainer, network = make_run(epochs=1, **settings)
        trainer.fit(network, *make_parts()[:2])
        return network

    usual, same, faster = train(), train(amplification=64), train(amplification=4)
    assert usual.weights_crc() == same.weights_crc() != faster.weights_crc()


def test_last_smaller_batch_is_trained_on():
    seen = []

    class Watch(Silent):
        def batch(self, position):
            seen.append(position)

    trainer, network = make_run(epochs=1, batch_size=16)
    trainer.fit(network, *make_samples(37, 1), progress=Watch())
    assert seen == [16, 32, 37]


def test_loss_is_the_exact_sum_of_squared_errors():
    trainer, network = make_run("mlp:8", epochs=1, learn="none")
    for array in network.arrays().values():
        array[...] = np.random.default_rng(0).integers(-32639, 32640, array.shape)
    x, y = make_samples(500, 3)
    history = trainer.fit(network, x, y)
    correct, loss = count_correct(network, x, y)
    assert loss > 2**16  # more than the widths of the operands hold
    assert (history.best.loss, history.best.correct) == (loss, correct)
    assert history.best.mean_loss == loss / 500


def test_plateau_refines_the_learning_rate_and_then_stops():
    notes = []

    class Watch(Silent):
        def note(self, text):
            notes.append(text)

    trainer, network = make_run("mlp:12", epochs=100, patience=3, stop_patience=8)
    parts = make_parts()
    history = trainer.fit(network, *parts, progress=Watch())
    rates = [epoch.learning_rate_inv for epoch in history.epochs]
    assert rates[0] == 128 and sorted(set(rates)) == [128 * 3**n for n in range(len(set(rates)))]
    assert len(set(rates)) > 1 and len(rates) < 100
    assert history.stopped == "the validation accuracy did not improve in 8 epochs"
    best = [epoch.validation_correct for epoch in history.epochs]
    assert len(best) - 8 == 1 + best.index(max(best))
    assert notes and all(note.startswith("plateau: learning_rate_inv is ") for note in notes)


def test_without_validation_the_last_weights_stay():
    trainer, network = make_run(epochs=4, patience=1, stop_patience=1)
    history = trainer.fit(network, *make_samples(100, 1))
    assert [epoch.learning_rate_inv for epoch in history.epochs] == [128] * 4
    assert history.best_epoch == 4 and history.best.validation_accuracy is None
    assert history.stopped == "all 4 epochs completed"


def test_a_budget_of_steps_takes_the_place_of_epochs():
    for samples, steps, epochs in ((205, 130, 10), (205, 136, 10), (205, 137, 11), (205, 3, 1), (205, 0, 8)):
        trainer, network = make_run(steps=steps)  # 13 steps are an epoch
        history = trainer.fit(network, *make_samples(samples, 1))
        assert len(history.epochs) == epochs, steps
        assert history.stopped == f"all {epochs} epochs completed"


def test_halvings_are_spread_evenly_over_the_training():
    trainer, network = make_run(epochs=5, halvings=2)
    rates = [epoch.learning_rate_inv for epoch in trainer.fit(network, *make_samples(100, 1)).epochs]
    assert rates == [128, 192, 256, 384, 512]
    assert [halved(100, 5, epoch, 3) for epoch in (1, 2, 3)] == [100, 600, 3200]
    assert halved(100, 5, 1, 1) == 100


def test_halvings_never_lead_beyond_the_limit():
    trainer, network = make_run(epochs=3, halvings=30)
    rates = [epoch.learning_rate_inv for epoch in trainer.fit(network, *make_samples(100, 1)).epochs]
    assert rates == [128, 128 << 15, learning_rate_limit(3)]


def test_the_last_weights_are_kept_on_request():
    settings = {"epochs": 40, "patience": 1, "stop_patience": 1}
    trainer, network = make_run(keep="last", **settings)
    history = trainer.fit(network, *make_parts())
    assert history.best_epoch == len(history.epochs) == 40
    assert {epoch.learning_rate_inv for epoch in history.epochs} == {128}
    correct, loss = count_correct(network, *make_parts()[2:])
    assert (correct, loss) == (history.best.validation_correct, history.best.validation_loss)
    trainer, other = make_run(**settings)
    assert len(trainer.fit(other, *make_parts()).epochs) < 40


def test_keeping_the_last_weights_never_gives_up():
    trainer, network = make_run("mlp:16", epochs=30, keep="last", learning_rate_inv=10**6)
    assert len(trainer.fit(network, *make_parts()).epochs) == 30


def test_classes_are_drawn_evenly_and_samples_take_turns():
    labels = np.repeat([4, 7, 9], [50, 9, 2])
    drawn = draw_evenly(labels, np.random.default_rng(1))
    counts = np.bincount(drawn, minlength=61)
    assert len(drawn) == 61 and sorted(np.bincount(labels[drawn])[[4, 7, 9]]) == [20, 20, 21]
    assert counts[:50].max() == 1 and set(counts[50:59]) <= {2, 3} and set(counts[59:]) <= {10, 11}
    assert not np.array_equal(drawn, draw_evenly(labels, np.random.default_rng(2)))
    assert len(draw_evenly(np.arange(5), np.random.default_rng(0))) == 5


def test_classes_are_drawn_evenly_in_the_first_half_of_the_epochs(monkeypatch):
    """Of five epochs, the first three; each sample once an epoch in the others."""
    evenly, start = [], TrainingState.start_epoch

    def watched(state, samples, balanced=None):
        evenly.append(balanced is not None)
        start(state, samples, balanced)

    monkeypatch.setattr(TrainingState, "start_epoch", watched)
    trainer, network = make_run(epochs=5, balance=2)
    trainer.fit(network, *make_parts())
    assert evenly == [True] * 3 + [False] * 2


def test_balance_learns_a_rare_class():
    x, y = make_samples(300, 1)
    kept = np.flatnonzero((y != 2) | (np.arange(300) % 20 == 0))
    tests = make_samples(300, 2)
    found = {}
    for balance in (0, 1):
        trainer, network = make_run(epochs=3, balance=balance)
        trainer.fit(network, x[kept], y[kept])
        found[balance] = np.mean(network.logits(tests[0]).argmax(axis=1)[tests[1] == 2] == 2)
    assert found[1] > found[0] + 0.2, found


def test_frozen_blocks_stay():
    trainer, network = make_run(epochs=2, learn="output")
    before = {name: array.copy() for name, array in network.arrays().items()}
    trainer.fit(network, *make_parts())
    changed = [name for name, array in network.arrays().items() if not np.array_equal(array, before[name])]
    assert changed == ["output.weights"]


def test_divergence_is_noticed_and_the_advice_names_a_value():
    trainer, network = make_run("mlp:16", epochs=10, learning_rate_inv=1)
    history = trainer.fit(network, *make_parts())
    assert "are at their limit" in history.warnings[0]
    assert history.warnings[0].endswith("; try the usual --learning-rate-inv 128")


def test_a_run_that_never_starts_is_said_but_not_given_up_where_it_takes_seconds(monkeypatch):
    def train():
        trainer, network = make_run("mlp:16", epochs=60, learning_rate_inv=10**6)
        return trainer.fit(network, *make_parts())

    history = train()
    assert len(history.epochs) == 60
    assert history.warnings == [
        "accuracy has been at chance for 39 epochs: the weights hardly change; "
        "try the usual --learning-rate-inv 128"
    ]
    monkeypatch.setattr("integrad.training.trainer.LARGE", 205)
    history = train()
    assert len(history.epochs) == 39 and history.stopped == "accuracy stayed at chance for 39 epochs"


def test_a_healthy_run_warns_of_nothing():
    trainer, network = make_run(epochs=40, stop_patience=0)
    assert trainer.fit(network, *make_parts()).warnings == []


def watched(*correct, samples=1000, saturated=True):
    """Warnings of a watch that sees these numbers of correct training samples; weights at their limit."""
    _, network = make_run("mlp:4")
    if saturated:
        for parameter in network.parameters():
            parameter.array[...] = parameter.limit
    watch = DivergenceWatch(chance_threshold(np.arange(samples) % 2), 0, steps=63)
    epochs = [Epoch(n, samples, 0, hits, None, None, None, 1) for n, hits in enumerate(correct, 1)]
    return [text for epoch in epochs if (text := watch.observe(network, epoch, 128, 128))]


def test_the_watch_does_not_contradict_the_accuracy_that_is_shown():
    assert watched(600, 700, 800, 990, 1000) == []  # weights at their limits, but it learns
    assert watched(1000, 1000, 995) == []
    said = watched(600, 900, 640)
    assert [text.partition(":")[0] for text in said] == ["training diverges"]
    assert watched(600, 900, *[500] * 8, saturated=False)[0].startswith(
        "accuracy fell back to chance 8 epochs"
    )
    assert "--amplification 16" in said[0]


def unbalanced_parts():
    """Of two classes, the second with a tenth of the samples."""
    x, y = make_samples(600, 4)
    keep = (y == 0) | ((y == 1) & (np.arange(600) % 10 == 0))
    return x[keep], y[keep]


def test_macro_f1_chooses_the_epoch_where_classes_are_unbalanced():
    parts = unbalanced_parts()
    assert is_unbalanced(parts[1]) and not is_unbalanced(make_parts()[1])
    trainer, network = make_run(epochs=12, stop_patience=0)
    history = trainer.fit(network, *parts, *make_samples(90, 5))
    scores = [(epoch.validation_f1, -epoch.validation_loss) for epoch in history.epochs]
    assert history.best_epoch == 1 + scores.index(max(scores))
    confusion, _ = count_predictions(network, *make_samples(90, 5))
    assert abs(macro_f1(confusion) * 10**6 - history.best.validation_f1) < 3
    assert all(epoch.validation_f1 is None for epoch in make_and_fit().epochs)


def make_and_fit():
    trainer, network = make_run(epochs=2)
    return trainer.fit(network, *make_parts())


@pytest.mark.parametrize(
    "setting, value",
    [
        ("batch_size", 0),
        ("batch_size", True),
        ("epochs", 0),
        ("epochs", "3"),
        ("learning_rate_inv", 0),
        ("learning_rate_inv", learning_rate_limit(2) + 1),
        ("decay_inv", -1),
        ("decay_inv", 2**31),
        ("head_decay_inv", 2**31),
        ("head_decay_inv", 2.0),
        ("seed", -1),
        ("patience", -1),
        ("augment_crop", -1),
        ("amplification", 0),
        ("amplification", 65),
        ("augment_flip", 2),
        ("augment_flip", True),
        ("steps", -1),
        ("halvings", 31),
    ],
)
def test_impossible_settings_are_named(setting, value):
    with pytest.raises(IntegradError, match=f"^{setting} must be an integer (from|of at least) "):
        Trainer(**{setting: value})


def test_more_classes_allow_a_smaller_rate_only():
    trainer, network = make_run(learning_rate_inv=learning_rate_limit(3) + 1)
    with pytest.raises(IntegradError, match="learning_rate_inv must be an integer from 1 to 11,184,810"):
        trainer.fit(network, *make_parts())


def test_a_plateau_never_leads_beyond_the_limit():
    limit = learning_rate_limit(3)
    trainer, network = make_run("mlp:12", epochs=60, patience=1, stop_patience=0, learning_rate_inv=128)
    rates = [epoch.learning_rate_inv for epoch in trainer.fit(network, *make_parts()).epochs]
    assert max(rates) == rates[-1] == limit


X, Y = make_samples(20, 1)


@pytest.mark.parametrize(
    "x, y, words",
    [
        (X.astype(np.int16), Y, r"samples are int16 \(20, 16\), but the network expects int8 \(N, 16\)"),
        (X[:, :15], Y, r"samples are int8 \(20, 15\)"),
        (X[:0], Y[:0], "no samples"),
        (np.full_like(X, -128), Y, "a sample contains -128"),
        (X, Y[:19], "one integer label for each of the 20"),
        (X, Y.astype(float), "one integer label"),
        (X, None, "one integer label"),
        (X, Y + 1, "labels range from 1 to 3, but the network has 3 classes"),
        (X, Y - 1, "labels range from -1 to 1"),
    ],
)
def test_unfit_samples_are_refused(x, y, words):
    trainer, network = make_run()
    with pytest.raises(IntegradError, match=words):
        trainer.fit(network, x, y)
    if len(x):  # an empty validation set is none
        with pytest.raises(IntegradError, match=words):
            trainer.fit(network, X, Y, x, y)


def test_convolution_trains_too():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    x = (rng.integers(-40, 41, (80, 1, 6, 6)) + np.where(y == 0, -60, 60)[:, None, None, None]).astype(
        np.int8
    )
    layers = [
        {"type": "conv", "channels": 3, "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1], "alpha_inv": 4,
         "head_features": 16, "head_pool": "max"},
        {"type": "max_pool", "size": [2, 2]},
    ]  # fmt: skip
    network = Network((1, 6, 6), 2, layers)
    trainer = Trainer(epochs=15, batch_size=8)
    network.initialise(trainer.rng)
    history = trainer.fit(network, x.astype(np.int8), y)
    assert history.epochs[-1].train_accuracy == 1.0
