"""The table of parts: consistency and common names."""

import re
from collections import Counter

import pytest

from integrad.errors import UsageError
from integrad.targets.cores import core_of, product_of
from integrad.targets.parts import all_parts, find_part

KIB = 1024
PRODUCTS = {"rv32": "RV32IMC", "avr": "AVR", "avr5": "AVR"}


def test_every_part_is_whole():
    assert len(all_parts()) >= 20
    for part in all_parts():
        core = core_of(part)
        assert part.core in (core.name, *core.also) and product_of(part) == PRODUCTS.get(
            part.core, f"Cortex-{part.core.upper()}"
        ), part
        flash, ram = (32 * KIB, 512) if core.name == "avr" else (64 * KIB, 4 * KIB)
        assert part.flash_bytes % flash == 0 < part.flash_bytes, part
        assert part.ram_bytes % ram == 0 < part.ram_bytes <= part.flash_bytes, part
        assert 8e6 <= part.clock_hz <= 1e9 and (part.wait_states is None or 0 < part.wait_states < 8), part
        assert part.maker and not re.search(r"\s", part.name), part
    assert [part.name for part in all_parts()] == sorted((p.name for p in all_parts()), key=str.lower)


def names_of(part):
    return (part.name, part.name.upper(), *part.aliases)


def test_names_of_several_parts_are_refused_with_their_names():
    names = Counter(name.lower() for part in all_parts() for name in {*names_of(part)} - {part.name.upper()})
    shared = {name for name, count in names.items() if count > 1}
    assert {"microbit", "blackpill", "arduino-nano-33"} <= shared
    for name in shared:
        with pytest.raises(UsageError, match=r"; name one of them$") as caught:
            find_part(name)
        assert all(part.name in str(caught.value) for part in all_parts() if name in part.aliases)


@pytest.mark.parametrize(
    ("text", "name", "flash_kib", "ram_kib"),
    [
        ("stm32f103c8", "STM32F103C8", 64, 20),
        ("stm32f401r", "STM32F401RE", 512, 96),
        ("nucleo-f411re", "STM32F411RE", 512, 128),
        ("NUCLEO-H743ZI2", "STM32H743ZI", 2048, 512),
        ("pico", "RP2040", 2048, 264),
        ("Pico 2", "RP2350", 4096, 520),
        ("arduino-nano-33-ble", "nRF52840", 1024, 256),
        ("Arduino Nano 33 IoT", "SAMD21G18", 256, 32),
        ("stm32f411", "STM32F411RE", 512, 128),
        ("STM32F446", "STM32F446RE", 512, 128),
        ("stm32f746", "STM32F746ZG", 1024, 320),
        ("stm32h743", "STM32H743ZI", 2048, 512),
        ("stm32l0", "STM32L073RZ", 192, 20),
        ("stm32l476", "STM32L476RG", 1024, 96),
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
        ("samd51j20", "SAMD51J20", 1024, 256),
        ("mimxrt1062", "MIMXRT1062", 8192, 512),
        ("microbit-v1", "nRF51822", 256, 16),
        ("microbit v2", "nRF52833", 512, 128),
        ("STM32F411RET6", "STM32F411RE", 512, 128),
        ("esp32-c3", "ESP32-C3", 4096, 384),
        ("XIAO ESP32C3", "ESP32-C3", 4096, 384),
        ("RP2350-RISCV", "RP2350-RISCV", 4096, 520),
        ("ch32v307", "CH32V307VC", 256, 64),
        ("CH32V203C8T6", "CH32V203C8", 64, 20),
        ("Arduino Uno", "ATmega328P", 32, 2),
        ("mega2560", "ATmega2560", 256, 8),
    ],
)
def test_parts_are_found_by_the_names_that_people_use(text, name, flash_kib, ram_kib):
    part = find_part(text)
    assert (part.name, part.flash_bytes, part.ram_bytes) == (name, flash_kib * KIB, ram_kib * KIB)


@pytest.mark.parametrize("part", all_parts(), ids=lambda part: part.name)
def test_every_name_leads_to_its_part(part):
    own = [name for name in names_of(part) if sum(name in p.aliases for p in all_parts()) < 2]
    assert own
    for name in own:
        assert find_part(name) is part


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "nrf52",
            "--part 'nrf52': may be nRF52832 or nRF52833 (microbit-v2) or nRF52840 (arduino-nano-33-ble)",
        ),
        ("microbit", "--part 'microbit': may be nRF51822 (microbit-v1) or nRF52833 (microbit-v2); name one"),
        ("stm32f4", "--part 'stm32f4': may be STM32F401CC (blackpill) or STM32F401RE or STM32F407VG "),
        ("stm32f410", "--part 'stm32f410': unknown; similar names: "),
        ("esp32", "--part 'esp32': has an Xtensa core: its memory requirements cannot be predicted"),
        ("ESP32-S3", "--part 'ESP32-S3': has an Xtensa core"),
        ("esp32-c6", "--part 'esp32-c6': has a RISC-V core"),
        ("CH32V003F4", "--part 'CH32V003F4': has a RISC-V core without multiplication"),
        ("attiny85", "--part 'attiny85': has an AVR core"),
        ("ch32v", "--part 'ch32v': may be CH32V203C8 or CH32V307VC; name one"),
        ("zx81", "--part 'zx81': unknown; known names: ATmega2560 (arduino-mega), ATmega328P "),
        ("", "--part '': unknown; known names: "),
    ],
)
def test_unknown_parts_are_told_from_near_ones(text, expected):
    with pytest.raises(UsageError) as caught:
        find_part(text)
    assert str(caught.value).startswith(expected)
