"""Which backend a board gets, depending on how it identifies itself."""

import pytest
from fixed import FIXED

from integrad.boards import backend_choice
from integrad.boards.backend_choice import make_backend
from integrad.boards.identity import Identity
from integrad.errors import IntegradError
from integrad_codegen.plan import make_plan


def board(abi, architecture="armv7m"):
    return Identity("1.25.0", "a board", architecture, abi, viper=True, heap=100_000, disk=100_000)


def choose(monkeypatch, identity, choice):
    monkeypatch.setattr(backend_choice, "installed_architectures", lambda: ["armv7m"])
    monkeypatch.setattr(backend_choice, "build_module", lambda *arguments: b"native")
    model = FIXED["mlp"].model()
    return make_backend(model, make_plan(model.network, "toy", "all", 1), identity, choice, "")


@pytest.mark.parametrize("abi", ["6.1", "6.2", None])
def test_a_board_that_refuses_our_native_code_gets_vipers_source(monkeypatch, abi):
    """Its second number counts as soon as there is native code in a file."""
    backend = choose(monkeypatch, board(abi), "auto")
    assert backend.what == "viper"
    assert set(backend.files) == {"toy.mpy" if abi else "toy.py", "_toy.py"}
    assert (
        f"requires native modules of {f'version {abi}' if abi else 'an unknown version'}, not 6.3"
        in backend.remark
    )
    assert "installed as source code, which the board compiles" in backend.remark
    assert (
        choose(monkeypatch, board(abi), "viper").remark
        == "installed as source code, which the board compiles"
    )
    with pytest.raises(
        IntegradError, match=r"requires native modules of .*, not 6\.3; --backend viper requires no"
    ):
        choose(monkeypatch, board(abi), "native")


def test_a_board_that_takes_our_native_code(monkeypatch):
    backend = choose(monkeypatch, board("6.3"), "auto")
    assert (backend.what, backend.remark) == ("native module for armv7m", "")
    assert backend.files["_toy.mpy"] == b"native"
    backend = choose(monkeypatch, board("6.3"), "viper")
    assert set(backend.files) == {"toy.mpy", "_toy.mpy"} and backend.remark == ""


def test_viper_without_native_files(monkeypatch):
    """MicroPython may compile viper and yet be built without loading native code from files."""
    backend = choose(monkeypatch, board("6.3", architecture=""), "viper")
    assert set(backend.files) == {"toy.mpy", "_toy.py"}


@pytest.mark.parametrize(("abi", "ending"), [("6.1", "mpy"), ("6.3", "mpy"), ("5.2", "py"), (None, "py")])
def test_bytecode_goes_by_the_first_number(monkeypatch, abi, ending):
    backend = choose(monkeypatch, board(abi), "plain")
    assert set(backend.files) == {f"toy.{ending}", f"_toy.{ending}"}
