"""The target `pico-sdk`: a library for projects with the SDK of the Raspberry Pi Pico."""

from __future__ import annotations

from integrad.export.package import Layout, package_target

PICO_SDK = package_target("pico-sdk", "a library for the Pico SDK", Layout("src", "include", "runtime"))
