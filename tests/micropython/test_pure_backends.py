"""Both Python backends give the bits of NumPy: viper in MicroPython, plain Python there and in CPython."""

import tempfile
from pathlib import Path

import executors
import pytest
from backends import PLAIN, VIPER, in_this_python
from fixed import FIXED
from hypothesis import given, settings
from networks import cases
from pocket_cases import POCKET

from integrad.emulate.micropython_unix import run_unix
from integrad.execute import micropython_session
from integrad.execute.micropython_session import on_host, python_backend, run_session
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import weights_file

CONFORMANCE = Path(__file__).with_name("backend_conformance.py").read_text()
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


@pytest.mark.parametrize("name", FIXED | POCKET)
def test_fixed_in_this_python(name):
    """The others' fixed cases are those of tests/parity/test_recorded_bits.py."""
    compare((FIXED | POCKET)[name], "CPython")


@settings(max_examples=12)
@given(cases())
def test_viper_on_drawn_cases(case):
    compare(case, "viper")


@settings(max_examples=12)
@given(cases())
def test_plain_python_on_drawn_cases(case):
    compare(case, "CPython")


@pytest.mark.parametrize("backend", [VIPER, PLAIN])
def test_python_backends_refuse_what_the_native_module_refuses(backend):
    """And viper allocates nothing under heap_lock: one script for all backends."""
    model = FIXED["mlp"].model()
    plan = make_plan(model.network, "model", "all", FIXED["mlp"].batch)
    text = emit_pure(model, plan)[f"{backend}/_model.py"].encode()
    files = {"_model.py": text, "model.weights": weights_file(model, plan)}
    assert run_unix(CONFORMANCE, files).endswith("done\n")


def test_a_wrong_bit_would_be_seen(monkeypatch):
    """Viper without the sign of its weights is noticed."""

    def sabotage(model, plan):
        files = emit_pure(model, plan)
        name = f"{VIPER}/_{plan.prefix}.py"
        assert "-(total << 15)" in files[name]
        return files | {name: files[name].replace("-(total << 15)", "-(total << 14)")}

    monkeypatch.setattr(micropython_session, "emit_pure", sabotage)
    with pytest.raises(executors.DifferenceError):
        compare(FIXED["mlp"], "viper")
