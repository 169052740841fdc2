"""Workers started by torchrun: the model file is the same for any number of workers, and if one of them
dies."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from integrad.engines.choice import make_engine
from integrad.errors import IntegradError
from integrad.learners.nitro import NitroRule
from integrad.learners.table import learner_of
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad.training.shared_engine import SharedEngine
from integrad.training.specification import parse_spec
from integrad.training.stepper import draw_dropouts
from integrad.training.workers import Alone, Workers, find_workers

SECONDS = 120
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
MLP = ("--model", "mlp:16,8", "--learner", "nitro-d", "--epochs", "3")
CNN = (
    "--model",
    "cnn:c6,p2,x20,d12",
    "--learner",
    "nitro-d",
    "--epochs",
    "3",
    "--augment-crop",
    "1",
    "--augment-flip",
    "--schedule",
    "annealed",
)
BACKPROP = ("--model", "cnn:c6,p2,x20,d12", "--epochs", "3", "--learner", "backprop")
LONG = (
    "--model",
    "mlp:12,x10",
    "--learner",
    "nitro-d",
    "--epochs",
    "40",
    "--batch-size",
    "5",
    "--validation",
    "0",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With data.npz: 300 images of 8x8 in four classes."""
    folder = tmp_path_factory.mktemp("workers")
    rng, y = np.random.default_rng(0), np.arange(300) % 4
    centres = np.random.default_rng(5).integers(40, 216, (4, 8, 8))
    x = np.clip(centres[y] + rng.integers(-90, 91, (300, 8, 8)), 0, 255).astype(np.uint8)
    np.savez(folder / "data.npz", x=x, y=y)
    return folder


def start(folder, out, *options, workers=0):
    """`integrad train` in a process of its own, or in so many that torchrun starts."""
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(workers))
    return subprocess.Popen(
        [
            *(sys.executable, *(torchrun if workers else ()), "-m", "integrad"),
            *("train", "data.npz", "--out", out, *options),
        ],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """(exit status, standard output, standard error)."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    return process.returncode, out, err


def train(folder, out, *options, workers=0):
    """The model file's bytes, and what was printed."""
    status, said, err = finish(start(folder, out, *options, workers=workers))
    assert status == 0, said + err
    assert not (folder / f"{out}.checkpoint").exists()
    return (folder / out).read_bytes(), said


@pytest.fixture(scope="module")
def alone(folder):
    """Options → model file of a run without workers."""
    models = {}

    def model(options):
        if options not in models:
            models[options] = train(folder, "alone.model", *options)[0]
        return models[options]

    return model


@pytest.mark.parametrize(
    "workers, options, engine",
    [(1, MLP, "auto"), (2, CNN, "torch"), (3, BACKPROP, "native")],
)
def test_any_number_of_workers_writes_the_same_file(folder, alone, workers, options, engine):
    out = f"{workers}-{engine}.model"
    model, said = train(folder, out, *options, "--engine", engine, workers=workers)
    assert model == alone(options)
    assert said.count("epoch   3/3") == 1  # the first one speaks for all
    assert (f"{workers} workers share each batch" in said) == (workers > 1)


def pid_of_worker(launcher, rank):
    """Process id of a worker, by what torchrun told it."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = int(re.search(r"^PPid:\s*(\d+)", status.read_text(), re.MULTILINE)[1])
            told = (status.parent / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher.pid and b"RANK=%d" % rank in told:
            return int(status.parent.name)
    raise AssertionError(f"torchrun has no worker {rank}")


@pytest.mark.parametrize("rank, workers, later", [(1, 2, 0), (0, 2, 0)])
def test_a_killed_worker_ends_the_run_and_it_goes_on_with_another_number(folder, alone, rank, workers, later):
    out = f"killed-{rank}.model"
    checkpoint = folder / f"{out}.checkpoint"
    process = start(folder, out, *LONG, workers=workers)
    deadline = time.monotonic() + SECONDS
    while not checkpoint.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(pid_of_worker(process, rank), signal.SIGKILL)
    killed = time.monotonic()
    status, said, err = finish(process)
    assert status == 1, said + err
    assert time.monotonic() - killed < 15
    assert not (folder / out).exists() and checkpoint.exists()
    messages = [line for line in err.splitlines() if line.startswith("error: ")]
    if rank > 0:  # the first worker, if it lives, says what happened
        (message,) = messages
        assert "a worker was lost" in message and f"the run is saved in {checkpoint.name}" in message
        assert message.endswith("--resume")
    else:
        assert not messages
    # What torchrun itself prints of a failure does not count.
    assert "integrad/training/trainer.py" not in err
    assert train(folder, out, *LONG, "--resume", workers=later)[0] == alone(LONG)


def test_workers_on_different_data_refuse_to_start(folder):
    """Each worker sees a file of its own under the same name."""
    command = "cd $RANK && exec $PYTHON -m integrad train data.npz --model mlp:8 --epochs 2 --out x.model"
    x = np.arange(60 * 5).reshape(60, 5) % 251
    for rank in range(2):
        (folder / str(rank)).mkdir()
        np.savez(folder / str(rank) / "data.npz", x=np.roll(x, rank).astype(np.uint8), y=np.arange(60) % 2)
    result = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *("--no-python", "bash", "-c", command),
        ],
        cwd=folder,
        env={**ENVIRONMENT, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert result.returncode == 1
    assert "error: workers 0 and 1 do not agree on data, options, version or checkpoint" in result.stderr
    assert not list(folder.glob("[01]/x.model"))


class Recorder:
    """A group whose sums are made later."""

    def __init__(self, rank, count):
        self.rank, self.count, self.seen = rank, count, []

    def sum(self, array):
        self.seen.append(array.copy())


@pytest.mark.parametrize("engine", ["numpy", "native", "torch"])
@pytest.mark.parametrize("learn", ["all", "last:1", "output", "none"])
@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_the_sums_of_all_shares_are_the_whole_batch(engine, learn, count):
    rng = np.random.default_rng(count)
    network = Network((1, 6, 6), 3, parse_spec("cnn:c4,p2,x30,d7", (1, 6, 6)))
    network.initialise(rng)
    rule = NitroRule(64, 0, 0, 192, LearnSet.parse(learn, len(network.blocks)))
    x, labels = rng.integers(-127, 128, (11, 1, 6, 6)).astype(np.int8), rng.integers(0, 3, 11)
    kept = draw_dropouts(network, len(x), rng)
    whole, step = make_engine("numpy", network).gradients(x, labels, rule, kept)
    sums, logits = 0, 0
    for rank in range(count):
        group = Recorder(rank, count)
        shared = SharedEngine(make_engine(engine, network), group)
        gradients, _ = shared.gradients(x, labels, rule, kept)
        shared.logits(x)
        sums, logits = sums + group.seen[0], logits + group.seen[1].astype(np.int64)
    assert sums[:2].tolist() == [step.loss, step.correct]
    assert list(gradients) == [name for name, _ in network.arrays().items() if name in whole]
    expected = [whole[name].ravel() for name in gradients]
    assert np.array_equal(sums[2:], np.concatenate([*expected, np.empty(0, np.int64)]))
    assert np.array_equal(logits, network.logits(x))


@pytest.mark.parametrize("learn", ["all", "last:1", "output", "none"])
@pytest.mark.parametrize("count", [1, 2, 16])
def test_workers_agree_on_the_shifts_of_the_next_step(learn, count):
    """The shares of a batch have maxima of their own; their sums lead to those of the whole batch."""
    rng = np.random.default_rng(count)
    network = Network((1, 6, 6), 3, parse_notation("cnn:c4,p2,x30,d7", (1, 6, 6), "backprop"), "backprop")
    network.initialise(rng)
    learner = learner_of(network)
    rule = learner.rule(network, LearnSet.parse(learn, 2), {"learning_rate_inv": 1, "update": "normalised"})
    twin = network.copy()
    for _ in range(4):
        x, labels = rng.integers(-127, 128, (11, 1, 6, 6)).astype(np.int8), rng.integers(0, 3, 11)
        kept = draw_dropouts(network, len(x), rng)
        make_engine("numpy", network).step(x, labels, rule, kept)
        sums = 0
        for rank in range(count):
            group = Recorder(rank, count)
            gradients, _ = SharedEngine(make_engine("numpy", twin), group).gradients(x, labels, rule, kept)
            sums = sums + group.seen[0]
        start = 2
        for gradient in gradients.values():
            gradient[...] = sums[start : start + gradient.size].reshape(gradient.shape)
            start += gradient.size
        learner.descend(twin, gradients, rule)
        assert twin.weights_crc() == network.weights_crc()


def set_variables(monkeypatch, **changes):
    usual = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    for name, value in (usual | {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"} | changes).items():
        monkeypatch.setenv(name, value)


def test_without_torch_the_message_names_what_brings_it(monkeypatch):
    set_variables(monkeypatch)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(IntegradError, match=r"requires PyTorch: pip install 'integrad\[torch\]'"):
        find_workers("auto")


def test_one_worker_needs_no_torch(monkeypatch):
    set_variables(monkeypatch, WORLD_SIZE="1", LOCAL_WORLD_SIZE="1")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert type(find_workers("auto")) is Alone
    monkeypatch.delenv("MASTER_ADDR")
    set_variables(monkeypatch, RANK="7")
    monkeypatch.delenv("MASTER_PORT")
    assert not isinstance(find_workers("auto"), Workers)  # somebody else's RANK


def test_variables_that_are_no_numbers_are_named(monkeypatch):
    set_variables(monkeypatch, LOCAL_RANK="first")
    with pytest.raises(IntegradError, match=r"LOCAL_RANK.* must be integers"):
        find_workers("auto")
