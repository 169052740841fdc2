"""Names that no file of the project may contain: package servers, folders of one computer or outside the
tree."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SERVER = re.compile(
    r"\b(?:archive|cdn|deb|files|ftp|index|mirrors?|packages|registry|security|simple)\.[\w-]+\.(?:com|io|net|org)\b"
    r"|\bpypi\.\w|\bpythonhosted\.\w|\bnpmjs\.\w"
)
# Every Debian has these folders, and no machine the last two; any other one at the root is somebody's own.
COMMON = "bin|boot|dev|etc|lib|opt|proc|run|sbin|sys|tmp|usr|var|nowhere|path"
MACHINE = re.compile(rf"(?<![\w/:.*~<>)}}\]$-])/(?!(?:{COMMON})/)[a-z]\w*/\w")
CLIMB = re.compile(r"(?:\.\./)+")


def offence(line, depth):
    """What is wrong with a line of a file that lies `depth` folders below the root, or None."""
    if found := SERVER.search(line) or MACHINE.search(line):
        return found[0]
    return next((found[0] for found in CLIMB.finditer(line) if len(found[0]) // 3 > depth), None)


def tracked():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name]


def test_no_file_names_a_server_or_a_machine():
    found, files = [], [path for path in tracked() if path.is_file()]
    assert files
    for path in files:
        data, name = path.read_bytes(), path.relative_to(ROOT)
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
            if words := offence(line, len(name.parts) - 1):
                found.append(f"{name}:{number}: {words}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["home", "mnt", "root", "srv", "builds", "users"])
def test_paths_of_machines_are_noticed(folder):
    path = "/".join(["", folder, "someone", "tree"])
    for line in (f"see {path}", f'open("{path}")', f"cd {path}; make", f"({path})", f"x={path}"):
        assert offence(line, 3), line


def test_servers_and_paths_out_of_the_tree_are_noticed():
    for host in (("deb", "example", "org"), ("registry", "example", "io"), ("pypi", "org")):
        assert offence(f"https://{'.'.join(host)}/x", 0)
    climb = "../" * 2
    assert offence(f"{climb}notes.md", 1) and not offence(f"{climb}notes.md", 2)
