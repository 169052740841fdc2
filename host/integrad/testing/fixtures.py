"""The fixtures of the plugin, except for `dut`. What they need is imported when a test uses them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from integrad.testing.options import BOARD, CORE, OPTIONS, PYPROJECT, SCOPES, TABLE, Option

SETTINGS, SCOPE, TABLED = pytest.StashKey(), pytest.StashKey(), pytest.StashKey()


def settings_of(config: pytest.Config):
    """The settings of the file, with what the command line says instead."""
    if SETTINGS not in config.stash:
        from integrad.errors import UsageError
        from integrad.testing.settings import read_settings

        file = config.getoption("integrad_config")
        try:
            settings = read_settings(_start(config), Path(file) if file else None)
            config.stash[SETTINGS] = _changed(settings, "command line", _given(config))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[SETTINGS]


def _given(config: pytest.Config) -> dict[str, object]:
    """Key → value of the options that the command line has."""
    values = {option.attribute: config.getoption(option.fixture) for option in (CORE, BOARD, *OPTIONS)}
    given = {key: value for key, value in values.items() if value is not None}
    if BOARD.attribute in given:
        given.setdefault(CORE.attribute, [])
    return given


def _changed(settings, origin: str, changes: dict[str, object]):
    """Settings with other values. The firmware that they name replaces the one before."""
    from dataclasses import replace

    changes = dict(changes)
    if {"sources", "cmake", "elf"} & changes.keys():
        settings = replace(settings, sources=(), cmake=None, target=None, elf=None)
    if changes.get(CORE.attribute) == [] and changes.get(BOARD.attribute):
        settings, _ = replace(settings, cores=()), changes.pop(CORE.attribute)
    return settings.changed(origin, **changes) if changes else settings


def scope_of(config: pytest.Config) -> str:
    """How long tests share a device. Reads the settings only if there are any. Raises pytest.UsageError."""
    if SCOPE not in config.stash:
        scope = settings_of(config).scope if has_settings(config) else SCOPES[0]
        config.stash[SCOPE] = config.getoption("integrad_scope") or scope
    return config.stash[SCOPE]


def _scope(fixture_name: str, config: pytest.Config) -> str:
    return scope_of(config)


def has_settings(config: pytest.Config) -> bool:
    """Whether a file has settings, which is found out without the modules that read them."""
    if TABLED not in config.stash:
        config.stash[TABLED] = bool(config.getoption("integrad_config")) or _has_table(_start(config))
    return config.stash[TABLED]


def _start(config: pytest.Config) -> Path:
    """Where the search for settings begins: in the working folder, or, if there are none, in the project
    whose tests were named."""
    folder = config.invocation_params.dir
    return folder if _has_table(folder) else config.rootpath


def _has_table(folder: Path) -> bool:
    for path in (folder / PYPROJECT, *(parent / PYPROJECT for parent in folder.parents)):
        try:
            if TABLE in path.read_text(encoding="utf-8"):
                return True
        except (OSError, ValueError):
            continue
    return False


def devices_of(metafunc: pytest.Metafunc) -> None:
    """A parameter for each core and board of the settings, unless the test has chosen some."""
    chosen = {CORE.fixture, BOARD.fixture}
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if chosen & set(names.replace(",", " ").split() if isinstance(names, str) else names):
            return
    settings = settings_of(metafunc.config)
    devices = [(core, None) for core in settings.cores] + [(None, board) for board in settings.boards]
    names = [core or board for core, board in devices]
    metafunc.parametrize((CORE.fixture, BOARD.fixture), devices, indirect=True, ids=names)


def _fixture_of(option: Option):
    @pytest.fixture(scope=_scope, name=option.fixture)
    def value(request):
        return getattr(request, "param", getattr(settings_of(request.config), option.attribute))

    value.__doc__ = f"{option.help}, as in the settings, --integrad-{option.name} or a parameter."
    return value


for _option in OPTIONS:
    globals()[_option.fixture] = _fixture_of(_option)


@pytest.fixture(scope=_scope)
def integrad_board(request) -> str | None:
    """The board of this test, or None if it runs on a core."""
    return getattr(request, "param", None)


@pytest.fixture(scope=_scope)
def integrad_core(request, integrad_board) -> str | None:
    """The core of this test, or None if it runs on a board."""
    usual = None if integrad_board else next(iter(settings_of(request.config).cores), None)
    return getattr(request, "param", usual)


@pytest.fixture(scope=_scope)
def integrad_settings(
    request,
    integrad_core,
    integrad_board,
    integrad_emulator,
    integrad_model,
    integrad_name,
    integrad_learn,
    integrad_batch_size,
    integrad_sources,
    integrad_include,
    integrad_defines,
    integrad_cmake,
    integrad_target,
    integrad_elf,
    integrad_part,
    integrad_flash_bytes,
    integrad_ram_bytes,
    integrad_ready,
    integrad_instructions,
    integrad_timeout,
):
    """The settings of this test: those of the file, the command line and its parameters."""
    values, settings = locals(), settings_of(request.config)
    changes = {option.attribute: values[option.fixture] for option in OPTIONS}
    changes = {key: value for key, value in changes.items() if value != getattr(settings, key)}
    if integrad_core is not None:
        changes[CORE.attribute] = [integrad_core]
    with told():
        return _changed(settings, "parameters of the test", changes)


@pytest.fixture(scope=_scope)
def firmware(integrad_settings, integrad_core, integrad_board):
    """The firmware of the settings, built for the core or the board of this test."""
    from integrad.testing.devices import build

    with told():
        return build(integrad_settings, integrad_core, integrad_board)


@pytest.fixture(scope=_scope)
def _integrad_device(firmware, integrad_settings):
    """What `dut`, and the fixtures that use it, share in the chosen scope."""
    from integrad.testing.devices import Device

    device = Device(firmware, integrad_settings)
    yield device
    device.close()


@pytest.fixture
def integrad_dut(request, _integrad_device):
    """The device of this test, switched on and ready: `dut`, whatever other plugins call so."""
    from integrad.testing.records import begin, end

    with told():
        dut = begin(request.node, _integrad_device)
    yield dut
    end(request.node, _integrad_device)


@pytest.fixture
def model(request, integrad_dut, integrad_settings):
    """The model in the firmware, which predicts, learns and saves over the serial protocol."""
    from integrad.testing.records import add_session
    from integrad.testing.session import Session

    session = Session(integrad_dut, integrad_settings.model)
    add_session(request.node, session)
    return session


@pytest.fixture
def costs(integrad_dut, firmware, integrad_settings):
    """Bytes of the firmware in flash, RAM and stack, and exact instructions of parts of it."""
    from integrad.testing.costs import FirmwareCosts

    return FirmwareCosts(integrad_dut, firmware, integrad_settings)


@pytest.fixture
def flash(integrad_dut, _integrad_device):
    """The memory in which the firmware saves, and power cuts while it does."""
    from integrad.testing.flash import Flash

    return Flash(_integrad_device, integrad_dut)


@contextmanager
def told():
    """Reports an error that users can cause as one line, without a traceback."""
    from integrad.errors import IntegradError

    try:
        yield
    except (IntegradError, AssertionError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
