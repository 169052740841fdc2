"""The serial port, which the protocol and the stub of the sensor share."""


def test_the_protocol_answers(model):
    assert model.info.name == "gesture"
    assert model.info.learn == "all"
    assert model.crc() == model.host_crc


def test_no_byte_is_lost(dut, model, draw, strokes):
    """Readings arrive without a gap, also while a gesture is recognised and announced."""
    for digit in "012":
        draw(strokes[digit])
    for digit in "012":
        dut.expect_exact(f"gesture: {digit}\r\n")
    model.begin()
    damaged = model.client.counters().damaged
    assert damaged == 0, f"frames that arrived damaged: {damaged}; the firmware lost bytes"
