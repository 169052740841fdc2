"""The table of export targets: to add a target is to add a file here, and a row."""

from __future__ import annotations

from collections.abc import Mapping

from integrad.errors import UsageError
from integrad.export.arduino import ARDUINO, PLATFORMIO
from integrad.export.c import C
from integrad.export.cmake import CMAKE
from integrad.export.cmsis_pack import CMSIS_PACK
from integrad.export.esp_idf import ESP_IDF
from integrad.export.micropython import MICROPYTHON
from integrad.export.pico_sdk import PICO_SDK
from integrad.export.stm32cube import STM32CUBE
from integrad.export.target import Option, Target
from integrad.export.zephyr import ZEPHYR

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        C,
        MICROPYTHON,
        CMAKE,
        PICO_SDK,
        STM32CUBE,
        ZEPHYR,
        ESP_IDF,
        CMSIS_PACK,
        ARDUINO,
        PLATFORMIO,
    )
}


def all_options() -> list[Option]:
    """The options of all targets; those of one name are one option."""
    return list({option.name: option for target in TARGETS.values() for option in target.options}.values())


def check_options(target: Target, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The values of the target's own options. Raises UsageError for one that belongs to another target."""
    own = {option.name: option for option in target.options}
    for name, value in values.items():
        if value is None:
            continue
        if name not in own:
            owners = [t.name for t in TARGETS.values() if name in {option.name for option in t.options}]
            raise UsageError(f"--{name.replace('_', '-')} requires --target {' or '.join(owners)}")
        own[name].check(value)
    return {name: values.get(name) for name in own}
