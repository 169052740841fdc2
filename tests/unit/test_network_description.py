"""Network descriptions: valid ones are preserved, invalid ones are rejected with the name of a field."""

import copy

import pytest

from integrad.arithmetic import ERROR_LIMIT, INT32_LIMIT, MAX_FAN_IN, SCALE, weight_limit
from integrad.errors import IntegradError
from integrad.network.description import MAX_LAYERS, check_description
from integrad.network.layer_types.checks import MAX_PARAMETERS
from integrad.network.network import Network

CONV = {
    "type": "conv",
    "channels": 4,
    "kernel": [3, 3],
    "stride": [1, 1],
    "padding": [1, 1],
    "alpha_inv": 4,
    "head_features": 64,
    "head_pool": "max",
}
DENSE = {"type": "dense", "units": 8, "alpha_inv": 4}
POOL = {"type": "max_pool", "size": [2, 2]}
DROPOUT = {"type": "dropout", "percent": 10}


def description(*layers, input_shape=(2, 8, 8), classes=3):
    return {"input_shape": list(input_shape), "classes": classes, "layers": copy.deepcopy(list(layers))}


def test_every_layer_is_accepted_and_described_again():
    given = description(CONV, POOL, DROPOUT, CONV | {"head_pool": "avg"}, POOL | {"type": "avg_pool"}, DENSE)
    assert Network.from_description(given).describe() == given


def test_groups_are_described_unless_there_is_one():
    """So that files of networks without groups stay the same, byte for byte."""
    some, one = description(CONV | {"groups": 2}), description(CONV | {"groups": 1})
    assert Network.from_description(some).describe() == some
    assert Network.from_description(one).describe() == description(CONV)
    assert one["layers"][0]["groups"] == 1, "the caller's description is left alone"


def test_the_fan_in_is_that_of_a_group():
    """A convolution of all the channels would be too wide."""
    wide = CONV | {"channels": 2**15, "kernel": [32, 32], "padding": [13, 13]}
    given = description(wide | {"groups": 2**15}, input_shape=(2**15, 8, 8), classes=2)
    check_description(given)
    with pytest.raises(IntegradError, match="elements, more than"):
        check_description(description(wide, input_shape=(2**15, 8, 8), classes=2))


def test_a_network_does_not_change_with_its_description():
    given = description(CONV)
    network = Network.from_description(given)
    given["layers"][0]["channels"] = 99
    network.describe()["layers"].clear()
    assert network.describe() == description(CONV)


BAD = {
    "no dict": (None, "exactly the fields"),
    "a field too many": (description() | {"bias": True}, "exactly the fields"),
    "biases of the output layer": (
        description() | {"output_bias": True},
        "no setting of the learner nitro-d",
    ),
    "biases or not": (description() | {"output_bias": 1}, "output_bias must be true or false"),
    "a field too few": ({"input_shape": [4], "classes": 2}, "exactly the fields"),
    "no shape": (description(input_shape=()), "input_shape must be a list of 1 or 3"),
    "two axes": (description(input_shape=(4, 4)), "input_shape must be a list of 1 or 3"),
    "empty axis": (description(input_shape=(2, 0, 8)), "input_shape must be an integer from 1"),
    "a shape of text": (description(input_shape="abc"), "input_shape must be"),
    "a float": (description(input_shape=(4.0,)), "input_shape must be an integer"),
    "a truth value": (description(classes=True), "classes must be an integer"),
    "one class": (description(classes=1), "classes must be an integer from 2 to 255"),
    "256 classes": (description(classes=256), "classes must be an integer from 2 to 255"),
    "layers of text": (description() | {"layers": "mlp"}, "layers must be a list"),
    "too many layers": (description(*[DROPOUT] * (MAX_LAYERS + 1)), f"at most {MAX_LAYERS}"),
    "no layer": (description(7), r"layers\[0\] must have one of the types"),
    "unknown layer": (description(DENSE, {"type": "lstm"}), r"layers\[1\] must have one of the types"),
    "unhashable type": (description({"type": []}), r"layers\[0\] must have one of the types"),
    "a key too many": (description(DENSE | {"bias": 1}), r"layers\[0\] \(dense\) must have exactly the keys"),
    "a key too few": (
        description({"type": "dense", "units": 3}),
        r"\(dense\) must have exactly the keys alpha_inv",
    ),
    "no units": (description(DENSE | {"units": 0}), "units must be an integer from 1"),
    "unknown slope": (description(DENSE | {"alpha_inv": 6}), "alpha_inv must be one of 3, 4"),
    "slope of text": (description(DENSE | {"alpha_inv": "4"}), "alpha_inv must be one of"),
    "12 percent": (description(DROPOUT | {"percent": 12}), "percent must be 5, 10"),
    "true percent": (description(DROPOUT | {"percent": True}), "percent must be"),
    "conv after dense": (description(DENSE, CONV), r"layers\[1\] \(conv\) requires feature maps"),
    "pool of features": (description(POOL, input_shape=(9,)), "requires feature maps, but follows"),
    "kernel of three": (description(CONV | {"kernel": [3, 3, 3]}), "kernel must be a list of 2"),
    "kernel of zero": (description(CONV | {"kernel": [0, 3]}), "kernel must be an integer from 1"),
    "stride of zero": (description(CONV | {"stride": [1, 0]}), "stride must be an integer from 1"),
    "negative padding": (description(CONV | {"padding": [-1, 0]}), "padding must be an integer from 0"),
    "padding as wide as the kernel": (
        description(CONV | {"padding": [1, 3]}),
        "padding must be smaller than the kernel",
    ),
    "kernel wider than the map": (
        description(CONV | {"kernel": [3, 11], "padding": [1, 1]}),
        "does not fit on a map of 8x8",
    ),
    "pool wider than the map": (description(POOL | {"size": [9, 1]}), "does not fit on a map of 8x8"),
    "no channels": (description(CONV | {"channels": 0}), "channels must be"),
    "no groups": (description(CONV | {"groups": 0}), "groups must be an integer from 1"),
    "true groups": (description(CONV | {"groups": True}), "groups must be an integer from 1"),
    "groups of a dense block": (description(DENSE | {"groups": 1}), r"\(dense\) must have exactly the keys"),
    "groups that do not divide the input": (
        description(CONV | {"groups": 4}),
        "groups of 4 must divide both its 2 input channels and its 4 channels",
    ),
    "groups that do not divide the channels": (
        description(CONV | {"groups": 2, "channels": 3}),
        "groups of 2 must divide both its 2 input channels and its 3 channels",
    ),
    "no head features": (description(CONV | {"head_features": 0}), "head_features must be"),
    "unknown head pool": (description(CONV | {"head_pool": "min"}), "head_pool must be max or avg"),
    "too many weights": (
        description(DENSE | {"units": 60000}, DENSE | {"units": 60000}),
        r"layers\[1\] \(dense\) has 3,600,000,000 elements",
    ),
    "too large an output": (
        description(input_shape=(60000, 60000, 1)),
        "output layer has 10,800,000,000 elements",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_descriptions_name_the_field(name):
    given, text = BAD[name]
    with pytest.raises(IntegradError, match=text) as caught:
        check_description(given)
    assert "\n" not in str(caught.value)


def test_the_largest_size_is_accepted_and_one_more_is_refused():
    assert MAX_PARAMETERS == 64 * 2**22
    check_description(description(input_shape=(2**12, 2**10, 1), classes=64))
    with pytest.raises(IntegradError, match="output layer has 272,629,760 elements, more than 268,435,456"):
        check_description(description(input_shape=(2**12, 2**10, 1), classes=65))


def test_255_classes_never_overflow_a_blocks_error():
    """The widest weights that any head can have allow 413 classes."""
    assert INT32_LIMIT // (ERROR_LIMIT * weight_limit(1)) == 413
    check_description(description(CONV, DENSE, classes=255))


@pytest.mark.parametrize("layers", [[], [{"type": "dense", "units": 1, "alpha_inv": 4}]])
def test_a_fan_in_whose_divisor_leaves_32_bits_is_refused(layers):
    assert SCALE * MAX_FAN_IN <= INT32_LIMIT < SCALE * (MAX_FAN_IN + 1)
    wide = description(*layers, input_shape=(256, 256, 129), classes=2)
    assert MAX_FAN_IN < 256 * 256 * 129
    with pytest.raises(IntegradError, match="inputs, more than the 8,388,607"):
        check_description(wide)


def test_a_head_whose_divisor_leaves_32_bits_is_refused():
    layer = CONV | {"channels": 129, "head_features": 2**28}
    with pytest.raises(IntegradError, match="head has"):
        check_description(description(layer, POOL, input_shape=(1, 256, 256), classes=2))
