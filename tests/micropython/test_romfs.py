"""ROMFS images hold weights at even addresses, whatever the sizes of the files."""

import pytest

from integrad.build.micropython_romfs import romfs_image


@pytest.mark.parametrize("size", [200, 201, 20000, 20001])
@pytest.mark.parametrize("name", ["a.weights", "ab.weights"])
@pytest.mark.parametrize("text", [b"", b"1", b"12"])
def test_weights_start_at_even_addresses(name, size, text):
    weights = bytes([7] * size)
    image = romfs_image({"main.py": text, name: weights})
    assert image.count(weights) == 1 and image.index(weights) % 2 == 0
