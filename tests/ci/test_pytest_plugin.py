"""The plugin of pytest in test runs of other projects, with devices that follow a script."""

from importlib.metadata import entry_points

import pytest

pytest_plugins = "pytester"


def test_the_plugin_is_installed():
    (entry,) = entry_points(group="pytest11", name="integrad")
    assert entry.value == "integrad.testing.plugin"


def test_cores_are_parameters(project):
    result = project("def test_boots(dut): dut.expect_exact('')\ndef test_other(): pass\n", "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*::test_boots?m0?*", "*::test_boots?m4?*"])
    tests = "def test_boots(dut): pass\ndef test_other(): pass\n"
    result = project(tests, "-v", "--integrad-core", "m3,m7,m33", "-m", "integrad", "--strict-markers")
    result.assert_outcomes(passed=3, deselected=1)
    result.stdout.fnmatch_lines(["*::test_boots?m33?*"])


def test_options_are_parameters_too(project):
    tests = """
    import pytest
    @pytest.mark.parametrize("integrad_core", ["m4"], indirect=True)
    @pytest.mark.parametrize("integrad_instructions", ["2 k", 3000], indirect=True)
    def test_limit(dut, integrad_settings, integrad_instructions):
        assert integrad_settings.cores == ("m4",)
        assert integrad_settings.instructions in (2000, 3000)
        dut.chip.steps = [10**9]
        with pytest.raises(AssertionError, match=f"{integrad_settings.instructions:,} instructions"):
            dut.expect("x")
    @pytest.mark.parametrize("integrad_flash_bytes", ["8 KB"], indirect=True)
    def test_memory(integrad_settings, integrad_core):
        core = integrad_settings.core(integrad_core)
        assert (core.part.flash_bytes, core.part.ram_bytes) == (8192, 2048)
    @pytest.mark.parametrize("integrad_core", ["m5"], indirect=True)
    def test_unknown(dut):
        pass
    """
    result = project(tests, "--integrad-ram-bytes=2KB")
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["parameters of the test: cores: unknown core 'm5'; known cores: *"])


def test_settings_that_are_wrong(project, pytester):
    result = project("def test(dut): pass", "--integrad-core=m5")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: command line: cores: unknown core 'm5'; known cores: *"])
    for option in ("--integrad-core=", "--integrad-board=,"):  # as of a variable that is empty
        result = project("def test(dut): pass", option)
        result.stderr.fnmatch_lines(["ERROR: command line: cores: names no core; known cores: *"])
    pytester.makepyprojecttoml("[tool.integrad]\nscop = 'module'\n")
    result = project("def test(): pass")
    result.stderr.fnmatch_lines(
        ["ERROR: pyproject.toml: ?tool.integrad?: unknown key 'scop'; did you mean scope?"]
    )


def test_a_log_of_a_long_name(project, pytester):
    name = "ä测" * 60
    project(f"def test_{name}(dut): pass", "--integrad-core=m0").assert_outcomes(passed=1)
    (log,) = (pytester.path / "integrad-logs").iterdir()
    assert log.name.endswith("ä测_m0.log") and len(log.name.encode()) < 160
    result = project("def test(dut): pass", "--integrad-logs", str(log))
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["--integrad-logs: *.log cannot be written: File exists"])


def test_settings_are_found_from_another_folder(project, pytester, monkeypatch):
    folder = pytester.path.parent / "elsewhere"
    folder.mkdir()
    pytester.makepyprojecttoml('[tool.integrad]\ncores = ["m0", "m4"]\n[tool.pytest.ini_options]\n')
    pytester.makepyfile("def test_core(integrad_core): assert integrad_core in ('m0', 'm4')")
    monkeypatch.chdir(folder)
    result = pytester.runpytest_inprocess(pytester.path, "-p", "no:pytest_embedded")
    result.assert_outcomes(passed=2)


FAILING = """
def test_faults(dut):
    dut.write("fault")
    dut.expect("value: .*")
def test_is_unharmed(dut, machines):
    dut.write("x")
    assert not dut.failed and machines[-1].starts == 1
"""


@pytest.mark.parametrize("scope", ["function", "module", "session"])
def test_a_fault_fails_one_test(project, pytester, scope):
    result = project(
        FAILING,
        f"--integrad-scope={scope}",
        "--integrad-core=m0",
        "--junitxml=junit.xml",
        scope=f"(scope={scope!r})",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*expected 'value: .*' from a script, but it faulted: stack overflow in filter",
            "E*place: filter (pc 0x00000a12)",
            "E*registers: pc=00000a12",
            "*sent by a script*",
            "ready",
            "*state of a script*",
        ]
    )
    shown = result.stdout.str()
    assert "dut.py" not in shown.partition("short test summary")[0], "only lines of the test are shown"
    junit = (pytester.path / "junit.xml").read_text()
    assert junit.count('name="integrad_flash" value="1234"') == 2
    assert (
        'name="integrad_instructions" value="1000"' in junit and 'name="integrad_uart" value="ready' in junit
    )
    logs = {path.name: path.read_text() for path in (pytester.path / "integrad-logs").iterdir()}
    faulty = logs["test_a_fault_fails_one_test.py_test_faults_m0.log"]
    assert faulty.startswith("ready\n\n[integrad] expected 'value: .*' from a script, but it faulted")
    assert len(logs) == 2


def test_a_scope_shares_a_device_until_a_test_fails(project):
    tests = """
    def test_first(dut, machines):
        assert len(machines) == 1
    def test_shares(dut, machines):
        assert len(machines) == 1
        assert False
    def test_gets_another(dut, machines):
        assert len(machines) == 2 and machines[0].ended
    """
    result = project(tests, "--integrad-scope=module", "--integrad-core=m0", scope="(scope='module')")
    result.assert_outcomes(passed=2, failed=1)


def test_a_device_that_is_never_ready(project):
    result = project("def test(dut): pass", "--integrad-ready=prompt> ", "--integrad-core=m0,m4")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["expected 'prompt> ' from a script, but it waits for input in receive"])
    assert "Traceback" not in result.stdout.str()


def test_workers_beside_pytest_embedded(project):
    """As none of its services is asked for, the device is ours."""
    tests = """
    def test_a(dut):
        assert type(dut).__module__ == "integrad.testing.dut"
    def test_b(dut):
        assert False
    """
    result = project(tests, "-n1", "--integrad-core=m0", embedded=True)
    result.assert_outcomes(passed=1, failed=1)
    assert "sent by a script" in result.stdout.str()
