"""Faults of files at every operation of every command, kills and rivals: Markdown for docs/results/.

python tests/faults/soak_faults.py
options: --kills N   of one training (100)
         --stride N  between the operations of commands that write many files (61)
         --commands  train,c (all)
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from digits import write_npz
from test_faults import sweep
from test_kill import kill_and_resume, start

MANY_FILES = ("c", "c again", "micropython")
FEW_FILES = ("train", "quantise", "data", "evaluate", "predict", "info", "plot", "store", "collect", "pull")
RIVALS, ROUNDS = 4, 10


def rivals(folder):
    """Trainings that start together on one file: one writes it, the others say that it does."""
    write_npz(folder / "toy.npz")
    reference = start(folder, "reference.model")
    assert reference.communicate() and reference.returncode == 0
    for number in range(ROUNDS):
        processes = [start(folder, f"{number}.model") for _ in range(RIVALS)]
        texts = [process.communicate()[0] for process in processes]
        told = [text for text in texts if "is training to the same file" in text]
        statuses = sorted(process.returncode for process in processes)
        assert statuses == [0] * (RIVALS - len(told)) + [1] * len(told) and len(told) < RIVALS, texts
        assert (folder / f"{number}.model").read_bytes() == (folder / "reference.model").read_bytes()
        assert not list(folder.glob(".*")) and not list(folder.glob("*.checkpoint"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stride", type=int, default=61)
    parser.add_argument("--commands", default=",".join((*FEW_FILES, *MANY_FILES)))
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        header = None
        for number, command in enumerate(options.commands.split(",")):
            (where := folder / str(number)).mkdir()
            trials = sweep(where, command, "all", options.stride if command in MANY_FILES else 1)
            if header is None:
                header = list(trials)
                print(f"| command | {' | '.join(header)} |\n|---|{'---:|' * len(header)}")
            print(f"| {command} | {' | '.join(str(trials[kind]) for kind in header)} |", flush=True)
        if options.kills:
            (where := folder / "kills").mkdir()
            kill_and_resume(where, options.kills, epochs=15 * options.kills, terminations=True)
            print(f"\n{options.kills} kills of one training: the bits of an undisturbed run.", flush=True)
        (where := folder / "rivals").mkdir()
        rivals(where)
        print(f"{RIVALS} trainings on one file, {ROUNDS} times: one model, which is whole.")
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
