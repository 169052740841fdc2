"""Runs pytest in projects of its own, with devices that follow a script."""

import multiprocessing.managers
import multiprocessing.synchronize  # noqa: F401
from pathlib import Path

import platformdirs
import pytest

# A run within this process forgets the modules that it imports. Neither NumPy must be imported again nor the
# modules above, which count the locks of pytest-embedded.
import integrad.testing.devices
import integrad.testing.records  # noqa: F401

CONFTEST = (
    f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
"""
    + """
import pytest
from scripted_machine import Hears, ScriptedMachine
from integrad.emulate.machine import Reason, Stop

FAULT = Stop(Reason.FAULT, "faulted: stack overflow in filter", "filter (pc 0x00000a12)", {"pc": 0xA12})
MACHINES = []

class Firmware:
    def __init__(self, script):
        self.script = script
    def start(self):
        MACHINES.append(ScriptedMachine(*self.script))
        return MACHINES[-1]
    def properties(self):
        return {"flash": 1234}

@pytest.fixture%s
def firmware(integrad_settings):
    return Firmware([b"ready\\r\\n", Hears(b"fault"), FAULT])

@pytest.fixture
def machines():
    return MACHINES
"""
)
USE = '[tool.integrad]\ncores = ["m0", "m4"]\nready = "ready\\r\\n"\n'

CACHE = platformdirs.user_cache_path()


@pytest.fixture
def kept_objects(monkeypatch):
    """pytester gives each test another home; objects of builds are those of the user all the same."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))


@pytest.fixture
def project(pytester):
    """Runs the tests of a project: (its tests, arguments of pytest) → the result."""
    pytester.makepyprojecttoml(USE)

    def run(tests, *arguments, scope="", embedded=False):
        pytester.makeconftest(CONFTEST % scope)
        pytester.makepyfile(tests)
        words = () if embedded else ("-p", "no:pytest_embedded")
        return pytester.runpytest_inprocess("-c", "pyproject.toml", *words, *arguments)

    return run
