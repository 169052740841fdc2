"""Hypothesis strategies that draw sessions of backpropagation: layers, rules, batches, weights, inputs."""

from backprop_sessions import BackpropSession, conv, dense, pool
from hypothesis import strategies as st

from integrad.errors import IntegradError
from integrad.learners.backprop_loss import LOSSES
from integrad.learners.backprop_scaling import CONSTANT, DELAYED
from integrad.learners.backprop_update import EXACT, NORMALISED
from integrad.network.backprop_blocks import ENCODINGS, LEAKS
from integrad.network.network import Network

OPTIONS = st.fixed_dictionaries(
    {},
    optional={"leak": st.sampled_from(LEAKS), "encoding": st.sampled_from(ENCODINGS), "bias": st.booleans()},
)
SIDES = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def layers(draw, shape):
    found = []
    for kind in draw(st.lists(st.sampled_from(["conv", "conv", "dense", "pool", "dropout"]), max_size=5)):
        maps = len(shape) == 3
        if kind == "dropout":
            layer = {"type": "dropout", "percent": draw(st.sampled_from([5, 50, 95]))}
        elif kind == "pool" and maps:
            layer = pool(draw(st.sampled_from(["max", "avg"])), *draw(SIDES))
        elif kind == "conv" and maps:
            layer = draw(convolutions(shape[0]))
        else:
            layer = dense(draw(st.integers(1, 70)), **draw(OPTIONS))
        try:
            shape = Network(shape, 2, [layer], "backprop").stages[0].output_shape
        except IntegradError:  # it does not fit in the map
            continue
        found.append(layer)
    return tuple(found)


@st.composite
def convolutions(draw, channels):
    groups = draw(st.sampled_from([g for g in range(1, channels + 1) if channels % g == 0]))
    kernel = draw(SIDES)
    padding = [draw(st.integers(0, k - 1)) for k in kernel]
    stride = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    outputs = groups * draw(st.integers(1, 4 if groups > 1 else 40))
    options = draw(OPTIONS) | ({"groups": groups} if groups > 1 else {})
    return conv(outputs, kernel, padding, stride, **options)


RATES = st.one_of(st.integers(1, 100), st.integers(1, 2**31 - 1))
RULES = st.tuples(
    RATES,
    st.sampled_from(list(LOSSES)),
    st.sampled_from([NORMALISED, EXACT]),
    st.sampled_from([DELAYED, CONSTANT]),
)


@st.composite
def sessions(draw):
    shape = draw(
        st.one_of(st.tuples(st.integers(1, 90)), st.tuples(st.integers(1, 9), *[st.integers(1, 9)] * 2))
    )
    return BackpropSession(
        shape,
        draw(st.one_of(st.integers(2, 11), st.just(255))),
        draw(layers(shape)),
        tuple(draw(st.lists(RULES, min_size=1, max_size=3))),
        tuple(draw(st.lists(st.one_of(st.integers(1, 9), st.integers(1, 70)), min_size=1, max_size=2))),
        draw(st.sampled_from(["all", "all", "all", "last:1", "last:2", "output", "none"])),
        draw(st.sampled_from(["calibrated", "calibrated", "any", "extreme"])),
        draw(st.sampled_from(["any", "extreme", "constant"])),
        draw(st.booleans()),
        draw(st.integers(0, 2**32 - 2)),
        output_bias=draw(st.booleans()),
    )
