"""The target `zephyr`: an out-of-tree module with a sample."""

from __future__ import annotations

from integrad.export.package import Layout, package_target

ZEPHYR = package_target("zephyr", "a module for Zephyr", Layout("src", "include", "runtime"))
