"""The files of `integrad export --target micropython`: sources, weights, and the modules built from them."""

from __future__ import annotations

import re

import click
from rich.console import Console

from integrad.build.micropython_modules import build_module, get_architecture, installed_architectures
from integrad.build.micropython_source import find_sources, get_sources
from integrad.errors import UsageError
from integrad.model_file import Model
from integrad_codegen.file_sets import merged
from integrad_codegen.micropython.export import emit_micropython, emit_module
from integrad_codegen.micropython.mip_package import mip_folders
from integrad_codegen.plan import Plan

NONE = "none"

arch_option = click.option(
    "--arch",
    default=None,
    metavar="ARCH,…|none",
    help="Architectures of native modules: armv6m, armv7m, armv7emsp, armv7emdp, xtensawin, x64. "
    "[default: those whose compiler is installed]",
)


def _check_version(ctx: click.Context, param: click.Parameter, version: str | None) -> str | None:
    if version is not None and not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]{0,30}", version):
        raise UsageError(f"--mip {version}: a version consists of letters, digits, ., _ and -, such as 1.0")
    return version


mip_option = click.option(
    "--mip",
    metavar="VERSION",
    callback=_check_version,
    help="Also write the folder mip/VERSION/ for MicroPython's package installer.",
)


def micropython_files(
    console: Console,
    model: Model,
    plan: Plan,
    command: str,
    core: str | None,
    arch: str | None,
    mip: str | None = None,
) -> dict[str, str | bytes]:
    """Path → contents of all files. core: the core whose kernels the user C module gets, as in emit_c; arch:
    value of --arch; mip: version of the folders for mip, or None.

    Raises UsageError for an unknown architecture, and IntegradError if a module cannot be built.
    """
    files = emit_micropython(model, plan, command, core)
    name = f"_{plan.prefix}"
    modules: dict[str, bytes] = {}
    architectures = [get_architecture(word) for word in _names(arch)]
    if architectures and find_sources() is None:
        with console.status("downloading MicroPython's sources"):
            get_sources()
    for architecture in architectures:
        with console.status(f"building the native module for {architecture.cores}"):
            sources = emit_module(model, plan, command, architecture.core)
            modules[architecture.name] = build_module(sources, name, architecture)
    native = {f"native/{architecture}/{name}.mpy": data for architecture, data in modules.items()}
    files = merged(files, native)
    if mip:
        contents = {path: data if isinstance(data, bytes) else data.encode() for path, data in files.items()}
        folders = mip_folders(plan.prefix, mip, contents, modules)
        files = merged(files, {f"mip/{path}": data for path, data in folders.items()})
    return files


def _names(arch: str | None) -> list[str]:
    if arch is None:
        return installed_architectures()
    return [] if arch == NONE else arch.split(",")
