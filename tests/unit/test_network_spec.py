"""The short notation: its meaning, and the reported positions of mistakes."""

import pytest

from integrad.errors import IntegradError, UsageError
from integrad.network.network import Network
from integrad.training.specification import parse_spec

IMAGE = (1, 32, 32)
SERIES = (3, 1, 64)
FEATURES = (20,)


def dense(units):
    return {"type": "dense", "units": units, "alpha_inv": 4}


def conv(channels, kernel=(3, 3), stride=(1, 1), padding=(1, 1), **groups):
    return {
        "type": "conv",
        "channels": channels,
        "kernel": list(kernel),
        "stride": list(stride),
        "padding": list(padding),
        "alpha_inv": 4,
        "head_features": 256,
        "head_pool": "max",
    } | groups


def max_pool(*size):
    return {"type": "max_pool", "size": list(size)}


@pytest.mark.parametrize(
    "text, shape, layers",
    [
        ("mlp:96,48", IMAGE, [dense(96), dense(48)]),
        ("mlp: 96 , x10,d48", FEATURES, [dense(96), {"type": "dropout", "percent": 10}, dense(48)]),
        (
            "cnn:p2,c8,p2,c16,p2,d48",
            IMAGE,
            [max_pool(2, 2), conv(8), max_pool(2, 2), conv(16), max_pool(2, 2), dense(48)],
        ),
        ("cnn:c4k5", IMAGE, [conv(4, (5, 5), (1, 1), (2, 2))]),
        ("cnn:c4s2", IMAGE, [conv(4, stride=(2, 2))]),
        ("cnn:c4k1s2", IMAGE, [conv(4, (1, 1), (2, 2), (0, 0))]),
        ("cnn:c4,dw,c6k1", IMAGE, [conv(4), conv(4, groups=4), conv(6, (1, 1), padding=(0, 0))]),
        (
            "cnn:c4,p2,dwk5s2",
            IMAGE,
            [conv(4), max_pool(2, 2), conv(4, (5, 5), (2, 2), (2, 2), groups=4)],
        ),
        ("cnn:dw", IMAGE, [conv(1)]),
        ("cnn:dws2", SERIES, [conv(3, (1, 3), (1, 2), (0, 1), groups=3)]),
        ("cnn:a4", IMAGE, [{"type": "avg_pool", "size": [4, 4]}]),
        ("cnn:d5", FEATURES, [dense(5)]),
        ("cnn:c8k5s2,p4", SERIES, [conv(8, (1, 5), (1, 2), (0, 2)), max_pool(1, 4)]),
    ],
)
def test_meaning(text, shape, layers):
    assert parse_spec(text, shape) == layers
    Network(shape, 3, layers)


@pytest.mark.parametrize(
    "text, shape, position, words",
    [
        ("mpl:96", IMAGE, 0, "expected mlp:…, cnn:…"),
        ("96,48", IMAGE, 0, "expected mlp:…, cnn:…, nitro:…, pocket:…, backprop:… or a path"),
        ("nitro", IMAGE, 0, "expected mlp:…, cnn:…"),
        ("mlp:", IMAGE, 4, "expected a number of units"),
        ("mlp:96,,48", IMAGE, 7, "expected a number of units"),
        ("mlp:96,48,", IMAGE, 10, "expected a number of units"),
        ("mlp:96,c8", IMAGE, 7, "expected a number of units"),
        ("mlp:96 48", IMAGE, 6, "expected a comma"),
        ("mlp:-3", IMAGE, 4, "expected a number of units"),
        ("mlp:٣", IMAGE, 4, "expected a number of units"),
        ("mlp:0", IMAGE, 4, "number from 1"),
        ("mlp:70000", IMAGE, 4, "number from 1 to 65,536"),
        ("mlp:1" + "0" * 5000, IMAGE, 4, "number from 1"),
        ("mlp:9,x7", IMAGE, 7, "5, 10, 15"),
        ("cnn:p2,q8,d48", IMAGE, 7, "expected cN[kK][sS], dw[kK][sS], pN, aN, dN or xP"),
        ("cnn:p2, q8", IMAGE, 8, "expected cN"),
        ("cnn:C8", IMAGE, 4, "expected cN"),
        ("cnn:c", IMAGE, 5, "expected a number after 'c'"),
        ("cnn:c8x", IMAGE, 6, "expected a comma, kK, sS or the end after 'c8'"),
        ("cnn:c8s1k3", IMAGE, 8, "after 'c8s1'"),
        ("cnn:p2s2", IMAGE, 6, "expected a comma or the end"),
        ("cnn:c0", IMAGE, 5, "number from 1"),
        ("cnn:p0", IMAGE, 5, "number from 1"),
        ("cnn:c8k4", IMAGE, 7, "odd kernel"),
        ("cnn:dw3", IMAGE, 6, "expected a comma, kK, sS or the end after 'dw'"),
        ("cnn:dwk4", IMAGE, 7, "odd kernel"),
        ("cnn:dws3", IMAGE, 7, "stride must be 1 or 2"),
        ("mlp:dw", IMAGE, 5, "expected a number after 'd'"),
        ("cnn:dw", FEATURES, 4, "the samples are 20 features: use mlp:"),
        ("cnn:d4,dw", IMAGE, 7, "'dw' does not fit here: a convolution cannot follow a dense block"),
        ("cnn:c8s3", IMAGE, 7, "stride must be 1 or 2"),
        ("cnn:p2,c8", FEATURES, 4, "'p2' does not fit here: a max-pool requires maps or time series"),
        ("cnn:c8", FEATURES, 4, "the samples are 20 features: use mlp:"),
        ("cnn:d4,c8", IMAGE, 7, "'c8' does not fit here: a convolution cannot follow a dense block"),
        ("cnn:d4,a2", IMAGE, 7, "an average-pool cannot follow a dense block"),
        ("cnn:p8,p8", IMAGE, 7, "a max-pool of 8x8 is larger than a map of 1x4x4"),
        ("cnn:p65", SERIES, 4, "a max-pool of 1x65 is larger than a map of 3x1x64"),
    ],
)
def test_mistake_is_shown_under_a_caret(text, shape, position, words):
    with pytest.raises(UsageError) as caught:
        parse_spec(text, shape)
    message, shown, caret = str(caught.value).split("\n")
    assert words in message
    assert shown.removesuffix("…") == f"  {text[:200]}"
    assert caret == f"  {' ' * position}^"


def test_networks_that_fit_no_model_file_are_refused():
    """Before their weights are drawn, which would take all memory."""
    layers = parse_spec("mlp:" + ",".join(["16384"] * 60), FEATURES)
    with pytest.raises(IntegradError, match="bytes of weights, more than the 2,147,483,648 supported"):
        Network(FEATURES, 3, layers)


def test_control_characters_are_not_repeated():
    with pytest.raises(UsageError) as caught:
        parse_spec("mlp:\x1b[2J\n", IMAGE)
    assert "\x1b" not in str(caught.value)
    assert str(caught.value).count("\n") == 2
