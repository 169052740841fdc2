"""Fuzz all formats, or some of them: a line of docs/results/reliability.md for each.

python tests/fuzz/fuzz.py [FORMAT …] [options]

options: --minutes N   for each format (10)
         --keep        afterwards, add the inputs that reach something new to tests/fuzz/corpus

Requires atheris (`pip install -e '.[fuzz]'`) and, for the C code, clang with libFuzzer (on Debian the
package libclang-rt-14-dev). Inputs and findings are in build/fuzz; a finding is kept in the corpus when what
it found is mended.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from fuzz_c import C_TARGETS
from fuzz_table import TARGETS

HERE = Path(__file__).parent
WORK = HERE.parents[1] / "build/fuzz"
CORPUS = HERE / "corpus"
MOST_FINDINGS = 20
LARGEST_KEPT, MOST_KEPT = 2048, 25
"""Bytes of an input, and inputs of a format, that are kept in the corpus."""


def command(name: str) -> tuple[list[str], int]:
    """(how to start the fuzzer of a format, largest input)."""
    if name in C_TARGETS:
        return [str(C_TARGETS[name].build(WORK, fuzzer=True))], C_TARGETS[name].most
    return [sys.executable, str(HERE / "fuzz_one.py"), name], TARGETS[name].most


def folder_of(name: str) -> Path:
    """The inputs of a format, beginning with the corpus and with valid contents."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    for path in (CORPUS / name).glob("*"):
        shutil.copy(path, folder)
    for number, seed in enumerate((TARGETS | C_TARGETS)[name].seeds()):
        (folder / f"seed{number}").write_bytes(seed)
    return folder


def fuzz(name: str, minutes: float) -> tuple[int, float, list[str]]:
    """(executions, minutes, last lines of what was found)."""
    words, most = command(name)
    folder, findings = folder_of(name), WORK / "findings" / name
    findings.mkdir(parents=True, exist_ok=True)
    executed, found, began = 0, [], time.monotonic()
    while (left := 60 * minutes - (time.monotonic() - began)) > 1 and len(found) < MOST_FINDINGS:
        options = [
            f"-max_total_time={int(left) or 1}",
            "-timeout=20",
            f"-max_len={most}",
            "-rss_limit_mb=1024",
        ]
        options += [f"-artifact_prefix={findings}/", "-print_final_stats=1", "-use_value_profile=0"]
        done = subprocess.run(
            [*words, *options, str(folder)], capture_output=True, text=True, errors="replace"
        )
        log = done.stdout + done.stderr
        (WORK / f"{name}.log").write_text(log[-100_000:])
        count = re.search(r"number_of_executed_units: (\d+)", log)
        executed += int(count[1]) if count else 0
        if done.returncode:
            found.append(_reason(log))
            print(f"{name}: {found[-1]}", file=sys.stderr, flush=True)
    return executed, (time.monotonic() - began) / 60, found


def _reason(log: str) -> str:
    lines = [line for line in log.splitlines() if re.search(r"Error|ERROR|runtime error|Exception", line)]
    return (lines or ["?"])[0][:300]


def keep(name: str) -> None:
    """Add the inputs of the last run that reach something new to the corpus."""
    words, _ = command(name)
    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    small = WORK / "small" / name
    shutil.rmtree(small, ignore_errors=True)
    small.mkdir(parents=True)
    for path in folder_of(name).iterdir():
        if path.stat().st_size <= LARGEST_KEPT:
            shutil.copy(path, small)
    merged = WORK / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    subprocess.run(
        [*words, "-merge=1", "-timeout=20", str(merged), str(kept), str(small)], capture_output=True
    )
    new = sorted((path for path in merged.iterdir() if not (kept / path.name).exists()), key=_size)
    for path in new[: max(0, MOST_KEPT - len(list(kept.iterdir())))]:
        shutil.copy(path, kept)


def _size(path: Path) -> int:
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join((*TARGETS, *C_TARGETS)))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    names = options.formats or [*TARGETS, *C_TARGETS]
    if unknown := [name for name in names if name not in TARGETS | C_TARGETS]:
        parser.error(f"no such format: {unknown[0]}")
    print("| format | executions | minutes | findings |\n|---|---:|---:|---:|", flush=True)
    failed = False
    for name in names:
        executed, minutes, found = fuzz(name, options.minutes)
        print(f"| {name} | {executed:,} | {minutes:.1f} | {len(found)} |", flush=True)
        failed |= bool(found)
        if options.keep:
            keep(name)
    sys.exit(failed)


if __name__ == "__main__":
    main()
