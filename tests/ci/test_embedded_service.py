"""Tests that were written for pytest-embedded, with its own `dut`, run on an emulated core."""

pytest_plugins = "pytester"

TESTS = """
import re, pexpect, pytest
from integrad.testing.dut import Dut

def test_expects(dut, integrad_dut):
    assert dut.integrad is integrad_dut and not isinstance(dut, Dut)
    with pytest.raises(pexpect.TIMEOUT, match="Not found .value") as caught:
        dut.expect("value", timeout=5)
    assert "it waits for input in receive" in str(caught.value.__cause__)
    dut.write("fault")
    with pytest.raises(pexpect.EOF) as caught:
        dut.expect_exact(["value"])
    assert "faulted: stack overflow in filter" in str(caught.value.__cause__)

def test_finds(dut):
    dut.integrad.chip.steps = [b"sum ", b"12\\r\\n1 Tests 0 Failures 0 Ignored\\r\\n"]
    assert dut.expect(r"sum (\\d+)\\r\\n", timeout=5).group(1) == b"12"
    dut.expect_exact("Ignored", timeout=5)

def test_unity(dut):
    lines = b"a.c:1:test_one:PASS\\r\\na.c:9:test_two:FAIL: why\\r\\n"
    summary = b"-----------------------\\r\\n2 Tests 1 Failures 0 Ignored\\r\\nFAIL\\r\\n"
    dut.integrad.chip.steps = [lines, summary]
    dut.expect_unity_test_output(timeout=5)
"""


def test_tests_for_pytest_embedded_run_on_the_service_integrad(project):
    result = project(TESTS, "--embedded-services=integrad", "--integrad-core=m0", embedded=True)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*Unity test failed*"])
    assert "1 failed, 2 passed" in result.stdout.str()
