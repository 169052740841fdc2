"""Floats to raw values: the host, the C header, the wrapper for MicroPython and exact fractions agree."""

import ast
import re
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from integrad.build.toolchain import WARNINGS
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError
from integrad.model_file import Model, load_model, save_model
from integrad.network.network import Network
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.micropython.export import emit_micropython
from integrad_codegen.plan import make_plan

RNG = np.random.default_rng(5)
SERIES = np.stack([RNG.normal(0, 500, (60, 6)), RNG.normal(0, 0.01, (60, 6))], axis=2)
TRAINING = {
    "table": (np.stack([RNG.normal(101_325, 240, 300), RNG.normal(0, 1, 300)], axis=1), "F"),
    "one-scale": (RNG.normal(0, 1, (300, 5)), "F"),
    "channels-last": (SERIES, "TC"),
    "channels-first": (np.moveaxis(SERIES, 2, 1), "CT"),
    "integers": (RNG.integers(-500, 500, (300, 3)).astype(np.int16), "F"),
}


def model_of(name, names=None):
    x, axes = TRAINING[name]
    preprocessing = Preprocessing.fit(x, axes)
    network = Network(preprocessing.input_shape, 3, [{"type": "dense", "units": 4, "alpha_inv": 4}])
    network.initialise(np.random.default_rng(0))
    return Model(network, preprocessing, ["a", "b", "c"], channel_names=names)


def values_for(model):
    """Samples of float32 that include halves, saturated values and values that are not finite."""
    preprocessing = model.preprocessing
    rows = []
    for raw in (0.5, 1.5, -0.5, -2.5, 7.25, 32766.5, 32767.5, -32767.5, 1e6, -1e30, np.inf, -np.inf):
        row = np.empty(preprocessing.raw_shape)
        axis = preprocessing.axes.index("C") if "C" in preprocessing.axes else 0
        for channel, (shift, offset) in enumerate(preprocessing.scales):
            place = [slice(None)] * row.ndim
            place[axis] = channel
            row[tuple(place)] = (raw + offset) * 2.0**-shift
        rows.append(row)
    return np.concatenate([rows, training_floats(model)]).astype(np.float32)


def training_floats(model):
    return next(x for x, axes in TRAINING.values() if Preprocessing.fit(x, axes) == model.preprocessing)[:40]


FLOATS = [name for name in TRAINING if name != "integers"]


@pytest.mark.parametrize("name", FLOATS)
def test_host_equals_exact_fractions(name):
    model = model_of(name)
    values = values_for(model)
    raw = model.quantise(values)
    assert raw.dtype == np.int16 and raw.shape == values.shape
    axis = {"F": 1, "TC": 2, "CT": 1}[model.preprocessing.axes]
    for index in np.ndindex(values.shape):
        value, (shift, offset) = float(values[index]), model.preprocessing.scales[index[axis]]
        exact = value if np.isinf(value) else round(Fraction(value) * Fraction(2) ** shift) - offset
        assert raw[index] == max(-32767, min(32767, exact)), (value, shift, offset)
    np.testing.assert_array_equal(model.quantise(values[3]), raw[3])
    np.testing.assert_array_equal(model.quantise(values[3].tolist()), raw[3])


def run_c(folder, model, values, compiler):
    files = emit_c(model, make_plan(model.network, "toy", "none", 1))
    assert not any('"toy_quantise.h"' in text for text in files.values()), "no file includes it"
    write_files(files, folder)
    numbers = ", ".join(
        {"inf": "INFINITY", "-inf": "-INFINITY"}.get(str(v), f"{float(v)!r}f") for v in values.ravel()
    )
    program = f"""
#include "toy_quantise.h"
#include <math.h>
#include <stdio.h>

int main(void) {{
    static const float values[][TOY_INPUTS] = {{{numbers}}};
    for (unsigned i = 0; i < {len(values)}; i++) {{
        toy_raw sample[TOY_INPUTS];
        toy_quantise(sample, values[i]);
        for (unsigned k = 0; k < TOY_INPUTS; k++) {{
            printf("%d ", sample[k]);
        }}
    }}
    return 0;
}}
"""
    (folder / "main.c").write_text(program)
    strict = [*WARNINGS, "-Werror", "-Wfloat-equal", "-Wno-missing-braces"]
    strict += ["-fsanitize=undefined"] if compiler[0] == "gcc" else []
    subprocess.run([*compiler, *strict, "main.c", "-o", "main"], cwd=folder, check=True)
    printed = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout
    return np.array(printed.split(), int)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("compiler", [("gcc", "-std=c99"), ("clang", "-std=c99")], ids=lambda c: c[0])
def test_c_equals_the_host(tmp_path, name, compiler):
    model = model_of(name)
    values = values_for(model)
    raw = run_c(tmp_path, model, values, compiler)
    assert raw.tolist() == model.quantise(values).ravel().tolist()


@pytest.mark.parametrize("name", FLOATS)
def test_the_wrapper_equals_the_host(name):
    model = model_of(name)
    source = emit_micropython(model, make_plan(model.network, "toy", "none", 1))["toy.py"]
    space = {}
    exec(source.replace("import _toy as backend", "backend = None"), space)
    for sample in values_for(model):
        out = space["Model"].quantise(sample.ravel().tolist())
        assert out.typecode == "h" and out.tolist() == model.quantise(sample).ravel().tolist()
        assert space["Model"].quantise(sample.ravel().tolist(), out) is out
    with pytest.raises(ValueError, match="values: expected"):
        space["Model"].quantise([1.0])


def test_every_file_says_what_a_sample_is():
    model = model_of("table", ['pressure */ """ \\', "tilt"])
    plan = make_plan(model.network, "toy", "all", 4)
    files = emit_c(model, plan) | emit_micropython(model, plan)
    formulas = [channel.formula() for channel in model.channels]
    assert re.fullmatch(r"round\(value \* \d+\) - \d+", formulas[0])
    for name in ("toy.h", "toy_quantise.h", "toy.py", "toy.pyi", "README.md"):
        for channel, formula in zip(("pressure", "tilt"), formulas, strict=True):
            assert re.search(rf"{channel}.*: +raw = {re.escape(formula)}\n", files[name]), name
        assert max(map(len, files[name].splitlines())) < 160
    for name in ("toy.py", "toy.pyi", "example.py"):
        ast.parse(files[name])
    assert "model.quantise(" in files["example.py"] and "model.quantise(" in files["README.md"]


def test_models_of_integers_have_no_conversion():
    model = model_of("integers", ["x", "y", "z"])
    plan = make_plan(model.network, "toy", "all", 4)
    files = emit_c(model, plan) | emit_micropython(model, plan)
    own = {name: text for name, text in files.items() if "/" not in name and isinstance(text, str)}
    assert "toy.h" in own and "toy.py" in own and "toy_quantise.h" not in own
    assert not [name for name, text in own.items() if "quantise" in text]
    assert "Channels: x, y, z." in files["toy.h"] and "Channels: x, y, z." in files["toy.py"]
    x = TRAINING["integers"][0]
    np.testing.assert_array_equal(model.quantise(x.tolist()), x)
    with pytest.raises(IntegradError, match="the model was trained on int16"):
        model.quantise(x * 0.5)


def test_floats_are_taken_as_integers_too():
    model = model_of("one-scale")
    np.testing.assert_array_equal(
        model.quantise([1, 0, -1, 2, 0]), model.quantise([1.0, 0.0, -1.0, 2.0, 0.0])
    )
    with pytest.raises(IntegradError, match="samples have shape"):
        model.quantise([1.0, 2.0])


def test_channel_names_survive_the_model_file(tmp_path):
    for names in (None, ["pressure", "tilt"]):
        save_model(model_of("table", names), tmp_path / "m.model")
        assert load_model(tmp_path / "m.model").channel_names == names
    with pytest.raises(IntegradError, match="channel_names must be a list of 2 names"):
        model_of("table", ["one"])
