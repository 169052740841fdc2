"""The C code that all models share: the folder integrad/ of an export, the same for every model and core.

Its source is device/runtime; the manifest.toml there describes its contents.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = "integrad"
"""Folder of the runtime in an export, next to the model's own files."""

ONE_UNIT, SMALL, PORTABLE = "INTEGRAD_ONE_UNIT", "INTEGRAD_SMALL", "INTEGRAD_PORTABLE"
"""Macros of the runtime: define the kernels as static functions of the including file; prefer the smaller
variants where size matters as much as speed; use portable C on every core."""

VARIANTS = ("mve", "dsp", "m3", "m0", "portable")
"""Variants of kernels, in order of preference where a core can execute more than one."""


@dataclass(frozen=True)
class Kernel:
    """A kernel or a helper of kernels, with the fields described in manifest.toml."""

    name: str
    is_helper: bool
    row: str
    variants: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    long: tuple[str, ...] = ()
    divides: bool = False

    @property
    def symbols(self) -> set[str]:
        """Names of its C functions."""
        return {f"integrad_{name}" for name in (self.name, *self.functions)}


@cache
def kernels() -> dict[str, Kernel]:
    """The manifest: name → kernel or helper."""
    text = (files("integrad_device") / "runtime/manifest.toml").read_text(encoding="utf-8")
    manifest = tomllib.loads(text)
    return {
        name: Kernel(
            name, kind == "helper", **{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
        )
        for kind in ("layer", "kernel", "helper")
        for name, entry in manifest[kind].items()
    }


def with_required(names: set[str]) -> set[str]:
    """These kernels and everything that any of their variants requires."""
    found: set[str] = set()
    remaining = list(names)
    while remaining:
        name = remaining.pop()
        if name not in found:
            found.add(name)
            remaining += kernels()[name].requires
    return found


@cache
def runtime_files() -> dict[str, str]:
    """Path → text of the runtime, with paths relative to the model's files."""
    root = files("integrad_device") / "runtime"
    sources = {f"{FOLDER}/{path.name}": path for path in root.iterdir() if path.name.endswith((".c", ".h"))}
    for variant in VARIANTS:
        for path in (root / variant).iterdir():
            sources[f"{FOLDER}/{variant}/{path.name}"] = path
    return {name: sources[name].read_text(encoding="utf-8") for name in sorted(sources)}


STORE = ("store/store.h", "store/store.c", "store/update.h", "store/update.c", "checksum.h", "checksum.c")


@cache
def store_files() -> dict[str, str]:
    """Path → text of the weight store, which lies in the same folder as the runtime of models that learn."""
    return _files(STORE)


SERIAL = ("serial/frame.h", "serial/frame.c", "serial/serial.h", "serial/serial.c")


@cache
def serial_files() -> dict[str, str]:
    """Path → text of the serial protocol, with the files of the store, whose types and checksum it uses."""
    return _files(SERIAL) | store_files()


def _files(names: tuple[str, ...]) -> dict[str, str]:
    paths = [files("integrad_device") / name for name in names]
    return {f"{FOLDER}/{path.name}": path.read_text(encoding="utf-8") for path in paths}
