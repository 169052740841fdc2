"""Settings of tests of firmware: [tool.integrad] of pyproject.toml."""

from __future__ import annotations

from fuzz_target import File, Target

from integrad.testing.settings import read_settings

FILE = File("pyproject.toml")


def read(data: bytes) -> None:
    """Settings that are read name cores with memory."""
    settings = read_settings(config=FILE.holding(data))
    for core in settings.cores:
        part = settings.core(core).part
        assert part.flash_bytes >= 0 and part.ram_bytes >= 0 and settings.budgets[core]


ALL = b"""[tool.integrad]
name = "gesture"
learn = "last:1"
batch-size = 4
include = ["."]
defines = ["UNIT=1"]
cores = ["m0"]
part = "STM32F072RB"
flash-bytes = "64 KB"
boards = ["pico"]
emulator = "unicorn"
ready = "ready"
instructions = "200 M"
timeout = 1.5
scope = "class"
data = "magic-wand"
[tool.integrad.budget]
flash = "1_000.5 KiB"
accuracy-after-tuning = 1
tuning = {samples = 9, only = ["a=b"], epochs = 1, replay = 0, learning-rate-inv = 8, seed = 1}
[tool.integrad.budget.m4]
instructions-per-step = "2 k"
"""


def seeds() -> list[bytes]:
    return [ALL, b'[tool.integrad]\ncores = ["m7", "rv32"]\nbudget.m7.ram = 9\n', b"[tool]\nintegrad = {}\n"]


TARGET = Target("settings", read, seeds)
