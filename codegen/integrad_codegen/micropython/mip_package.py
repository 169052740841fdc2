"""Folders for mip, MicroPython's package installer: VERSION/ARCHITECTURE_ABI/package.json and its files.

mip supports neither architectures nor alternatives: a package.json lists pairs of a file name on the board
and the path, relative to package.json, from which to download it. Therefore each kind of board has a
folder of its own with all the files that it requires.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

ABI = "6.3"
"""Version of the .mpy format, that of MicroPython 1.23 and newer."""


def mip_folders(
    prefix: str, version: str, files: Mapping[str, bytes], modules: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Path → contents of all folders, below VERSION/.

    files: of the export, by path: PREFIX.py, PREFIX.weights, pure/_PREFIX.py, plain/_PREFIX.py.
    modules: native module of each architecture.
    """
    backends = {f"{architecture}_{ABI}": (f"_{prefix}.mpy", data) for architecture, data in modules.items()}
    backends["viper"] = (f"_{prefix}.py", files[f"pure/_{prefix}.py"])
    backends["plain"] = (f"_{prefix}.py", files[f"plain/_{prefix}.py"])
    common = {name: files[name] for name in (f"{prefix}.py", f"{prefix}.weights")}
    found = {}
    for folder, (backend, data) in sorted(backends.items()):
        contents = {**common, backend: data}
        contents["package.json"] = package_json(version, {name: name for name in contents}).encode()
        found |= {f"{version}/{folder}/{name}": text for name, text in contents.items()}
    return found


def package_json(version: str, files: Mapping[str, str]) -> str:
    """files: name on the board → path relative to package.json."""
    package = {"version": version, "urls": [[name, path] for name, path in files.items()], "deps": []}
    return json.dumps(package, indent=2) + "\n"
