"""The target `cmake`: a project for add_subdirectory, FetchContent and find_package."""

from __future__ import annotations

from integrad.export.package import Layout, package_target

CMAKE = package_target("cmake", "a CMake project", Layout("src", "include", "runtime"))
