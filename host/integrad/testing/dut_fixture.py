"""The fixture `dut`, a plugin of its own: pytest-embedded has one too, which stays if its services are asked
for."""

import pytest


@pytest.fixture
def dut(integrad_dut):
    """The device under test, an emulated core or chip: integrad.testing.dut.Dut."""
    return integrad_dut
