"""Words that must not stand in a file of the project: package mirrors and paths of somebody's machine."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Each word is broken in two, so that this file passes its own test.
FORBIDDEN = re.compile(
    "|".join(
        re.escape(left + right)
        for left, right in [
            ("pypi", ".org"),
            ("python", "hosted.org"),
            ("deb.", "debian.org"),
            ("security.", "debian.org"),
            ("archive.", "ubuntu.com"),
            ("npm", "js.org"),
            ("npm", "js.com"),
            ("..", "/shared"),
            ("/work", "/main"),
            ("/work", "/shared"),
            ("/root", "/"),
        ]
    )
)


def test_no_file_names_a_mirror_or_a_machine():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    assert files
    found = []
    for path in filter(Path.is_file, files):
        data = path.read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)
