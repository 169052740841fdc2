"""What choose_training decides, and that options win and fit together."""

from dataclasses import replace

import numpy as np
import pytest

from integrad.datasets.dataset import build_dataset
from integrad.errors import UsageError
from integrad.training.defaults import choose_training
from integrad.training.specification import load_spec
from integrad.training.splits import count_untested, split_dataset
from integrad.training.trainer import FIRST_HALF
from integrad.training.training_run import TrainingRun


def make(samples=120, classes=3, shape=(5,), **changes):
    """Zeros: nothing is trained on them."""
    return build_dataset(
        "toy", np.zeros((samples, *shape), np.uint8), np.arange(samples) % classes, **changes
    )


def chosen(dataset, spec="mlp:8", settings=None, **options):
    choice = choose_training(dataset, spec, settings, **options)
    names = ("steps", "epochs", "batch_size", "loss", "keep")
    return (choice.learner, choice.validation_percent, *(choice.settings.get(name) for name in names))


SMALL = ("backprop", 0, 8000, None, 16, "squared", "last")
NITRO = ("nitro-d", 10, None, None, 16, None, None)


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, SMALL),
        ({"learner": "nitro-d"}, NITRO),
        ({"learner": "pocket"}, ("pocket", *NITRO[1:])),
        ({"settings": {"amplification": 16}}, NITRO),
        ({"settings": {"schedule": "plateau"}}, NITRO),
        ({"settings": {"schedule": "annealed"}}, SMALL),
        ({"settings": {"loss": "cross-entropy"}}, (*SMALL[:5], "cross-entropy", "last")),
        ({"settings": {"epochs": 7}}, ("backprop", 0, None, 7, 16, "squared", "last")),
        ({"settings": {"steps": 70}}, ("backprop", 0, 70, None, 16, "squared", "last")),
        ({"validation_percent": 20}, ("backprop", 20, 8000, None, 16, "squared", "best")),
        ({"by_class": True}, ("backprop", 10, 8000, None, 16, "squared", "best")),
        ({"settings": {"keep": "best"}}, ("backprop", 10, 8000, None, 16, "squared", "best")),
        ({"validation_percent": 20, "settings": {"keep": "last"}}, ("backprop", 20, *SMALL[2:])),
        ({"settings": {"batch_size": 4}}, ("backprop", 0, 8000, None, 4, "squared", "last")),
        ({"spec": "nitro:mlp-1"}, ("nitro-d", 10, None, 150, 64, None, None)),
        ({"spec": "backprop:mlp-1"}, ("backprop", 10, None, 30, 64, "cross-entropy", None)),
    ],
)
def test_few_samples(options, expected):
    assert chosen(make(), **options) == expected


def test_a_network_file_keeps_its_settings(tmp_path):
    path = tmp_path / "n.toml"
    path.write_text("[[layer]]\ntype='dense'\nunits=5\n[learning]\nepochs=9\n")
    assert chosen(make(), str(path)) == ("nitro-d", 10, None, 9, 16, None, None)


@pytest.mark.parametrize(
    "samples, classes, expected",
    [
        (4_999, 16, ("backprop", 0, 8000, None, 16, "squared", "last")),
        (4_999, 17, ("backprop", 0, 8000, None, 16, "cross-entropy", "last")),
        (5_000, 10, ("backprop", 10, None, 128, 32, "squared", "average")),
        (20_000, 26, ("backprop", 10, None, 30, 64, "cross-entropy", "average")),
    ],
)
def test_samples_and_classes(samples, classes, expected):
    """All samples are for training, as the mask of tests marks others."""
    dataset = make(samples + 50, classes, test=np.arange(samples + 50) >= samples)
    assert chosen(dataset) == expected


@pytest.mark.parametrize(
    "samples, options, expected",
    [
        (9_000, {"settings": {"keep": "best"}}, (10, "best")),
        (9_000, {"settings": {"keep": "last"}}, (0, "last")),
        (9_000, {"settings": {"keep": "average"}}, (10, "average")),
        (9_000, {"validation_percent": 20}, (20, "average")),
        (9_000, {"validation_percent": 0}, (0, "average")),
        (600, {"settings": {"keep": "average"}}, (0, "average")),
        (600, {"by_class": True, "settings": {"keep": "average"}}, (0, "average")),
    ],
)
def test_which_weights_are_kept(samples, options, expected):
    assert chosen(make(samples), **options)[1::5] == expected


def test_classes_are_drawn_evenly_in_the_first_half_where_few_samples_are_unbalanced():
    rare = np.arange(120) % 10 == 0  # 9 times as many others, before and after the test part is drawn
    test = np.arange(120) % 2 == 1  # which leaves the rare class twelve samples
    dataset = build_dataset("toy", np.zeros((120, 5), np.uint8), rare.astype(int), test=test)
    assert choose_training(dataset, "mlp:8").settings["balance"] == FIRST_HALF
    assert "evenly in the first half" in choose_training(dataset, "mlp:8").reason
    assert choose_training(dataset, "mlp:8", {"balance": 0}).settings["balance"] == 0
    assert "evenly" not in choose_training(dataset, "mlp:8", {"balance": 0}).reason
    for other in (make(), make(6_000)):
        assert "balance" not in choose_training(other, "mlp:8").settings
    evened = replace(dataset, test=~rare & (np.arange(120) > 25))
    assert "balance" not in choose_training(evened, "mlp:8").settings


def test_the_work_of_convolutions_limits_the_steps():
    dataset = make(shape=(2, 275), axes="CT")
    steps = chosen(dataset, "cnn:c8,p2,c16,p2,d32")[2]
    assert 1_000 < steps < 8_000
    assert chosen(dataset, "cnn:c64,c64,p2,c64,p2,d32")[2] == 1_000
    assert chosen(dataset, "cnn:c64,c64,p2,c64,p2,d32", {"steps": 8_000})[2] == 8_000
    assert chosen(dataset, "mlp:96,48")[2] == 8_000


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("holdouts", [[], ["who=b"]])
def test_samples_that_do_not_test_are_counted_as_the_split_draws_them(marked, holdouts):
    y, changes = np.arange(121) ** 2 % 7, {"test": np.arange(121) > 90} if marked else {}
    keys = {"who": np.array(["a", "b", "c"])[np.arange(121) % 3]}
    dataset = build_dataset("toy", np.zeros((121, 3), np.int8), y, keys=keys, **changes)
    split = split_dataset(dataset, np.random.default_rng(0), holdouts, 0)
    assert count_untested(dataset, holdouts) == len(split.train)


def test_the_reason_says_how_and_why():
    assert choose_training(make(), "mlp:8").reason == (
        "backprop, 8,000 steps in batches of 16, squared loss, the last weights of training on all 96 "
        "samples: too few to choose an epoch"
    )
    assert choose_training(make(), "mlp:8", {"epochs": 3}, validation_percent=20).reason == (
        "backprop, 3 epochs in batches of 16, squared loss, validation chooses the epoch"
    )
    assert choose_training(make(9_000), "mlp:8").reason == (
        "backprop, 128 epochs in batches of 32, squared loss, the average of the weights over the last "
        "third of the steps; validation only measures"
    )
    assert choose_training(make(9_000), "mlp:8", validation_percent=0).reason == (
        "backprop, 128 epochs in batches of 32, squared loss, the average of the weights over the last "
        "third of the steps, without validation"
    )
    assert choose_training(make(), "mlp:8", {"keep": "average"}).reason == (
        "backprop, 8,000 steps in batches of 16, squared loss, the average of the weights over the last "
        "third of the steps of training on all 96 samples: too few to choose an epoch"
    )
    assert choose_training(make(), "mlp:8", learner="nitro-d").reason == (
        "nitro-d, at most 100 epochs in batches of 16, validation chooses the epoch"
    )


def test_what_is_decided_trains():
    dataset = make()
    choice = choose_training(dataset, "mlp:8", {"steps": 3, "engine": "numpy", "seed": 1})
    run = TrainingRun.chosen(dataset, "mlp:8", choice)
    outcome = run.run()
    assert not run.chooses_epoch and outcome.train.samples == 96 and len(outcome.history.epochs) == 1


def biased(spec, **options):
    choice = choose_training(make(shape=(8, 8)), spec, layer_options=options)
    layers = load_spec(spec, (1, 8, 8), choice.learner, choice.layer_options).layers
    return [layer.get("bias", False) for layer in layers]


def test_the_first_layer_has_biases_if_it_is_dense():
    """Without, a network of ReLU layers cannot tell classes apart by their distance from the centre."""
    assert biased("mlp:8,4") == [True, False]
    assert biased("cnn:c2,p2,d4") == [False, False, False]
    assert biased("mlp:8,4", bias=False) == [False, False]
    assert biased("mlp:8,4", bias=True) == [True, True]


def test_a_spec_that_does_not_fit_is_refused():
    with pytest.raises(UsageError):
        choose_training(make(), "mlp:8,,")
    with pytest.raises(UsageError, match="is for the learner nitro-d, not for backprop"):
        choose_training(make(), "nitro:mlp-1", learner="backprop")


def test_validation_without_samples_chooses_nothing():
    dataset = build_dataset("three", np.zeros((3, 4), np.int8), np.array([0, 0, 1]))
    for learner in ("backprop", "nitro-d"):
        choice = choose_training(dataset, "mlp:4", learner=learner, validation_percent=50)
        assert choice.validation_percent == 0 and "validation chooses" not in choice.reason
