"""The target `stm32cube`: folders for a project of STM32CubeIDE."""

from __future__ import annotations

from integrad.export.package import Layout, package_target

MIDDLEWARE = "Middlewares/Integrad"

STM32CUBE = package_target(
    "stm32cube",
    "folders for STM32CubeIDE",
    Layout(f"{MIDDLEWARE}/Src", f"{MIDDLEWARE}/Inc", f"{MIDDLEWARE}/Runtime"),
)
