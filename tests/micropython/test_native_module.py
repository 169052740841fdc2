"""The native backend holds the bits of NumPy, refuses what does not fit, and keeps to what a module may do.

The fixed cases run in tests/parity/test_recorded_bits.py.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import conformance
import executors
import pytest
from backprop_cases import BACKPROP, MASTER
from cases import Case
from fixed import FIXED
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import backprop_cases, cases

from integrad.build import micropython_modules, object_cache
from integrad.build.micropython_modules import (
    ARCHITECTURES,
    build_module,
    get_architecture,
    installed_architectures,
)
from integrad.build.micropython_source import get_sources
from integrad.build.objects import forget_objects
from integrad.emulate.micropython_unix import run_unix
from integrad.errors import IntegradError, UsageError
from integrad.execute.micropython_session import native_backend, on_host, run_session
from integrad_codegen.micropython.export import emit_module

HERE = Path(__file__).parent
USE = "if (next((int)n_args) == 7) return mp_const_none;"
SHOWN = '__attribute__((visibility("default")))'
CORES = ("armv6m", "armv7m", "armv7emsp", "armv7emdp", "rv32imc")


@settings(max_examples=6)
@given(st.one_of(cases(), backprop_cases()))
def test_drawn(case):
    with tempfile.TemporaryDirectory() as folder:
        device = case.generate(Path(folder))
        actions = case.actions()
        found = run_session(device, actions, native_backend(device, "x64"), on_host())
        executors.require_equal(case, device, device.run_numpy(actions), found, "native module")


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    return FIXED["mlp"].generate(tmp_path_factory.mktemp("mlp"))


def test_a_wrong_bit_would_be_seen(mlp):
    sources = emit_module(mlp.model, mlp.plan)
    header = sources["integrad/nitro.h"]
    assert "INTEGRAD_TARGET = 32 " in header
    wrong = sources | {"integrad/nitro.h": header.replace("INTEGRAD_TARGET = 32 ", "INTEGRAD_TARGET = 31 ")}
    good, bad = (build_module(s, "_model", ARCHITECTURES["x64"]) for s in (sources, wrong))
    files = conformance.script_files(mlp.model, mlp.plan)
    outputs = [run_unix(conformance.SCRIPT, {"_model.mpy": m, **files}) for m in (good, bad)]
    assert outputs[0] != outputs[1]


@pytest.mark.parametrize("name", conformance.NETWORKS)
def test_refusals_and_the_heap(name, tmp_path):
    """The script checks by itself; what it prints here is that it reached its end."""
    device = conformance.NETWORKS[name].generate(tmp_path)
    files = {**native_backend(device, "x64"), **conformance.script_files(device.model, device.plan)}
    assert run_unix(conformance.SCRIPT, files).splitlines()[-1] == "done"


@pytest.mark.parametrize("case", [FIXED["wide"], BACKPROP["backprop maps"]])
@pytest.mark.parametrize("name", CORES)
def test_arm_modules_link_without_any_library(name, case):
    """The wide case divides 64-bit numbers, and a Cortex-M0 cannot divide at all."""
    assert name in installed_architectures()
    with tempfile.TemporaryDirectory() as folder:
        (module,) = native_backend(case.generate(Path(folder)), name).values()
    assert module[0] == ord("M") and 2000 < len(module) < 16000


@pytest.mark.parametrize(
    "learner, options",
    [
        ("nitro-d", {"type": "dense", "alpha_inv": 4}),
        ("backprop", {"type": "backprop_dense"}),
        ("backprop", {"type": "backprop_dense"} | MASTER),
    ],
)
def test_the_module_of_a_usual_network_takes_6_kb(learner, options, tmp_path):
    """mlp:96,48 that learns, 1,024 inputs, 10 classes: on every architecture, and on M0 hardly more."""
    layers = [options | {"units": units} for units in (96, 48)]
    case = Case("HW", "int8", (16, 64), (-3,), (23,), 10, layers, batch=10, learner=learner)
    device = case.generate(tmp_path, "digits")
    sizes = {name: len(*native_backend(device, name).values()) for name in (*CORES, "x64")}
    assert max(sizes.values()) <= 6144, sizes
    assert sizes["armv6m"] <= 1.15 * sizes["armv7m"], sizes


def test_equal_sources_give_equal_modules(mlp, monkeypatch):
    monkeypatch.setenv(object_cache.VARIABLE, "off")
    modules = []
    for _ in range(2):
        forget_objects()
        modules.append(native_backend(mlp, "armv6m"))
    assert modules[0] == modules[1]


def test_a_module_is_built_again_when_something_else_is_in_it(mlp, monkeypatch, tmp_path):
    def build(sources, name="armv7m"):
        """The module, and how many programs ran."""
        ran.clear()
        forget_objects()
        return build_module(sources, "_model", ARCHITECTURES[name]), len(ran)

    ran, genuine, tree = [], micropython_modules._run, get_sources()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(micropython_modules, "get_sources", lambda: tree)
    monkeypatch.setattr(micropython_modules, "_run", lambda *a: ran.append(a) or genuine(*a))
    sources = emit_module(mlp.model, mlp.plan)
    good, runs = build(sources)
    assert runs == 4
    assert build(sources) == (good, 0)
    header = sources["integrad/nitro.h"]
    wrong = sources | {"integrad/nitro.h": header.replace("INTEGRAD_TARGET = 32 ", "INTEGRAD_TARGET = 31 ")}
    bad, runs = build(wrong)
    assert bad != good and runs == 3  # the names that it uses are the same
    glue = sources["model_module.c"].replace("MP_QSTR_predict", "MP_QSTR_guess")
    renamed, runs = build(sources | {"model_module.c": glue})
    assert b"guess" in renamed and b"guess" not in good and runs == 4
    monkeypatch.setattr(micropython_modules, "contents_of", lambda tree: [("py/changed.h", 1, 2)])
    assert build(sources) == (good, 4)


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("int counter = 1;\nint next(int n) { return counter += n; }", "\\.data.* non-empty"),
        ("static int sum;\nint next(int n) { return sum += n; }", "bss variables can't be static"),
        (f"{SHOWN} int sum;\nint next(int n) {{ return sum += n; }}", "static variables"),
        ("int half(int n);\nint next(int n) { return half(n); }", "undefined symbol: half"),
        ("int next(int n) { return (int)((float)n * 0.5f); }", "undefined symbol: __aeabi_"),
        ("int next(int n) { return }", "error: "),
    ],
)
def test_what_no_module_may_have(mlp, text, complaint):
    sources = emit_module(mlp.model, mlp.plan)
    glue = sources["model_module.c"].replace("mp_obj_t mpy_init", f"{text}\nmp_obj_t mpy_init")
    glue = glue.replace("MP_DYNRUNTIME_INIT_EXIT", f"{USE}\n    MP_DYNRUNTIME_INIT_EXIT")
    with pytest.raises(IntegradError, match=complaint):
        build_module(sources | {"model_module.c": glue}, "_model", ARCHITECTURES["armv7m"])


def test_a_missing_compiler_is_named(mlp):
    missing = replace(ARCHITECTURES["armv7m"], compiler="no-such-gcc")
    with pytest.raises(
        IntegradError, match="armv7m requires no-such-gcc, which is not installed; apt-get install"
    ):
        build_module({}, "_model", missing)


def test_unknown_architectures_are_listed():
    with pytest.raises(UsageError, match="unknown architecture 'avr'; known architectures: armv6m, armv7m"):
        get_architecture("avr")
