"""Which core a board gets, by what it says of itself."""

import pytest
from fixed import FIXED

from integrad.boards import core_choice
from integrad.boards.core_choice import make_core
from integrad.boards.identity import Identity
from integrad.errors import IntegradError
from integrad_codegen.plan import make_plan


def board(abi, architecture="armv7m"):
    return Identity("1.25.0", "a board", architecture, abi, viper=True, heap=100_000, disk=100_000)


def choose(monkeypatch, identity, choice):
    monkeypatch.setattr(core_choice, "installed_architectures", lambda: ["armv7m"])
    monkeypatch.setattr(core_choice, "build_module", lambda *arguments: b"native")
    model = FIXED["mlp"].model()
    return make_core(model, make_plan(model.network, "toy", "all", 1), identity, choice, "")


@pytest.mark.parametrize("abi", ["6.1", "6.2", None])
def test_a_board_that_refuses_our_native_code_gets_vipers_source(monkeypatch, abi):
    """Its second number counts as soon as there is native code in a file."""
    core = choose(monkeypatch, board(abi), "auto")
    assert core.what == "Python core, viper"
    assert set(core.files) == {"toy.mpy" if abi else "toy.py", "_toy.py"}
    assert f"takes native modules of {f'version {abi}' if abi else 'no version'}, not 6.3" in core.remark
    assert "the board compiles its viper itself" in core.remark
    assert choose(monkeypatch, board(abi), "viper").remark == "the board compiles its viper itself"
    with pytest.raises(IntegradError, match=r"takes native modules of .*, not 6\.3; --core viper needs no"):
        choose(monkeypatch, board(abi), "native")


def test_a_board_that_takes_our_native_code(monkeypatch):
    core = choose(monkeypatch, board("6.3"), "auto")
    assert (core.what, core.remark) == ("native module for armv7m", "")
    assert core.files["_toy.mpy"] == b"native"
    core = choose(monkeypatch, board("6.3"), "viper")
    assert set(core.files) == {"toy.mpy", "_toy.mpy"} and core.remark == ""


def test_viper_without_native_files(monkeypatch):
    """MicroPython may compile viper and yet be built without loading native code from files."""
    core = choose(monkeypatch, board("6.3", architecture=""), "viper")
    assert set(core.files) == {"toy.mpy", "_toy.py"}


@pytest.mark.parametrize(("abi", "ending"), [("6.1", "mpy"), ("6.3", "mpy"), ("5.2", "py"), (None, "py")])
def test_bytecode_goes_by_the_first_number(monkeypatch, abi, ending):
    core = choose(monkeypatch, board(abi), "plain")
    assert set(core.files) == {f"toy.{ending}", f"_toy.{ending}"}
