"""The QEMU plugin: compiles without warnings for both interfaces, is built once and kept in the user's
cache."""

import os
import re
import subprocess

import pytest

from integrad.build.toolchain import DEVICE, WARNINGS
from integrad.emulate import qemu
from integrad.emulate.doctor import count_self_test
from integrad.emulate.faults import FirmwareError
from integrad.emulate.runner import run
from integrad.errors import IntegradError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/integrad"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("api", [1, 2, 4])
def test_compiles_without_a_warning(tmp_path, compiler, api):
    flags = ["-std=c99", *WARNINGS, "-O2", "-fPIC", "-shared", f"-DQEMU_PLUGIN_API={api}"]
    for name in qemu.PLUGINS:
        source = DEVICE / f"emulator/{name}.c"
        subprocess.run([compiler, *flags, source, "-o", tmp_path / "plugin.so"], check=True)


@pytest.mark.parametrize(
    ("version", "api"), [("5.2.0", 1), ("7.2.22", 1), ("8.2.1", 1), ("9.0.0", 2), ("10.0.3", 4)]
)
def test_interface_follows_the_version(version, api):
    assert qemu.plugin_api(tuple(map(int, version.split(".")))) == api


def test_self_test():
    assert count_self_test() == [{1: 3}]


def test_is_built_once(cache):
    program = qemu.find_qemu()
    plugin = qemu.build_plugin(program)
    assert plugin.parent == cache and list(cache.iterdir()) == [plugin]
    before = plugin.stat()
    assert qemu.build_plugin(program) == plugin
    assert plugin.stat().st_mtime_ns == before.st_mtime_ns


def test_absent_compiler(cache, monkeypatch):
    monkeypatch.setattr(qemu, "find_host_compiler", lambda: None)
    with pytest.raises(IntegradError, match=re.escape(qemu.BRINGS_HOST_COMPILER)):
        qemu.build_plugin(qemu.find_qemu())


def test_unusable_cache(cache):
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(IntegradError, match="set XDG_CACHE_HOME"):
        qemu.build_plugin(qemu.find_qemu())


def test_broken_compiler_leaves_nothing(cache, tmp_path, monkeypatch):
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho 'cc: error: no space left' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(qemu, "find_host_compiler", lambda: str(broken))
    with pytest.raises(IntegradError, match="no space left"):
        qemu.build_plugin(qemu.find_qemu())
    assert os.listdir(cache) == []


def test_refusal_of_qemu_is_reported(build, monkeypatch):
    firmware = build("counts", "m4")
    with pytest.raises(FirmwareError, match="QEMU stopped") as failure:
        monkeypatch.setattr(qemu, "build_plugin", lambda program: firmware.elf)
        run(firmware, bytes(64), engine="qemu")
    assert failure.value.kind == "emulator"
