"""Both Python backends give the bits of NumPy: viper in MicroPython, plain Python there and in CPython."""

import tempfile
from pathlib import Path

import conformance
import executors
import pytest
from backends import PLAIN, VIPER, in_this_python
from backprop_cases import BACKPROP, PACKED
from fixed import FIXED, SUMS
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import backprop_cases, cases
from pocket_cases import POCKET

from integrad.emulate.micropython_unix import run_unix
from integrad.execute import micropython_session
from integrad.execute.micropython_session import on_host, python_backend, run_session
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import make_plan

ALL = FIXED | POCKET | BACKPROP | PACKED
BACKENDS = {
    "viper": (VIPER, on_host()),
    "CPython": (PLAIN, in_this_python()),
}


def compare(case, name):
    backend, place = BACKENDS[name]
    with tempfile.TemporaryDirectory() as folder:
        device = case.generate(Path(folder))
        actions = case.actions()
        found = run_session(device, actions, python_backend(device, backend), place)
        executors.require_equal(case, device, device.run_numpy(actions), found, name)


@pytest.mark.parametrize("name", ALL)
def test_fixed_in_this_python(name):
    """The others' fixed cases are those of tests/parity/test_recorded_bits.py."""
    compare(ALL[name], "CPython")


@settings(max_examples=20)
@given(st.one_of(cases(), backprop_cases()))
def test_viper_on_drawn_cases(case):
    compare(case, "viper")


@settings(max_examples=20)
@given(st.one_of(cases(), backprop_cases()))
def test_plain_python_on_drawn_cases(case):
    compare(case, "CPython")


@pytest.mark.parametrize("name", conformance.NETWORKS)
@pytest.mark.parametrize("backend", [VIPER, PLAIN])
def test_python_backends_refuse_what_the_native_module_refuses(backend, name):
    """And viper allocates nothing under heap_lock: one script for all backends."""
    case = conformance.NETWORKS[name]
    model = case.model()
    plan = make_plan(model.network, "model", "all", case.batch, model.constants)
    text = emit_pure(model, plan)[f"{backend}/_model.py"].encode()
    files = {"_model.py": text, **conformance.script_files(model, plan)}
    assert run_unix(conformance.SCRIPT, files).endswith("done\n")


MISTAKES = [
    ("viper", "mlp", "-(total << 15)", "-(total << 14)"),
    ("viper", "maps of 64 bits", "high += z >> 8", "high += z >> 9"),
    ("viper", "backprop", "0 - (total << 7)", "0 - (total << 6)"),
    ("viper", "backprop", "if y[i] <= 128:", "if y[i] < 128:"),
    ("viper", "backprop pooled", "if z > best:", "if z >= best:"),
    ("viper", "backprop pooled", "(value + 128) >> 8", "value >> 8"),
    ("viper", "backprop maps", "e = 0 - (0 - e) // leak", "e = e // leak"),
    ("viper", "backprop maps", "0 - (0 - e) // area", "e // area"),
    ("viper", "backprop maps", "elif x[j] > x[best]:", "elif x[j] >= x[best]:"),
    ("viper", "backprop biased maps", "sums[0] = total << 6", "sums[0] = total << 5"),
    ("viper", "backprop last", "if rest >> 2 > rest & 3:", "if rest >= 8:"),
    ("viper", "backprop packed", "extent - (extent >> 1)", "extent - (extent >> 2)"),
    ("CPython", "backprop packed", "+ extent // 2)", ")"),
    ("CPython", "backprop", "fraction >> half > drawn", "fraction >> half >= drawn"),
    ("CPython", "backprop biased", "z = 64 * b", "z = 32 * b"),
    ("CPython", "backprop pooled", "_rdiv2(g, shift)", "_psto(g, shift)"),
    ("CPython", "backprop maps", "_tdiv(error[at], len(window))", "error[at] // len(window)"),
]
"""Backend, case, a line of it and what is wrong instead."""


@pytest.mark.parametrize("name, case, line, wrong", MISTAKES)
def test_a_wrong_bit_would_be_seen(monkeypatch, name, case, line, wrong):
    def sabotage(model, plan):
        files = emit_pure(model, plan)
        path = f"{BACKENDS[name][0]}/_{plan.prefix}.py"
        assert line in files[path]
        return files | {path: files[path].replace(line, wrong)}

    monkeypatch.setattr(micropython_session, "emit_pure", sabotage)
    with pytest.raises(executors.DifferenceError):
        compare((ALL | SUMS)[case], name)
