"""The firmware fits its part: flash-bytes and ram-bytes in pyproject.toml, which the linker enforces."""


def test_fits_64_kb_of_flash_and_16_kb_of_ram(firmware):
    assert firmware.sizes.flash <= 64 * 1024
    assert firmware.sizes.ram <= 16 * 1024


def test_the_stack_has_a_reserve(costs, model, gestures):
    """Learning and saving go deepest."""
    model.train(gestures.x[0], gestures.y[0])
    model.save()
    assert costs.stack <= 1536
