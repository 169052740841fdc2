"""Scaling of floats, channel by channel, and the warnings about channels of which little is left."""

import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from integrad.cli import main
from integrad.datasets.channel_check import channel_warnings
from integrad.datasets.channels import describe_channels, formula
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError

RNG = np.random.default_rng(1)
PA = RNG.normal(101_325, 240, 400)
G = np.where(np.arange(400) % 2, 1.0, -1.0) + RNG.normal(0, 0.2, 400)


def raw_value(value, shift, offset):
    """Exact: round half to even, subtract, saturate."""
    return max(-32767, min(32767, round(Fraction(value) * Fraction(2) ** shift) - offset))


def check_raw(preprocessing, x):
    raw = preprocessing.raw(x)
    for column, scale in enumerate(preprocessing.scales):
        assert raw[:, column].tolist() == [raw_value(v, *scale) for v in x[:, column].tolist()]


def test_large_and_small_columns_both_survive():
    x = np.stack([PA, G], axis=1)
    preprocessing = Preprocessing.fit(x, "F")
    check_raw(preprocessing, x)
    for column in range(2):
        assert len(np.unique(preprocessing.apply(x)[:, column])) > 50
    assert channel_warnings(x, preprocessing) == []


def test_columns_of_one_magnitude_share_a_shift():
    x = RNG.normal(0, 1, (500, 8)) * np.linspace(1, 3, 8)
    preprocessing = Preprocessing.fit(x, "F")
    assert isinstance(preprocessing.float_shift, int) and preprocessing.float_offset is None
    assert set(preprocessing.describe()) == {
        "axes", "raw_dtype", "raw_shape", "offset", "mean", "mad", "float_shift"
    }  # fmt: skip


def test_channels_of_a_series_are_scaled_one_by_one():
    x = np.stack([RNG.normal(0, 500, (50, 20)), RNG.normal(0, 0.01, (50, 20))], axis=2)
    preprocessing = Preprocessing.fit(x, "TC")
    assert preprocessing.float_shift == (4, 19)
    raw = preprocessing.raw(x)
    assert raw.shape == x.shape and np.abs(raw).max() <= 32767
    np.testing.assert_array_equal(raw[..., 1], np.rint(x[..., 1] * 2**19))
    turned = Preprocessing.fit(np.moveaxis(x, 2, 1), "CT")
    np.testing.assert_array_equal(preprocessing.apply(x), turned.apply(np.moveaxis(x, 2, 1)))


def test_an_offset_keeps_small_changes_of_a_large_value():
    x = np.stack([1e6 + RNG.normal(0, 0.5, 300), G[:300]], axis=1)
    preprocessing = Preprocessing.fit(x, "F")
    (shift, offset), other = preprocessing.scales
    assert shift > 5 and offset % 2 == 0 and abs(offset - 1e6 * 2**shift) < 2**shift and other[1] == 0
    check_raw(preprocessing, x)
    assert (
        preprocessing.of_raw_samples().apply(preprocessing.raw(x)).tolist() == preprocessing.apply(x).tolist()
    )


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_no_training_sample_without_outliers_saturates(centre, spread, seed):
    noise = np.random.default_rng(seed).uniform(-1, 1, (60, 1))
    x = np.concatenate([centre + spread * noise, noise[::-1]], axis=1)
    preprocessing = Preprocessing.fit(x, "F")
    check_raw(preprocessing, x)
    assert np.abs(preprocessing.raw(x)).max() < 32767 or preprocessing.float_offset is None


def test_outliers_saturate_and_are_named():
    x = np.stack([G, G, np.full(400, 3.5)], axis=1)
    x[7, 0] = 1e7
    preprocessing = Preprocessing.fit(x, "F")
    assert len(np.unique(preprocessing.apply(x)[:, 0])) > 50
    constant, saturated = channel_warnings(x, preprocessing, ["one", "two", "three"])
    assert constant.startswith("column three: constant in the training samples") and "remove it" in constant
    assert saturated.startswith("column one (0.2%): limited") and "remove these outliers" in saturated


def test_lost_detail_is_named():
    x = np.zeros((400, 2))
    x[:, 1] = G
    x[:60, 0] = np.arange(60) + 1.0  # most values are 0, so there are no quartiles to go by
    x[60:64, 0] = 1e7
    preprocessing = Preprocessing.fit(x, "F")
    (line,) = channel_warnings(x, preprocessing)
    assert line.startswith("column 0 (") and "fewer than 16 distinct values" in line


def test_few_values_are_no_lost_detail():
    x = np.stack([G > 0, G, np.arange(400) % 10], axis=1).astype(float)
    assert channel_warnings(x, Preprocessing.fit(x, "F")) == []


def test_integers_keep_their_constants():
    x = np.array([[0, 10], [20, 10], [40, 10]], np.int16)
    preprocessing = Preprocessing.fit(x, "F")
    assert (preprocessing.float_shift, preprocessing.float_offset, preprocessing.scales) == (None, None, None)
    assert channel_warnings(x, preprocessing)[0].startswith("column 1: constant")
    assert [c.formula() for c in describe_channels(preprocessing)] == ["value", "value"]


def test_description_survives_json():
    preprocessing = Preprocessing.fit(np.stack([PA, G], axis=1), "F")
    assert preprocessing.float_offset is not None
    described = json.loads(json.dumps(preprocessing.describe()))
    assert Preprocessing.from_description(described) == preprocessing


@pytest.mark.parametrize(
    "changes",
    [
        {"float_shift": [1]},
        {"float_shift": [1, 65]},
        {"float_shift": [1, None]},
        {"float_offset": [0]},
        {"float_offset": [0, 2**31]},
        {"float_offset": 3},
        {"float_shift": None},
    ],
    ids=repr,
)
def test_hostile_scaling_is_refused(changes):
    good = Preprocessing.fit(np.stack([PA, G], axis=1), "F").describe()
    with pytest.raises(IntegradError, match=r"^preprocessing: float_"):
        Preprocessing.from_description(good | changes)


@pytest.mark.parametrize(
    ("scale", "text"),
    [((11, 0), "round(value * 2048)"), ((-2, 0), "round(value / 4)"), ((0, 6), "round(value) - 6"),
     ((3, -4), "round(value * 8) + 4")],
)  # fmt: skip
def test_formula(scale, text):
    assert formula(*scale) == text


def test_commands_show_the_scaling_in_original_units(tmp_path):
    path, model, report = tmp_path / "air.npz", tmp_path / "air.model", tmp_path / "report.json"
    x = np.stack([PA, G, np.ones(400)], axis=1)
    np.savez(path, x=x, y=np.arange(400) % 2, channel_names=["pressure", "acceleration", "unused"])
    result = CliRunner().invoke(main, ["data", str(path), "--json", str(report)])
    assert result.exit_code == 0, result.output
    assert "pressure" in result.output and "warning: column unused: constant" in result.output
    rows = json.loads(report.read_text())["channels"]
    assert abs(rows[0]["value_mean"] - 101_325) < 50 and rows[0]["value_lowest"] < 100_500
    assert rows[1]["device_receives"].startswith("round(value * ")
    arguments = ["train", str(path), "--model", "mlp:8", "--epochs", "8", "--out", str(model)]
    result = CliRunner().invoke(main, [*arguments, "--json", str(report)])
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text())["test_accuracy"] > 0.95, "the small column tells the class"
    assert "warning: column unused: constant in the training samples" in result.output
    result = CliRunner().invoke(main, ["info", str(model), "--json", str(report)])
    assert result.exit_code == 0 and "acceleration" in result.output
    assert json.loads(report.read_text())["channels"][0]["device_receives"] in result.output
