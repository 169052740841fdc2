"""Splits: disjoint, repeatable, by class or by whole groups."""

import numpy as np
import pytest

from integrad.datasets.dataset import build_dataset
from integrad.errors import IntegradError, UsageError
from integrad.training.splits import count_untested, record_split, recorded_split, select, split_dataset


def make_dataset(samples=200, test=False, speakers=5, group="speaker"):
    rng = np.random.default_rng(7)
    y = np.arange(samples) % 4
    return build_dataset(
        "toy",
        rng.integers(0, 256, (samples, 6), dtype=np.uint8),
        y,
        test=(np.arange(samples) % 10 == 9) if test else None,
        keys={
            "speaker": np.array([f"s{i // 4 % speakers}" for i in range(samples)]),
            "session": np.arange(samples) // 50,
        },
        group=group,
    )


def split(dataset, seed=0, *args, **kwargs):
    return split_dataset(dataset, np.random.default_rng(seed), *args, **kwargs)


def all_parts(s):
    return np.sort(np.concatenate([s.train, s.validation, s.test]))


def test_without_test_mark_or_holdout_a_fifth_of_every_class_tests():
    dataset = make_dataset(group=None)
    s = split(dataset)
    assert np.array_equal(all_parts(s), np.arange(200))
    assert np.bincount(dataset.y[s.test]).tolist() == [10] * 4
    assert np.bincount(dataset.y[s.validation]).tolist() == [4] * 4
    assert "20 %" in s.test_origin and "10 %" in s.validation_origin
    assert not np.array_equal(s.train, np.sort(s.train))  # shuffled: statistics are over the first of them


def test_test_mark_wins_and_held_out_samples_are_nowhere():
    dataset = make_dataset(test=True)
    s = split(dataset, 0, ["speaker=s1"])
    held = dataset.keys["speaker"] == "s1"
    assert np.array_equal(s.test, np.flatnonzero(dataset.test & ~held))
    assert not held[all_parts(s)].any()
    assert "test set" in s.test_origin


def test_held_out_samples_test_where_nothing_is_marked():
    dataset = make_dataset()
    s = split(dataset, 0, ["speaker=s1", "session=3"])
    held = (dataset.keys["speaker"] == "s1") | (dataset.keys["session"] == 3)
    assert np.array_equal(s.test, np.flatnonzero(held))
    assert np.array_equal(all_parts(s), np.arange(200))


def test_validation_keeps_groups_whole():
    dataset = make_dataset()
    s = split(dataset)
    speakers = dataset.keys["speaker"]
    assert not set(speakers[s.validation]) & set(speakers[s.train])
    assert len(set(speakers[s.validation])) == 1 and len(s.validation) * 10 >= len(s.train)
    assert s.validation_origin == f"whole groups: speaker={speakers[s.validation][0]}"
    by_class = split(dataset, by_class=True)
    assert len(set(speakers[by_class.validation])) > 1


@pytest.mark.parametrize("speakers, tests", [(3, 1), (5, 1), (10, 2)])
def test_whole_groups_test_as_close_to_a_fifth_as_they_allow(speakers, tests):
    dataset = make_dataset(speakers=speakers)
    names = dataset.keys["speaker"]
    drawn = set()
    for seed in range(8):
        s = split(dataset, seed)
        assert len(set(names[s.test])) == tests and not set(names[s.test]) & set(names[s.train])
        assert np.array_equal(all_parts(s), np.arange(200)) and s.notes == ()
        assert set(dataset.y[s.train]) == {0, 1, 2, 3} and s.test_origin.startswith("whole groups: speaker=s")
        assert count_untested(dataset, (), seed) == 200 - len(s.test)
        drawn.add(s.test_origin)
    assert len(drawn) > 1


def test_groups_of_one_class_leave_that_class_and_large_ones_do_not_test():
    y = np.repeat([0, 1, 2], 20)
    groups = np.arange(60) // 5  # four groups of each class
    dataset = build_dataset("toy", np.zeros((60, 2), np.int8), y, keys={"g": groups}, group="g")
    for seed in range(8):
        s = split(dataset, seed)
        assert set(y[s.train]) == {0, 1, 2} and 10 <= len(s.test) <= 15
    sizes = np.repeat(["a", "b", "c"], [100, 15, 5])
    dataset = build_dataset(
        "toy", np.zeros((120, 2), np.int8), np.arange(120) % 2, keys={"g": sizes}, group="g"
    )
    assert all(set(sizes[split(dataset, seed).test]) < {"b", "c"} for seed in range(8))


def test_groups_that_cannot_be_spared_are_not():
    one = split(make_dataset(speakers=1))
    assert "of every class" in one.validation_origin and len(one.validation) > 0
    assert "of every class" in one.test_origin
    assert [note.split(":")[0] for note in one.notes] == [
        "speaker has 1 group", "no group of speaker can be spared for validation",
    ]  # fmt: skip
    assert [note.split(":")[0] for note in split(make_dataset(speakers=2)).notes] == ["speaker has 2 groups"]
    assert split(make_dataset(speakers=2), by_class=True, holdouts=["speaker=s0"]).notes == ()
    dataset = make_dataset(samples=40, speakers=2)
    dataset.y[dataset.keys["speaker"] == "s0"] = 3  # s1 alone has the other classes
    for seed in range(5):
        assert set(dataset.y[split(dataset, seed).train]) == {0, 1, 2, 3}


def test_the_seed_fixes_the_split():
    dataset = make_dataset()
    for name in ("train", "validation", "test"):
        assert np.array_equal(getattr(split(dataset, 5), name), getattr(split(dataset, 5), name))
    assert not np.array_equal(split(dataset, 5).train, split(dataset, 6).train)


def test_no_validation_and_nothing_left():
    s = split(make_dataset(), 0, [], 0)
    assert len(s.validation) == 0 and s.validation_origin == "none"
    with pytest.raises(IntegradError, match="no samples remain for training"):
        split(make_dataset(), 0, [f"session={n}" for n in range(4)])


@pytest.mark.parametrize(
    "selector, words",
    [
        ("speaker", "expected KEY=VALUE, such as speaker=s0"),
        ("colour=red", "no key 'colour'; known keys: speaker, session"),
        ("speaker=s9", "no sample matches; values of speaker: s0, s1"),
        ("session=0.0", "values of session: 0, 1"),
    ],
)
def test_selectors_that_select_nothing(selector, words):
    with pytest.raises(UsageError) as caught:
        select(make_dataset(), [selector])
    assert words in str(caught.value)


def test_several_selectors_match_any():
    dataset = make_dataset()
    mask = select(dataset, ["speaker=s0", "speaker=s1", "session=2"])
    keys = dataset.keys
    assert np.array_equal(mask, np.isin(keys["speaker"], ["s0", "s1"]) | (keys["session"] == 2))


def test_a_recorded_split_is_found_again_also_that_of_an_older_version():
    dataset, plain = make_dataset(), make_dataset(group=None)
    for recorded in (dataset, plain):  # older versions drew from every class although there were groups
        s = split(recorded, 4)
        record = {"seed": 4, "data_sha256": dataset.sha256, "test_samples": len(s.test), **record_split(s)}
        assert np.array_equal(recorded_split(dataset, record).test, s.test)
        assert (recorded_split(plain, record) is None) == (recorded is dataset)
