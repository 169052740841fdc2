"""The command group, which converts errors to messages and exit statuses."""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import integrad.cli
from integrad import __version__
from integrad.cli import COMMANDS, Commands, main, report_error
from integrad.errors import IntegradError, NotationError, UsageError


def invoke(monkeypatch, callback):
    """Call a command `info` that is implemented by callback."""
    command = click.Command("info", callback=callback)
    monkeypatch.setattr(Commands, "get_command", lambda self, ctx, name: command)
    return CliRunner().invoke(main, ["info"])


@pytest.mark.parametrize(
    "error, status, text",
    [
        (IntegradError("a.model: is damaged"), 1, "error: a.model: is damaged\n"),
        (NotationError("SPEC: expected\n  x\n  ^"), 2, "error: SPEC: expected\n  x\n  ^\n"),
        (KeyboardInterrupt(), 130, "\n"),
        (click.Abort(), 130, ""),
        (MemoryError(), 1, "error: out of memory\n"),
        (PermissionError(13, "Permission denied", "a.npz"), 1, "error: a.npz: Permission denied\n"),
        (
            ZeroDivisionError("oh"),
            1,
            "error: unexpected ZeroDivisionError: oh (set INTEGRAD_DEBUG=1 for a traceback)\n",
        ),
        (SystemExit(3), 3, ""),
    ],
)
def test_errors_become_one_message_and_a_status(monkeypatch, error, status, text):
    def fail():
        raise error

    result = invoke(monkeypatch, fail)
    assert (result.exit_code, result.stderr) == (status, text)


def test_a_command_may_return_or_set_a_status(monkeypatch):
    assert invoke(monkeypatch, lambda: None).exit_code == 0
    assert invoke(monkeypatch, lambda: 1).exit_code == 1
    assert invoke(monkeypatch, lambda: click.get_current_context().exit(1)).exit_code == 1


def test_debug_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("INTEGRAD_DEBUG", "1")
    code = "from integrad.cli import report_error; report_error(ZeroDivisionError('oh'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ZeroDivisionError: oh" in done.stderr


def test_help_version_and_unknown_commands():
    runner = CliRunner()
    assert runner.invoke(main, ["--version"]).stdout == f"integrad, version {__version__}\n"
    help_text = runner.invoke(main, ["--help"]).stdout
    assert all(command in help_text for command in COMMANDS) and "Example:" in help_text
    result = runner.invoke(main, ["trian"])
    assert result.exit_code == 2 and "No such command 'trian'" in result.stderr
    result = runner.invoke(main, ["train", "--epohcs", "3"])
    assert result.exit_code == 2 and "--epochs" in result.stderr


@pytest.mark.parametrize("commands", [[], ["micropython"]])
def test_without_a_command_the_help_and_nothing_else(commands):
    result = CliRunner().invoke(main, commands)
    help_text = CliRunner().invoke(main, [*commands, "--help"]).output
    assert result.output.strip() == help_text.strip() and result.exit_code in (0, 2)


def test_help_loads_no_command():
    code = "import sys; from integrad.cli import main\ntry: main(['--help'])\n"
    code += "finally: print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("False\n")


def test_a_broken_command_does_not_affect_the_others(monkeypatch):
    def fail(name):
        raise ImportError("no module named 'gadget'")

    monkeypatch.setattr(integrad.cli.importlib, "import_module", fail)
    runner = CliRunner()
    assert runner.invoke(main, ["--help"]).exit_code == 0
    result = runner.invoke(main, ["export"])
    assert result.exit_code == 1
    assert result.stderr == "error: the command 'export' cannot be loaded: no module named 'gadget'\n"


def test_a_closed_pipe_is_quiet():
    command = f"{sys.executable} -c \"from integrad.cli import main; main(['train', '--help'])\" | true"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert done.stderr == ""


def test_report_error_returns_the_status(capsys):
    assert report_error(UsageError("wrong")) == 2
    assert capsys.readouterr().err == "error: wrong\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "d", "--lr", "0.1"], "--lr; use --learning-rate-inv, the divisor of the gradients"),
        (["train", "d", "--quiet"], "--quiet; progress is shown on standard output"),
        (["train", "d", "--epoch", "3"], "Did you mean"),
        (["emulate", "m", "d", "--mcu", "pico"], "no such option: --mcu; use --part"),
        (["evaluate", "m", "d", "--mcu", "pico"], "--mcu"),
    ],
)
def test_options_of_other_tools_lead_to_those_here(arguments, words):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2 and words in result.stderr
