"""C unit tests as items of pytest: one for each case and core, which begins with a reset.

A file is built once for a core, with the application's sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrad.build.toolchain import DEVICE
from integrad.errors import IntegradError
from integrad.testing.application import Application, build_application
from integrad.testing.devices import Device
from integrad.testing.records import begin, end
from integrad.testing.settings import Settings
from integrad.testing.unit_test_cases import COMMENT, Case, cases_in_source
from integrad.testing.unit_test_run import CaseFirmware, run_case

MAIN = re.compile(r"^\s*(?:int|void)\s+main\s*\(", re.MULTILINE)
INCLUDED = re.compile(r'^\s*#\s*include\s+"(?:[^"\n]*/)?([^"/\n]+\.c)"', re.MULTILINE)


class UnitTestError(Exception):
    """A case failed. The text says how."""


def unit_test_sources(path: Path, settings: Settings) -> tuple[Path, ...]:
    """What a unit test is linked from: itself, and the application's sources without the file that defines
    main and without those that the test includes."""
    included = set(INCLUDED.findall(_code(path)))
    subjects = [source for source in settings.sources if source.name not in included]
    return path, *(source for source in subjects if not MAIN.search(_code(source)))


def _code(path: Path) -> str:
    return COMMENT.sub(" ", path.read_text(encoding="utf-8", errors="replace"))


class UnitTestFile(pytest.File):
    """A C file with cases."""

    def __init__(self, settings: Settings, **arguments):
        super().__init__(**arguments)
        self.settings = replace(
            settings,
            sources=unit_test_sources(self.path, settings),
            include=(*settings.include, DEVICE / "testing"),
            cmake=None,
            target=None,
            elf=None,
            ready=None,
        )
        self._built: dict[str, Application | IntegradError] = {}

    def collect(self) -> Iterator[UnitTestCase]:
        try:
            cases = cases_in_source(self.path)
        except IntegradError as error:
            raise self.CollectError(str(error)) from None
        for core in self.settings.cores:
            for case in cases:
                yield UnitTestCase.from_parent(self, name=f"{case.name}[{core}]", case=case, core=core)

    def application(self, core: str) -> Application:
        """Built once for a core. Raises the same IntegradError each time if that fails."""
        if core not in self._built:
            try:
                self._built[core] = build_application(self.settings, core)
            except IntegradError as error:
                self._built[core] = error
        built = self._built[core]
        if isinstance(built, IntegradError):
            raise built
        return built


class UnitTestCase(pytest.Item):
    """A case on a core."""

    parent: UnitTestFile

    def __init__(self, case: Case, core: str, **arguments):
        super().__init__(**arguments)
        self.case, self.core = case, core
        self.funcargs: dict[str, object] = {}  # other plugins, such as pytest-embedded, ask every item

    def runtest(self) -> None:
        settings = self.parent.settings
        firmware = CaseFirmware(self.parent.application(self.core), settings.emulator, self.case.name)
        device = Device(firmware, settings)
        dut = begin(self, device)
        try:
            result = run_case(dut, firmware, settings)
            self.add_report_section("call", f"output of {dut.name}", dut.text)
        finally:
            end(self, device)
            device.close()
        if not result.passed:
            raise UnitTestError("\n".join(map(self._placed, result.messages)))
        if result.skipped is not None:
            pytest.skip(result.skipped or "without a reason")

    def _placed(self, message: str) -> str:
        """A message with the path of this file as pytest shows it. The program may have been built before,
        from the same text in another folder."""
        file, _, rest = message.partition(":")
        return f"{self.nodeid.partition('::')[0]}:{rest}" if Path(file).name == self.path.name else message

    def repr_failure(self, excinfo: pytest.ExceptionInfo):
        """What happened, without a traceback of the plugin."""
        if isinstance(excinfo.value, (UnitTestError, IntegradError, AssertionError)):
            return f"{self.path.name}: {self.case.name}: {excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.line - 1, self.name
