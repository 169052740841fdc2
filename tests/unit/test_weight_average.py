"""The average of the weights over the end of a training run, against sums that the test keeps itself."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import CLASSES, FEATURES, make_parts, make_run

from integrad.errors import IntegradError, UsageError
from integrad.tensor_file import read_tensors, write_tensors
from integrad.training.metrics import count_correct
from integrad.training.progress import Silent
from integrad.training.specification import load_spec
from integrad.training.trainer import Trainer, TrainingInterrupted
from integrad.training.weight_average import EVERY, WeightAverage, is_averaged, nearest_mean

EPOCHS, BATCHES = 8, 13
STEPS = EPOCHS * BATCHES
ADDED = [step for step in range(1, STEPS + 1) if 3 * step > 2 * STEPS and step % 16 == STEPS % 16]


def nearest(total, count):
    """Half away from zero."""
    mean = Fraction(int(total), count)
    whole = int(abs(mean) + Fraction(1, 2))
    return whole if mean >= 0 else -whole


def make_backprop(encoding, **settings):
    trainer = Trainer("backprop", seed=1, epochs=EPOCHS, **settings)
    spec = load_spec("mlp:12", (FEATURES,), "backprop", {"encoding": encoding, "bias": True})
    network = spec.network((FEATURES,), CLASSES)
    network.initialise(trainer.rng)
    return trainer, network


@given(st.integers(-(2**61), 2**61), st.integers(1, 2**40))
def test_means_are_rounded_to_the_nearest(total, count):
    assert nearest_mean(np.array([total]), count)[0] == nearest(total, count)


@given(st.integers(1, 500))
def test_the_last_third_of_the_steps_is_averaged(steps):
    added = [step for step in range(1, steps + 1) if is_averaged(step, steps)]
    assert added[-1] == steps and 3 * added[0] > 2 * steps
    assert 3 * (added[0] - EVERY) <= 2 * steps and set(np.diff(added)) <= {EVERY}


class Watch(Silent):
    """Adds what an engine's network has after the steps of ADDED."""

    def __init__(self, network, read):
        self.network, self.read, self.step, self.total = network, read, 0, {}

    def batch(self, position):
        self.step += 1
        if self.step in ADDED[:-1]:
            self.add()

    def add(self):
        for name, values in self.read(self.network).items():
            self.total[name] = self.total.get(name, 0) + values.astype(object)


def arrays_of(network):
    return network.arrays()


def masters_of(network):
    """256 · weight + fraction, from the stored bytes."""
    arrays = {name: array.astype(int) for name, array in network.arrays().items()}
    roles = {"weights": "fraction", "bias": "bias_fraction"}
    found = {}
    for name, array in arrays.items():
        place, role = name.split(".")
        if role in roles:
            fraction = arrays.get(f"{place}.{roles[role]}")
            found[name] = array if fraction is None else 256 * array + fraction
    return found


def check_average(make, read):
    """Train the same run once to the last step without averaging, and once with it."""
    trainer, network = make(keep="last", engine="numpy")
    watch = Watch(network, read)
    trainer.fit(network, *make_parts(), progress=watch)
    watch.add()  # the weights after the last step
    trainer, network = make(keep="average", engine="numpy")
    history = trainer.fit(network, *make_parts())
    assert history.best_epoch == EPOCHS and len(ADDED) == 3
    for name, values in read(network).items():
        wanted = [nearest(total, len(ADDED)) for total in watch.total[name].ravel()]
        assert values.ravel().tolist() == wanted, name
    correct, loss = count_correct(network, *make_parts()[2:])
    assert (correct, loss) == (history.best.validation_correct, history.best.validation_loss)
    return network


def test_the_average_of_nitro_d():
    check_average(make_run, arrays_of)


@pytest.mark.parametrize("encoding", ["int8", "int16-master"])
def test_the_average_of_backprop(encoding):
    check_average(lambda **settings: make_backprop(encoding, **settings), masters_of)


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_engines_average_the_same_weights(engine):
    crcs = []
    for name in ("numpy", engine):
        trainer, network = make_run(keep="average", engine=name)
        trainer.fit(network, *make_parts())
        crcs.append(network.weights_crc())
    assert crcs[0] == crcs[1]


@pytest.mark.parametrize("step", [5, ADDED[0], ADDED[1] + 1, STEPS - 1, STEPS])
@pytest.mark.parametrize("make", [make_run, lambda **given: make_backprop("int16-master", **given)])
def test_a_resumed_run_has_the_same_average(tmp_path, make, step):
    trainer, network = make(keep="average")
    whole = trainer.fit(network, *make_parts())
    trainer, other = make(keep="average")

    class Stop(Silent):
        seen = 0

        def batch(self, position):
            self.seen += 1
            if self.seen == step:
                trainer.interrupt()

    path = tmp_path / "run.checkpoint"
    with pytest.raises(TrainingInterrupted):
        trainer.fit(other, *make_parts(), progress=Stop(), checkpoint=path)
    trainer, again = make(keep="average")
    assert trainer.fit(again, *make_parts(), checkpoint=path, resume=True).epochs == whole.epochs
    assert again.weights_crc() == network.weights_crc()


@pytest.fixture
def averaging(tmp_path):
    """A checkpoint with sums."""
    trainer, network = make_run(keep="average")
    path = tmp_path / "run.checkpoint"
    trainer.fit(network, *make_parts(), checkpoint=path)
    return path


def resume(path, **changes):
    trainer, network = make_run(**{"keep": "average"} | changes)
    return trainer.fit(network, *make_parts(), checkpoint=path, resume=True)


def test_the_number_of_epochs_belongs_to_an_averaged_run(averaging):
    with pytest.raises(UsageError, match="a run with epochs 8, not 9; repeat"):
        resume(averaging, epochs=9)


def rename(tensors):
    tensors["sum/block9.weights"] = tensors.pop("sum/block1.weights")


def widen(tensors):
    tensors["sum/block1.weights"] = tensors["sum/block1.weights"] * 0 + 2**40


def narrow(tensors):
    tensors["sum/block1.weights"] = tensors["sum/block1.weights"].astype(np.int32)


@pytest.mark.parametrize(
    "change, averaged, words",
    [
        (rename, 3, "the sums of weights are not those of this network"),
        (widen, 3, "the sum of block1.weights exceeds that of 3 weights"),
        (narrow, 3, "the sum of block1.weights is int32"),
        (lambda tensors: None, 0, "the sums of weights are not those of this network"),
        (lambda tensors: None, -1, "-1 is no number of averaged weights"),
        (lambda tensors: None, "3", "'3' is no number of averaged weights"),
    ],
)
def test_damaged_sums_are_refused(averaging, change, averaged, words):
    document, tensors = read_tensors(averaging, "integrad-checkpoint", 1)
    tensors = dict(tensors)
    change(tensors)
    document = {name: value for name, value in document.items() if name != "checksum"}
    write_tensors(averaging, "integrad-checkpoint", 1, document | {"averaged": averaged}, tensors)
    with pytest.raises(IntegradError) as caught:
        resume(averaging)
    assert str(caught.value).startswith(f"{averaging}: is damaged: {words}")


def test_an_average_needs_no_validation():
    trainer, network = make_run(keep="average")
    history = trainer.fit(network, *make_parts()[:2])
    assert history.best_epoch == EPOCHS and history.best.validation_accuracy is None


def test_nothing_added_checks():
    WeightAverage().check(make_run()[1])
