"""The plugin of pytest: its options, and what it adds to reports. Fixtures are in fixtures.py.

Every start of pytest imports this module where integrad is installed, so that it imports what it needs when
it needs it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from integrad.testing.options import BOARD, CORE, OPTIONS, PREFIX, SCOPES, SERVICE

MARKER, DEVICE = "integrad", "_integrad_device"
"""Marker of tests of a device, and the fixture that all of these use."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("integrad", "integrad: tests of firmware on emulated cores")
    for option in (CORE, BOARD, *OPTIONS):
        group.addoption(option.flag, metavar=option.metavar, help=option.help, type=option.convert)
    group.addoption(
        f"{PREFIX}config", metavar="FILE", help="settings, instead of [tool.integrad] in pyproject.toml"
    )
    group.addoption(
        f"{PREFIX}scope",
        choices=SCOPES,
        help="how long tests share a device that has not failed: function, class, module or session",
    )
    group.addoption(
        f"{PREFIX}logs",
        metavar="FOLDER",
        default="integrad-logs",
        help="for one file per test with all that the device sent (default: integrad-logs)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Fixtures are registered after those of other plugins, and take precedence over these."""
    services = config.getoption("embedded_services", "") or ""
    asked = {name.strip() for part in services.split("|") for name in part.split(",")} - {""}
    from integrad.testing import fixtures

    config.addinivalue_line("markers", f"{MARKER}: runs on an emulated core or board")
    fixtures.scope_of(config)  # says what is wrong with settings before anything is run
    config.pluginmanager.register(fixtures, "integrad-fixtures")
    if SERVICE in asked:
        from integrad.testing import pytest_embedded

        config.pluginmanager.register(pytest_embedded, "integrad-embedded")
    elif not asked:
        from integrad.testing import dut_fixture

        config.pluginmanager.register(dut_fixture, "integrad-dut")


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-m integrad` selects the tests of a device, `-m 'not integrad'` the others."""
    if DEVICE in getattr(item, "fixturenames", ()):
        item.add_marker(MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of a device once per core and board, unless the test says itself on which."""
    if CORE.fixture not in metafunc.fixturenames:
        return
    from integrad.testing.fixtures import devices_of

    devices_of(metafunc)


def pytest_collect_file(file_path: Path, parent: pytest.Collector):
    """C files that the settings name as unit tests."""
    if file_path.suffix != ".c":
        return None
    from integrad.testing.fixtures import has_settings, settings_of

    if not has_settings(parent.config) or file_path not in settings_of(parent.config).unit_tests:
        return None
    from integrad.testing.unit_tests import UnitTestFile

    return UnitTestFile.from_parent(parent, path=file_path, settings=settings_of(parent.config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if DEVICE in getattr(item, "fixturenames", ()):
        from integrad.testing.records import add_to_report

        add_to_report(item, report)
    return report
