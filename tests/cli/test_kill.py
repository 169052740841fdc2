"""kill -9 at any moment, including while a checkpoint is written: the resumed run ends with the same file."""

import random
import signal
import subprocess
import sys
import time

from digits import write_npz

KILLS = 6
SECONDS = 300
COMMAND = """
from integrad.training import checkpoint_writer
from integrad.cli import main

checkpoint_writer.SECONDS = {seconds}
main(prog_name="integrad")
"""


def start(folder, out, *options, seconds=60, epochs=80):
    """seconds: between two checkpoints within an epoch; 0 writes one after every batch."""
    return subprocess.Popen(
        [
            *(sys.executable, "-c", COMMAND.format(seconds=seconds)),
            *("train", "toy.npz", "--model", "mlp:8,x10", "--epochs", str(epochs)),
            *("--batch-size", "2", "--learner", "nitro-d", "--validation", "0", "--augment-flip"),
            *("--out", out, *options),
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out


def wait_for_progress(process, checkpoint):
    """Until the checkpoint is another file than now."""

    def identity():
        try:
            found = checkpoint.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    before, deadline = identity(), time.monotonic() + SECONDS
    while identity() == before:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)


def kill_and_resume(folder, kills, epochs=80, terminations=False):
    """Kill a training again and again; the last run ends with the bits of an undisturbed one. terminations:
    whether SIGTERM is sent every third time."""
    write_npz(folder / "toy.npz")
    finish(start(folder, "whole.model", epochs=epochs))
    checkpoint = folder / "toy.model.checkpoint"
    moments = random.Random(1)
    for kill in range(kills):
        process = start(folder, "toy.model", *(("--resume",) if kill else ()), seconds=0, epochs=epochs)
        if kill % 4 == 3:  # at start, while it loads, or at work
            time.sleep(moments.uniform(0, 0.6))
        else:
            wait_for_progress(process, checkpoint)
            time.sleep(moments.uniform(0, 0.08))
        assert process.poll() is None, "it ended before it was killed: give it more work"
        if terminations and kill % 3 == 2:
            process.terminate()
            assert process.wait(SECONDS) in (-signal.SIGTERM, 128 + signal.SIGTERM, 130)
        else:
            process.kill()
            assert process.wait(SECONDS) == -signal.SIGKILL
        process.stdout.close()
        assert checkpoint.exists()
    finish(start(folder, "toy.model", "--resume", epochs=epochs))
    assert (folder / "toy.model").read_bytes() == (folder / "whole.model").read_bytes()


def test_kill_9_at_random_moments_never_changes_a_bit(tmp_path):
    kill_and_resume(tmp_path, KILLS)


def test_sigterm_keeps_the_run_like_ctrl_c(tmp_path):
    write_npz(tmp_path / "toy.npz")
    process = start(tmp_path, "toy.model", seconds=0)
    wait_for_progress(process, tmp_path / "toy.model.checkpoint")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 130 and "Traceback" not in out
    assert "interrupted; the run is saved in toy.model.checkpoint" in out and "--resume" in out
    assert not (tmp_path / "toy.model").exists()
