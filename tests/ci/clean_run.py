"""Runs action.yml in an empty Debian, as root, on the sample repository, and prints what each step took.

    debootstrap --variant=minbase --include=ca-certificates,python3-venv bookworm /tmp/empty
    python tests/ci/clean_run.py /tmp/empty
options: --tools pip     the compiler and the emulator from pip
         --cores m0      some of the cores
         --arguments …   of pytest
         --repository …  another folder than examples/ci

The root file system is copied first, so that it can be used again.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import yaml
from composite_action import ROOT, Runner

ACTION, WORKSPACE, FOLDER = Path("/usr/src/action"), Path("/usr/src/firmware"), Path("/usr/src/runner")


class TimedRunner(Runner):
    def carry_out(self, step):
        begin = time.monotonic()
        done = super().carry_out(step)
        if not done.used:
            print(f"{done.name}: status {done.status}, {time.monotonic() - begin:.0f} s", flush=True)
        return done


def copy(folder, target):
    """The files of a folder that git knows, also where they are changed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (folder / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target / name)


def sample_inputs():
    """What the sample's workflow gives the action."""
    workflow = yaml.safe_load((ROOT / "examples/ci/.github/workflows/test.yml").read_text())
    return workflow["jobs"]["test"]["steps"][-1]["with"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--tools", default="")
    parser.add_argument("--cores", default="")
    parser.add_argument("--arguments", default="")
    parser.add_argument("--repository", type=Path, default=ROOT / "examples/ci")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="integrad-") as name:
        root = Path(name, "root")
        subprocess.run(["cp", "-a", given.root, root], check=True)
        chosen = {name: value for name, value in vars(given).items() if type(value) is str and value}
        copy(ROOT, root / ACTION.relative_to("/"))
        copy(given.repository, root / WORKSPACE.relative_to("/"))
        runner = TimedRunner(WORKSPACE, FOLDER, sample_inputs() | chosen, ACTION, root)
        steps = runner.run()
        print(runner.summary.read_text())
        for step in steps:
            if step.status or step.name == "Tests":
                print(f"{step.name}:\n{step.output}")
        raise SystemExit(any(step.status for step in steps))


if __name__ == "__main__":
    main()
