"""The target `micropython`: sources, weights, and the native modules built from them."""

from __future__ import annotations

import re

from integrad.build.micropython_modules import (
    ARCHITECTURES,
    build_module,
    get_architecture,
    installed_architectures,
)
from integrad.build.micropython_source import find_sources, get_sources
from integrad.errors import UsageError
from integrad.export.target import Files, Option, Request, Target
from integrad.files import utf8
from integrad_codegen.file_sets import merged
from integrad_codegen.micropython.export import emit_micropython, emit_module
from integrad_codegen.micropython.mip_package import mip_folders

NONE = "none"


def _files(request: Request) -> Files:
    """All files. Raises UsageError for an unknown architecture, IntegradError if a module cannot be built."""
    plan, version = request.plan, request.options.get("mip")
    files = emit_micropython(request.model, plan, request.command)
    modules = _modules(request)
    native = {f"native/{architecture}/_{plan.prefix}.mpy": data for architecture, data in modules.items()}
    files = merged(files, native)
    if version:
        contents = {path: data if isinstance(data, bytes) else utf8(data) for path, data in files.items()}
        folders = mip_folders(plan.prefix, version, contents, modules)
        files = merged(files, {f"mip/{path}": data for path, data in folders.items()})
    return files


def _modules(request: Request) -> dict[str, bytes]:
    """Architecture → native module."""
    architectures = [get_architecture(word) for word in _names(request.options.get("arch"))]
    if architectures and find_sources() is None:
        with request.status("downloading MicroPython's sources"):
            get_sources()
    modules = {}
    for architecture in architectures:
        with request.status(f"building the native module for {architecture.cores}"):
            sources = emit_module(request.model, request.plan, request.command)
            modules[architecture.name] = build_module(sources, f"_{request.plan.prefix}", architecture)
    return modules


def _names(arch: str | None) -> list[str]:
    if arch is None:
        return installed_architectures()
    return [] if arch == NONE else arch.split(",")


def _check_version(version: str) -> None:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]{0,30}", version):
        raise UsageError(f"--mip {version}: a version consists of letters, digits, ., _ and -, such as 1.0")


MICROPYTHON = Target(
    "micropython",
    "native modules, a user C module and Python",
    _files,
    (
        Option(
            "arch",
            f"ARCH,…|{NONE}",
            f"Architectures of native modules: {', '.join(ARCHITECTURES)}. "
            "[default: those whose compiler is installed]",
        ),
        Option(
            "mip",
            "VERSION",
            "Also write the folder mip/VERSION/ for MicroPython's package installer.",
            _check_version,
        ),
    ),
)
