"""integrad doctor: which tools are installed, which are missing and how to install them."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.emulate.doctor import Emulation, Tool, examine_cores, examine_tools
from integrad.engines.report import EngineReport, describe_engines
from integrad.errors import IntegradError


@click.command()
@json_option
def doctor(json_path):
    """List which tools are installed, which are missing and how to install them, which engines can train on
    this computer, and which cores can be emulated.

    The exit status is 1 if no core can be emulated.

    \b
    Example:
      integrad doctor
    """
    console = console_for(json_path)
    tools, engines, cores = list(examine_tools()), describe_engines(), examine_cores()
    _show_tools(console, tools)
    _show_engines(console, engines)
    _show_cores(console, cores)
    write_json(
        json_path,
        {
            "tools": [asdict(tool) | {"found": tool.version is not None} for tool in tools],
            "engines": [engine._asdict() for engine in engines],
            "cores": [
                {
                    "name": emulation.core.name,
                    "core": emulation.core.product,
                    "part": emulation.core.part.name,
                    "flash_bytes": emulation.core.part.flash_bytes,
                    "ram_bytes": emulation.core.part.ram_bytes,
                    "toolchains": list(emulation.toolchains),
                    "engines": list(emulation.engines),
                    "works": emulation.works,
                }
                for emulation in cores
            ],
        },
    )
    if not any(emulation.works for emulation in cores):
        raise IntegradError(
            "no core can be emulated here; the simplest remedy: pip install 'integrad[emulator]'"
        )


def _show_tools(console: Console, tools: list[Tool]) -> None:
    table = Table("", "tool", "version, or how to install", "used for", title="Tools")
    for tool in tools:
        if tool.version is not None:
            table.add_row("[green]✓[/]", tool.name, escape(tool.version), tool.purpose)
        else:
            text = f"{tool.trouble}: {tool.command}" if tool.command else tool.trouble
            table.add_row("[red]✗[/]", tool.name, escape(text), tool.purpose)
    console.print(table)


def _show_engines(console: Console, engines: list[EngineReport]) -> None:
    table = Table("", "engine", "uses, or how to install", title="Engines")
    for engine in engines:
        table.add_row("[green]✓[/]" if engine.available else "[red]✗[/]", engine.name, escape(engine.text))
    console.print(table)


def _show_cores(console: Console, cores: list[Emulation]) -> None:
    table = Table("", "core", "memory sizes of", title="Cores")
    for name in ("flash", "RAM"):
        table.add_column(name, justify="right")
    table.add_column("built by")
    table.add_column("run by")
    for emulation in cores:
        core = emulation.core
        table.add_row(
            "[green]✓[/]" if emulation.works else "[red]✗[/]",
            f"{core.name} ({core.product})",
            core.part.name,
            f"{core.part.flash_bytes // 1024:,} KB",
            f"{core.part.ram_bytes // 1024:,} KB",
            ", ".join(emulation.toolchains) or "nothing installed",
            ", ".join(emulation.engines) or "nothing installed",
        )
    console.print(table)
