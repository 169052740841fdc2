"""Augmentation: equal to loops over pixels, determined by the generator, no random draws if disabled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad.errors import UsageError
from integrad.network.network import Network
from integrad.training.augmentation import Augmentation, mirror, shift
from integrad.training.specification import parse_spec
from integrad.training.trainer import Trainer


def slow_shift(x, margins, offsets):
    """One pixel at a time: what stood `offset - margin` further is here now, else the smallest value."""
    least = min(x.flatten().tolist())
    batch, channels, height, width = x.shape
    out = np.empty_like(x)
    for b, c, row, column in np.ndindex(batch, channels, height, width):
        top, left = offsets[b] if offsets.ndim == 2 else offsets
        y, z = row + top - margins[0], column + left - margins[1]
        out[b, c, row, column] = x[b, c, y, z] if 0 <= y < height and 0 <= z < width else least
    return out


def slow_mirror(x, chosen):
    width = x.shape[3]
    out = np.empty_like(x)
    for b, c, row, column in np.ndindex(x.shape):
        out[b, c, row, column] = x[b, c, row, width - 1 - column if chosen[b] else column]
    return out


def slow_apply(augmentation, x, rng):
    """The draws in the documented order."""
    batch, crop = len(x), augmentation.crop
    margins = (0 if x.shape[2] == 1 else crop, crop)
    highs = [2 * margin + 1 for margin in margins]
    if augmentation.by == "sample":
        if crop:
            x = slow_shift(x, margins, rng.integers(0, highs, (batch, 2)))
        return slow_mirror(x, rng.integers(0, 2, batch)) if augmentation.flip else x
    if crop and rng.integers(0, 2) == 1:
        x = slow_shift(x, margins, rng.integers(0, highs))
    if augmentation.flip and rng.integers(0, 2) == 1:
        x = slow_mirror(x, [1] * batch)
    return x


@st.composite
def batches(draw):
    """int8 (B, C, H, W); series (H = 1) among them."""
    shape = draw(st.tuples(*(st.integers(1, most) for most in (5, 3, 7, 9))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(-127, 128, shape).astype(np.int8)


@given(
    batches(), st.integers(0, 4), st.integers(0, 1), st.sampled_from(["batch", "sample"]), st.integers(0, 99)
)
def test_equals_single_pixels(x, crop, flip, by, seed):
    augmentation = Augmentation(crop, flip, by)
    before, rng, slow_rng = x.copy(), np.random.default_rng(seed), np.random.default_rng(seed)
    found = augmentation.apply(x, rng)
    assert np.array_equal(found, slow_apply(augmentation, x, slow_rng))
    assert found.dtype == np.int8 and found.shape == x.shape and found.flags.c_contiguous
    assert np.array_equal(x, before)
    assert rng.bit_generator.state == slow_rng.bit_generator.state


@given(batches(), st.data())
def test_shift_equals_single_pixels_at_every_offset(x, data):
    margins = np.array(data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
    one = st.tuples(*(st.integers(0, int(2 * margin)) for margin in margins))
    common = np.array(data.draw(one))
    assert np.array_equal(shift(x, margins, common), slow_shift(x, margins, common))
    own = np.array(data.draw(st.lists(one, min_size=len(x), max_size=len(x))))
    assert np.array_equal(shift(x, margins, own), slow_shift(x, margins, own))


IMAGE = np.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], np.int8)


@pytest.mark.parametrize(
    "offset, rows",
    [
        ((1, 1), [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ((0, 1), [[1, 1, 1], [1, 2, 3], [4, 5, 6]]),
        ((2, 1), [[4, 5, 6], [7, 8, 9], [1, 1, 1]]),
        ((1, 0), [[1, 1, 2], [1, 4, 5], [1, 7, 8]]),
        ((1, 2), [[2, 3, 1], [5, 6, 1], [8, 9, 1]]),
        ((0, 0), [[1, 1, 1], [1, 1, 2], [1, 4, 5]]),
        ((2, 2), [[5, 6, 1], [8, 9, 1], [1, 1, 1]]),
    ],
)
def test_shift_of_one_image(offset, rows):
    margins = np.array([1, 1])
    for offsets in (np.array(offset), np.array([offset])):
        assert shift(IMAGE, margins, offsets)[0, 0].tolist() == rows


def test_uncovered_pixels_hold_the_smallest_value_of_the_whole_batch():
    x = np.stack([np.full((2, 3, 3), 9, np.int8), np.full((2, 3, 3), 50, np.int8)])
    x[0, 1, 1, 1] = -3
    shifted = shift(x, np.array([1, 1]), np.array([[1, 1], [0, 1]]))
    assert np.array_equal(shifted[0], x[0])
    assert (shifted[1, :, 0] == -3).all() and (shifted[1, :, 1:] == 50).all()


def test_mirror_exchanges_left_and_right_of_the_chosen():
    x = np.concatenate([IMAGE, IMAGE + 10])
    assert np.array_equal(mirror(x, np.array([0, 1])), np.stack([x[0], x[1, :, :, ::-1]]))
    assert np.array_equal(mirror(x, 1), x[..., ::-1])
    assert np.array_equal(mirror(x, 0), x)


def ramp(batch, height=9, width=9):
    """Images whose pixels encode their positions, so that a shift can be read off the centre."""
    rows, columns = np.mgrid[:height, :width]
    return np.broadcast_to(10 * rows + columns + 1, (batch, 1, height, width)).astype(np.int8)


def offsets_of(images):
    middle = images[:, 0, 4, 4].astype(int) - 1
    return {(m // 10 - 4, m % 10 - 4) for m in middle}


def test_by_sample_every_offset_and_both_sides_turn_up():
    rng = np.random.default_rng(1)
    everywhere = {(row, column) for row in range(-2, 3) for column in range(-2, 3)}
    assert offsets_of(Augmentation(2, 0, "sample").apply(ramp(600), rng)) == everywhere
    mirrored = Augmentation(0, 1, "sample").apply(ramp(600), rng)[:, 0, 0, 0]
    assert set(mirrored.tolist()) == {1, 9} and 240 < (mirrored == 9).sum() < 360


def test_by_batch_all_samples_are_alike_and_half_the_batches_stay():
    rng = np.random.default_rng(1)
    changed = [Augmentation(2, 0, "batch").apply(ramp(3), rng) for _ in range(600)]
    assert all(len(offsets_of(images)) == 1 for images in changed)
    assert len(set.union(*map(offsets_of, changed))) == 25
    assert 250 < sum(offsets_of(images) == {(0, 0)} for images in changed) < 370
    mirrored = [Augmentation(0, 1, "batch").apply(ramp(3), rng)[:, 0, 0, 0].tolist() for _ in range(600)]
    assert all(corner in ([1] * 3, [9] * 3) for corner in mirrored)
    assert 240 < sum(corner == [9] * 3 for corner in mirrored) < 360


def test_a_series_moves_in_time_only():
    rng = np.random.default_rng(1)
    x = np.arange(1, 25, dtype=np.int8).reshape(1, 2, 1, 12).repeat(400, axis=0)
    shifted = Augmentation(3, 0, "sample").apply(x, rng)
    assert set(shifted[:, 0, 0, 5].tolist()) == set(range(3, 10))
    assert np.array_equal(shifted[:, 1, 0, 5], shifted[:, 0, 0, 5] + 12)


def test_without_crop_and_flip_nothing_is_drawn():
    rng = np.random.default_rng(1)
    x = ramp(4)
    for by in ("batch", "sample"):
        assert Augmentation(0, 0, by).apply(x, rng) is x
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state


@pytest.mark.parametrize(
    "augmentation, shape, words",
    [
        (Augmentation(crop=1), (20,), "augment_crop requires images or time series, "
                                      "but the samples are 20 features: disable it with --augment-crop 0"),
        (Augmentation(flip=1), (20,), "augment_flip requires images or time series, "
                                      "but the samples are 20 features: disable it with --no-augment-flip"),
        (Augmentation(crop=5), (1, 5, 9), "augment_crop of 5 is too large for samples of 1x5x9: "
                                          "set --augment-crop to less than 5"),
        (Augmentation(crop=9), (3, 1, 9), "samples of 3x1x9: set --augment-crop to less than 9"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_is_said(augmentation, shape, words):
    with pytest.raises(UsageError) as caught:
        augmentation.check(shape)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "augmentation, shape",
    [
        (Augmentation(), (20,)),
        (Augmentation(4, 1), (1, 5, 9)),
        (Augmentation(8, 1), (3, 1, 9)),
        (Augmentation(0, 1), (1, 1, 1)),
    ],
)
def test_what_can_be_changed_is_not_refused(augmentation, shape):
    augmentation.check(shape)
    x = np.zeros((2, *shape), np.int8)
    assert augmentation.apply(x, np.random.default_rng(0)).shape == x.shape


def train(images, y, **settings):
    trainer = Trainer(epochs=2, seed=3, **settings)
    network = Network(images.shape[1:], 2, parse_spec("mlp:6", images.shape[1:]))
    network.initialise(trainer.rng)
    trainer.fit(network, images, y)
    return network.weights_crc()


def test_training_is_repeatable_and_each_setting_matters():
    rng = np.random.default_rng(0)
    images, y = rng.integers(-127, 128, (40, 1, 5, 5)).astype(np.int8), rng.integers(0, 2, 40)
    runs = (
        {},
        {"augment_crop": 1},
        {"augment_crop": 1, "augment_by": "batch"},
        {"augment_flip": 1},
        {"augment_crop": 1, "augment_flip": 1},
    )
    crcs = [train(images, y, **settings) for settings in runs]
    assert len(set(crcs)) == len(runs)
    assert crcs == [train(images, y, **settings) for settings in runs]
    assert crcs[0] == train(images, y, augment_by="batch")


def test_only_training_samples_are_changed():
    """With learning off, validation of augmented training equals that of the samples as they are."""
    images = np.concatenate([ramp(30), 90 - ramp(30)])
    y = np.repeat([0, 1], 30)
    epochs = []
    for crop in (0, 2):
        trainer = Trainer(epochs=1, learn="none", augment_crop=crop)
        network = Network(images.shape[1:], 2, parse_spec("mlp:6", images.shape[1:]))
        for array in network.arrays().values():
            array[...] = np.random.default_rng(0).integers(-9000, 9001, array.shape)
        epochs += trainer.fit(network, images, y, images, y).epochs
    assert epochs[0].validation_loss == epochs[1].validation_loss == epochs[0].loss != epochs[1].loss


def test_fit_refuses_what_cannot_be_changed():
    trainer = Trainer(augment_crop=1)
    network = Network((4,), 2, parse_spec("mlp:6", (4,)))
    with pytest.raises(UsageError, match="augment_crop requires images or time series"):
        trainer.fit(network, np.zeros((4, 4), np.int8), np.array([0, 1, 0, 1]))
