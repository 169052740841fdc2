"""What remains of a test of a device: a log, properties for JUnit, sections in the report of a failure."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest

from integrad.errors import IntegradError
from integrad.testing.dut import DeviceFailure, Dut
from integrad.testing.session import Session
from integrad.testing.transcript import Log

RECORD = pytest.StashKey["Record"]()
LONGEST_NAME = 150
"""Bytes of the name of a log."""

PROPERTY_TEXT = 16 * 1024
"""Characters of what was received in the properties of JUnit."""


class Record:
    """The device of a test, its log, and what was executed before."""

    def __init__(self, dut: Dut, log: Log):
        self.dut, self.log = dut, log
        self.before = dut.instructions
        self.session: Session | None = None


def begin(item: pytest.Item, device) -> Dut:
    """A running device for a test, with a log. device: integrad.testing.devices.Device."""
    path = _log_folder(item.config) / f"{log_name(item.nodeid)}.log"
    try:
        log = Log(path)
    except OSError as error:
        raise IntegradError(f"--integrad-logs: {path} cannot be written: {error.strerror}") from error
    try:
        dut, is_new = device.dut()
        dut.log = log
        item.stash[RECORD] = Record(dut, log)
        if is_new:
            device.await_ready()
    except (IntegradError, AssertionError):
        device.close()
        log.close()
        raise
    return dut


def add_session(item: pytest.Item, session: Session) -> None:
    item.stash[RECORD].session = session


def end(item: pytest.Item, device) -> None:
    """Adds the properties, and closes the log."""
    record = item.stash[RECORD]
    dut, firmware = record.dut, device.firmware
    properties = {"uart": record.log.transcript.text[:PROPERTY_TEXT], "log": str(record.log.path)}
    if dut.instructions is not None:
        properties["instructions"] = dut.instructions - (record.before or 0)
    properties |= firmware.properties()
    if record.session is not None and record.session.has_begun and not dut.failed:
        try:
            properties["crc"] = f"{record.session.crc():08x}"
        except (IntegradError, DeviceFailure) as error:
            properties["crc"] = str(error).partition("\n")[0]
    item.user_properties += [(f"integrad_{name}", value) for name, value in properties.items()]
    dut.log = None
    record.log.close()


def add_to_report(item: pytest.Item, report: pytest.TestReport) -> None:
    """What the device sent and where it stands, if the test has failed."""
    record = item.stash.get(RECORD, None)
    if record is None or not report.failed:
        return
    record.dut.failed = True  # the next test gets another device
    report.sections.append((f"sent by {record.dut.name}", record.log.transcript.text or "(nothing)"))
    report.sections.append((f"state of {record.dut.name}", "\n".join(record.dut.state())))
    report.sections.append(("log of the test", str(record.log.path)))


def _log_folder(config: pytest.Config) -> Path:
    return config.invocation_params.dir / config.getoption("integrad_logs")


def log_name(nodeid: str) -> str:
    """Of the log of a test: its path, names and parameters; a checksum and the end of what is too long."""
    name = re.sub(r"[^\w.,=+-]+", "_", nodeid).strip("_")
    whole = name.encode()
    if len(whole) <= LONGEST_NAME:
        return name
    start = f"{zlib.crc32(whole):08x}-"
    return start + whole[len(start) - LONGEST_NAME :].decode(errors="ignore")
