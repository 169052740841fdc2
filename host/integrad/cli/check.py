"""integrad check: compare the size, speed and accuracy of firmware with budgets and with a baseline."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.cli.device_options import time_limit_option, work_folder
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import InputFile, OutputFile
from integrad.errors import IntegradError, UsageError
from integrad.files import utf8, write_atomically
from integrad.targets.cores import CORES
from integrad.testing.baseline import Baseline, read_baseline
from integrad.testing.budgets import Report
from integrad.testing.measure import Task
from integrad.testing.outcome import Outcome
from integrad.testing.reports import cells, columns, junit, markdown, to_json
from integrad.testing.settings import read_settings
from integrad.testing.tolerance import read_tolerances

LEFT = ("core", "figure")
"""Columns of text."""


@click.command()
@click.option(
    "--config",
    metavar="FILE",
    type=InputFile(),
    help="TOML file with the settings. [default: the nearest pyproject.toml with a table [tool.integrad]]",
)
@click.option(
    "--core",
    metavar="CORE[,CORE…]",
    help=f"Cores to emulate: {', '.join(CORES)}. [default: those of the settings]",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=InputFile(),
    help="Figures of an earlier version, to compare with; commit this file.",
)
@click.option(
    "--update-baseline",
    is_flag=True,
    help="Write the figures of this version to --baseline, after the comparison; budgets still hold.",
)
@click.option(
    "--tolerance",
    multiple=True,
    metavar="[FIGURE=]AMOUNT",
    help="How much worse than the baseline figures may be: 1% of each; flash=64 or accuracy=0.01 of one. "
    "Repeatable. [default: exact]",
)
@click.option(
    "--markdown",
    "markdown_path",
    metavar="FILE",
    type=OutputFile(),
    help="Write a report in Markdown, for the summary of a job.",
)
@click.option(
    "--junit",
    "junit_path",
    metavar="FILE",
    type=OutputFile(),
    help="Write a report in JUnit's XML, one case for each core and figure.",
)
@time_limit_option
@json_option
def check(
    config,
    core,
    baseline,
    update_baseline,
    tolerance,
    markdown_path,
    junit_path,
    time_limit,
    json_path,
):
    """Build the program of the settings for each core, measure it, and compare with budgets and a baseline.

    Flash, RAM, stack, instructions, accuracy, and accuracy after learning on the core. The exit status is 1
    if a budget is exceeded or anything became worse than in the baseline.

    \b
    Example:
      integrad check --baseline budget.json --markdown summary.md
    """
    console = console_for(json_path)
    if update_baseline and not baseline:
        raise UsageError("--update-baseline: requires --baseline FILE, the file to write")
    tolerances = read_tolerances(tolerance)
    settings = read_settings(config=Path(config) if config else None)
    if core:
        settings = settings.changed("--core", cores=[name.strip() for name in core.split(",")])
    earlier = _earlier(baseline, update_baseline)
    task = Task.of(settings, time_limit)
    with work_folder() as folder, console.status("measuring") as status:
        outcome = Outcome(task)
        for number, name in enumerate(settings.cores, 1):
            status.update(f"measuring on {CORES[name].product}, {number} of {len(settings.cores)}")
            outcome.measure(name, folder / name)
    report = outcome.report(baseline, earlier, tolerances, update_baseline)
    _show(console, report, baseline)
    if markdown_path:
        write_atomically(markdown_path, utf8(markdown(report)))
    if junit_path:
        write_atomically(junit_path, junit(report))
    write_json(json_path, to_json(report))
    if update_baseline:
        write_atomically(baseline, outcome.now.updated(earlier).encode())
        console.print(f"wrote {baseline}", markup=False, soft_wrap=True)
    return 0 if report.passed else 1


def _earlier(path: str | None, update: bool) -> Baseline | None:
    """The baseline to compare with. One that is to be written may be missing or unreadable."""
    if path is None or (update and not os.path.exists(path)):
        return None
    if not os.path.exists(path):
        raise UsageError(f"--baseline {path}: no such file; write it with --update-baseline and commit it")
    try:
        return read_baseline(path)
    except IntegradError:
        if not update:
            raise
        return None


def _show(console: Console, report: Report, baseline: str | None) -> None:
    """The table, what is wrong, and what may explain it."""
    table = Table("", *columns(report))
    for column, title in zip(table.columns[1:], columns(report), strict=True):
        column.justify = "left" if title in LEFT else "right"
    for core in report.cores:
        for row in core.rows:
            mark = "[red]FAILED[/red]" if report.fails(row) else ""
            table.add_row(mark, *map(escape, cells(core.core, row, report)))
        if core.error:
            table.add_row("[red]FAILED[/red]", core.core, "not measured")
        table.add_section()
    console.print(table)
    for line in report.failures():
        console.print(f"[red]failed:[/red] {escape(line)}", soft_wrap=True)
    for note in report.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    if report.passed:
        console.print(f"no budget is exceeded{_compared(report)}")
    if report.improved and report.passed and not report.accepted:
        text = f"better than {baseline}: integrad check --update-baseline keeps it so"
        console.print(text, markup=False, soft_wrap=True)


def _compared(report: Report) -> str:
    """The rest of a sentence about a check that passed."""
    if not report.compared or report.accepted:
        return ""
    worse = any(row.worse_by > 0 for core in report.cores for row in core.rows)
    return f", and nothing is worse than in the baseline{' by more than is allowed' if worse else ''}"
