"""The table of parts: consistency and common names."""

import re

import pytest

from integrad.errors import UsageError
from integrad.targets.cores import core_of, product_of
from integrad.targets.parts import all_parts, find_part

KIB = 1024


def test_every_part_is_whole():
    assert len(all_parts()) >= 20
    for part in all_parts():
        assert core_of(part).name == part.core.removesuffix("+"), part
        assert product_of(part) == f"Cortex-{part.core.upper()}", part
        assert part.flash_bytes % (64 * KIB) == 0 and part.flash_bytes >= 64 * KIB, part
        assert part.ram_bytes % (4 * KIB) == 0 and 4 * KIB <= part.ram_bytes <= part.flash_bytes, part
        assert part.maker and not re.search(r"\s", part.name), part
    assert [part.name for part in all_parts()] == sorted((p.name for p in all_parts()), key=str.lower)


def test_no_name_means_two_parts():
    names = [name.lower() for part in all_parts() for name in (part.name, *part.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "name", "flash_kib", "ram_kib"),
    [
        ("stm32f103c8", "STM32F103C8", 64, 20),
        ("stm32f401", "STM32F401RE", 512, 96),
        ("stm32f411", "STM32F411RE", 512, 128),
        ("STM32F446", "STM32F446RE", 512, 128),
        ("stm32f746", "STM32F746ZG", 1024, 320),
        ("stm32h743", "STM32H743ZI", 2048, 512),
        ("stm32l0", "STM32L073RZ", 192, 20),
        ("stm32l4", "STM32L476RG", 1024, 96),
        ("stm32l4r5", "STM32L4R5ZI", 2048, 640),
        ("stm32g0b1", "STM32G0B1RE", 512, 144),
        ("stm32u575", "STM32U575ZI", 2048, 768),
        ("rp2040", "RP2040", 2048, 264),
        ("rp2350", "RP2350", 4096, 520),
        ("nrf51822", "nRF51822", 256, 16),
        ("nrf52832", "nRF52832", 512, 64),
        ("nRF52840", "nRF52840", 1024, 256),
        ("nrf5340", "nRF5340", 1024, 512),
        ("ensemble e3", "Ensemble-E3", 5632, 1024),
        ("samd21g18", "SAMD21G18", 256, 32),
        ("samd51", "SAMD51J20", 1024, 256),
        ("mimxrt1062", "MIMXRT1062", 8192, 512),
        ("microbit-v1", "nRF51822", 256, 16),
        ("microbit v2", "nRF52833", 512, 128),
        ("STM32F411RET6", "STM32F411RE", 512, 128),
    ],
)
def test_parts_are_found_by_the_names_that_people_use(text, name, flash_kib, ram_kib):
    part = find_part(text)
    assert (part.name, part.flash_bytes, part.ram_bytes) == (name, flash_kib * KIB, ram_kib * KIB)


@pytest.mark.parametrize("part", all_parts(), ids=lambda part: part.name)
def test_every_name_leads_to_its_part(part):
    for name in (part.name, part.name.upper(), *part.aliases):
        assert find_part(name) is part


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nrf52", "--part 'nrf52': unknown; similar names: nRF52832, nRF52833, nRF52840"),
        ("stm32f410", "--part 'stm32f410': unknown; similar names: "),
        ("esp32", "--part 'esp32': unknown; known names: Ensemble-E3, MIMXRT1062, "),
        ("", "--part '': unknown; known names: "),
    ],
)
def test_unknown_parts_are_told_from_near_ones(text, expected):
    with pytest.raises(UsageError) as caught:
        find_part(text)
    assert str(caught.value).startswith(expected)
