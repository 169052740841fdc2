"""What `integrad export --target micropython` writes: sources, weights, and the modules built from them."""

from __future__ import annotations

import click
from rich.console import Console

from integrad.emulator.micropython_modules import build_module, get_architecture, installed_architectures
from integrad.emulator.micropython_source import find_sources, get_sources
from integrad.model_file import Model
from integrad_codegen.emit_micropython import emit_micropython, emit_module
from integrad_codegen.plan import Plan

NONE, INSTALLED = "none", "installed"

arch_option = click.option(
    "--arch",
    default=INSTALLED,
    metavar="ARCH,…|none",
    help="Native modules of --target micropython: armv6m, armv7m, armv7emsp, armv7emdp, xtensawin, x64. "
    "[those whose compiler is installed]",
)


def micropython_files(
    console: Console, model: Model, plan: Plan, command: str, core: str | None, arch: str
) -> dict[str, str | bytes]:
    """Path → contents of the whole export. core: whose kernels go into firmware, as in emit_c; arch: --arch.

    Raises UsageError for an unknown architecture, and IntegradError where one cannot be built.
    """
    files = emit_micropython(model, plan, command, core)
    name = f"_{plan.prefix}"
    architectures = [get_architecture(word) for word in _names(arch)]
    if architectures and find_sources() is None:
        with console.status("fetching MicroPython's sources"):
            get_sources()
    for architecture in architectures:
        with console.status(f"building the native module for {architecture.cores}"):
            sources = emit_module(model, plan, command, architecture.core)
            files[f"native/{architecture.name}/{name}.mpy"] = build_module(sources, name, architecture)
    return files


def _names(arch: str) -> list[str]:
    if arch == NONE:
        return []
    return installed_architectures() if arch == INSTALLED else arch.split(",")
