"""Kinds of operations: each answers every query of a plan and has the templates that print it."""

import re
from pathlib import Path

import numpy as np
import pytest

from integrad.errors import IntegradError
from integrad.learners.table import LEARNERS
from integrad.network.network import Network
from integrad_codegen.c.runtime import kernels
from integrad_codegen.lowering import LOWERINGS
from integrad_codegen.operations.kinds import KINDS
from integrad_codegen.plan import make_plan
from integrad_codegen.program import Call, Place, Step, lifetimes

ROOT = Path(__file__).resolve().parents[2]
CONV = {"type": "conv", "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1], "alpha_inv": 4}
CONV |= {"head_features": 16, "head_pool": "max", "channels": 4}
LAYERS = [CONV, {"type": "max_pool", "size": [2, 2]}, CONV | {"head_pool": "avg"}]
LAYERS += [{"type": "avg_pool", "size": [2, 2]}, {"type": "dense", "units": 5, "alpha_inv": 10}]
PRINTERS = ("c", "micropython/viper", "micropython/plain", "micropython/tables")


def plan_for(learn="all", batch=4):
    network = Network((2, 9, 8), 3, LAYERS)
    network.initialise(np.random.default_rng(1))
    return make_plan(network, "model", learn, batch)


OPERATIONS = {o.name: o for learn in ("none", "all") for o in plan_for(learn).all_operations}


def macros(printer, template):
    return set(
        re.findall(r"{%-? macro (\w+)\(", (ROOT / "templates" / printer / f"{template}.jinja").read_text())
    )


def test_a_network_of_all_kinds_is_tested():
    assert {type(o) for o in OPERATIONS.values()} >= set(KINDS.values())


@pytest.mark.parametrize("printer", PRINTERS[:3])
def test_every_printer_has_a_macro_for_every_call(printer):
    for learn in ("none", "output", "last:1", "all"):
        plan = plan_for(learn)
        for call in [*plan.inference, *(call for step in plan.training for call in step.calls)]:
            assert f"call_{call.action}" in macros(printer, call.operation.template), (printer, call.action)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kind_brings_its_templates(name):
    template = OPERATIONS[name].template
    assert "functions" in macros("c", template)
    assert "tables" in macros("micropython/tables", template)
    for printer in PRINTERS[:3]:
        for needed in OPERATIONS[name].templates:
            assert (ROOT / "templates" / printer / f"{needed}.jinja").is_file()
    assert OPERATIONS[name].templates[-1] == template


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kind_says_what_a_plan_asks(name):
    o = OPERATIONS[name]
    assert o.kernels() <= {name for name, kernel in kernels().items() if not kernel.is_helper}
    quantities = [quantity for quantity, _ in o.constants()]
    assert quantities and len(quantities) == len(set(quantities))
    assert o.training_macs >= o.macs >= 0 and (o.macs > 0) == o.has_weights
    assert o.gradient_bits in (32, 64) and o.workspace("no such action", 4) >= 0
    assert o.description.endswith(f" -> {'x'.join(map(str, o.output_shape))}")


@pytest.mark.parametrize("learn", ["none", "output", "last:1", "all"])
def test_every_extent_is_a_constant(learn):
    """What C multiplies b with is the size of one sample."""
    plan = plan_for(learn)
    sizes = {(o.name, quantity): value for o in plan.all_operations for quantity, value in o.constants()}
    sizes |= {("", "inputs"): plan.inputs, ("", "classes"): plan.classes}
    calls = [*plan.inference, *(call for step in plan.training for call in step.calls)]
    for place in [place for call in calls for place in call.places.values() if not place.is_workspace]:
        assert sizes[place.extent] == place.values


def test_lowerings_are_of_learners(monkeypatch):
    assert set(LOWERINGS) <= set(LEARNERS)
    monkeypatch.delitem(LOWERINGS, "nitro-d")
    with pytest.raises(IntegradError, match="nitro-d cannot be exported"):
        plan_for()


def test_nobody_outside_a_kind_s_files_asks_for_it():
    """Printers, reports and estimates work with whatever an operation says."""
    rooms = r"operations/|lowering/|network/|engines/|quantisation/"
    own = re.compile(rf"{rooms}|training/(network_toml|specification)")
    asks = re.compile(r"""\.kind (==|!=|in) |isinstance\(\w+, (Conv|Dense|Pool|Classifier)\)""")
    files = [*ROOT.glob("codegen/**/*.py"), *ROOT.glob("host/integrad/**/*.py")]
    files += ROOT.glob("templates/**/*.jinja")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        if not own.search(str(path.relative_to(ROOT)))
        for line in path.read_text().splitlines()
        if asks.search(line) and "dtype.kind" not in line and '"dropout"' not in line
    ]
    assert found == []


# The arena follows from the calls.


def call(name, **places):
    return Call(OPERATIONS[name], "forward", places)


def one(name, batch=0, values=8, bits=8):
    extent = (name, "outputs") if bits == 8 else ("", "")
    return Place(name, (values,), extent, batch=batch, bits=bits)


TIMES = {"block1": 0, "pool1": 1, "block2": 2}


def lives(steps):
    return {b.name: (b.size, b.first, b.last, b.is_workspace) for b in lifetimes(steps, TIMES)}


def test_a_buffer_lives_from_its_first_call_to_its_last():
    x = Place("x", (8,), in_arena=False)
    calls = [call("block1", out=one("a"), x=x), call("pool1", out=one("b"), x=one("a"))]
    calls.append(call("block2", out=one("c"), x=one("b")))
    assert lives([Step("", calls)]) == {
        "a": (8, 0, 1, False), "b": (8, 1, 2, False), "c": (8, 2, 2, False)
    }  # fmt: skip


def test_what_a_loop_fills_for_the_batch_lives_as_long_as_the_loop():
    loop = [call("block1", out=one("a")), call("pool1", out=one("b", batch=4), x=one("a"))]
    step = Step("", [call("block2", out=one("c", batch=4), x=one("b", batch=4))])
    assert lives([Step("", loop), step]) == {
        "a": (8, 0, 1, False), "b": (32, 0, 2, False), "c": (32, 2, 2, False)
    }  # fmt: skip
    assert lives([Step("", [], loop)])["b"] == (32, 1, 1, False), "called once, for the whole batch"


def test_a_workspace_is_as_large_as_its_largest_use():
    uses = [call("block1", work=one("w", values=n, bits=16)) for n in (3, 9, 5)]
    assert lives([Step("", uses[:1], uses[1:])]) == {"w": (18, 0, 0, True)}
