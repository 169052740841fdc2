"""Runs commands again and again, and lets another operation on files fail each time.

python fault_driver.py FOLDER COMMANDS KINDS STRIDE     with failing_files.c preloaded

Every trial is a fork of this process, which has imported everything already. Prints the number of trials of
each kind as JSON, and ends with status 1 if one goes wrong, or if a program that writes files in place is not
noticed.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "cli")]

from digits import train, write_npz  # noqa: E402
from stored_images import slot  # noqa: E402
from test_collect import SAMPLES, PlayedBoard  # noqa: E402

from integrad import files  # noqa: E402
from integrad.boards import serial_port  # noqa: E402
from integrad.cli import main  # noqa: E402
from integrad.files import LEFTOVER_SECONDS  # noqa: E402
from integrad.model_file import load_model  # noqa: E402
from integrad.training import checkpoint_writer  # noqa: E402
from integrad_codegen.plan import make_plan  # noqa: E402
from integrad_codegen.weights_file import layout  # noqa: E402

KINDS = {
    "no space": (0, errno.ENOSPC),
    "error": (0, errno.EIO),
    "full": (1, 0),
    "read-only": (2, 0),
    "short": (3, 0),
    "gone": (4, 0),
    "SIGTERM": (5, signal.SIGTERM),
    "SIGKILL": (5, signal.SIGKILL),
}
"""What goes wrong: the arguments of fault_arm."""

CANNOT_CLEAN = ("read-only", "gone", "SIGTERM", "SIGKILL")
ENDS = ("SIGTERM", "SIGKILL")
OLD = b"what was there before"


@dataclass(frozen=True)
class Command:
    """words: of the command, {} stands for the folder of its inputs. outputs: files that are there before and
    are replaced."""

    words: str
    outputs: tuple[str, ...] = ()


TABLE = {
    "train": Command(
        "train {}/toy.npz --model mlp:4 --epochs 2 --learner nitro-d --engine numpy --out a.model "
        "--json a.json",
        ("a.model", "a.json"),
    ),
    "quantise": Command(
        "quantise {}/float.npz --like mlp:8 --data {}/toy.npz --validation-by-class --input-mean 120 "
        "--input-divisor 60 --out a.model --json a.json",
        ("a.model", "a.json"),
    ),
    "c": Command("export {}/toy.model --learn last:1 --out new/c --json a.json", ("a.json",)),
    "c again": Command("export {}/toy.model --out .", ("toy.h", "toy.c", "toy_weights.c")),
    "micropython": Command("export {}/toy.model --target micropython --learn last:1 --out m", ()),
    "data": Command("data {}/toy.npz --json a.json", ("a.json",)),
    "evaluate": Command("evaluate {}/toy.model {}/toy.npz --json a.json", ("a.json",)),
    "predict": Command("predict {}/toy.model {}/toy.npz --out a.csv --json a.json", ("a.csv", "a.json")),
    "info": Command("info {}/toy.model --learn all --arena a.html --json a.json", ("a.html", "a.json")),
    "plot": Command("info {}/toy.model --learn all --arena a.png", ("a.png",)),
    "store": Command(
        "store {}/flash.bin --model {}/toy.model --out a.model --json a.json", ("a.model", "a.json")
    ),
    "collect": Command("collect --port x --run {}/script.py --out a.npz --json a.json", ("a.npz", "a.json")),
    "pull": Command("pull {}/toy.model --port x --out a.model --json a.json", ("a.model", "a.json")),
}


IMPORTED = {"plot": "matplotlib.backends.backend_agg", "collect": "mpremote.transport_serial"}
"""Modules that a command imports when it needs them: once, before the trials, to save time."""


class Connected:
    """The board of `pull`."""

    def __init__(self, model):
        self.model = model

    @contextmanager
    def connect(self, port):
        yield self


def prepare(folder: Path) -> None:
    """Write the inputs of all commands."""
    import numpy as np

    write_npz(folder / "toy.npz", samples=24)
    assert train(folder, folder / "toy.npz", "--engine", "numpy").exit_code == 0
    model = load_model(folder / "toy.model")
    (folder / "script.py").write_text("print()")
    drawn = np.random.default_rng(0)
    np.savez(folder / "float.npz", *(drawn.normal(0, 0.3, size).astype("f4") for size in ((8, 24), (3, 8))))
    plan = make_plan(model.network, "toy", "output", 1, model.constants)
    weights = model.network.output.weights.astype("<i2").tobytes()
    save = slot(weights, 1, layout=layout(model, plan), model=model.network.weights_crc())
    (folder / "flash.bin").write_bytes(save)


def attach_board(command: str, folder: Path) -> None:
    """Put a board in place of the one on a port."""
    if command == "collect":
        _attach_sensor()
    elif command == "pull":
        _attach_learner(folder)


def _attach_sensor() -> None:
    from mpremote.transport_serial import SerialTransport

    transport = SerialTransport.__new__(SerialTransport)
    transport.serial, transport.is_pty = PlayedBoard(SAMPLES), False
    transport.use_raw_paste, transport.in_raw_repl = True, False
    serial_port.open_port = lambda port, patience: transport


def _attach_learner(folder: Path) -> None:
    module = import_module("integrad.cli.pull")
    board = Connected(load_model(folder / "toy.model"))
    board.machine = "a board"
    module.connect, module.identify = board.connect, lambda connection: board
    found = SimpleNamespace(model=board.model, name="learnt.weights", learn="all", steps=None)
    module._newest = lambda connection, model, path: found


@dataclass
class Ended:
    status: int
    operations: int
    out: str
    err: str


class Driver:
    """work: the folder in which commands run. inputs, streams: beside it."""

    def __init__(self, folder: Path):
        self.work, self.inputs, self.streams = (folder / name for name in ("work", "inputs", "streams"))
        self.inputs.mkdir()
        self.streams.mkdir()
        self.faults = ctypes.CDLL(os.environ["LD_PRELOAD"])
        prepare(self.inputs)

    def begin(self, command: Command) -> None:
        for folder in (self.work, self.work.with_name("work.gone")):
            shutil.rmtree(folder, ignore_errors=True)
        self.work.mkdir()
        for name in command.outputs:
            (self.work / name).write_bytes(OLD)

    def run(self, command: Command, kind: str, number: int, *more: str) -> Ended:
        """In a child process. number: of the operation that fails, 0 for none."""
        words = [word.format(*[self.inputs] * word.count("{}")) for word in command.words.split()]
        child = os.fork()
        if child == 0:
            try:
                os.chdir(self.work)
                for handle, name in ((1, "out"), (2, "err")):
                    os.dup2(os.open(self.streams / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), handle)
                attach_board(words[0], self.inputs)
                checkpoint_writer.EPOCH_SECONDS = checkpoint_writer.SHARE = 0
                os.environ["COLUMNS"] = "120"
                self.faults.fault_arm(os.fsencode(self.work), number, *KINDS[kind])
                status = 0
                try:
                    main([*words, *more], prog_name="integrad")
                except SystemExit as error:
                    status = error.code if isinstance(error.code, int) else error.code is not None
                sys.stdout.flush()
                (self.streams / "count").write_text(str(self.faults.fault_count()))
                os._exit(status)
            except BaseException as error:
                os.write(2, f"Traceback: {error!r}".encode())
                os._exit(99)
        (self.streams / "count").write_text("0")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = [(self.streams / name).read_text() for name in ("out", "err")]
        return Ended(status, int((self.streams / "count").read_text() or 0), *texts)

    def left(self) -> dict[str, bytes]:
        """File → contents, without what differs from run to run."""
        where = self.work if self.work.exists() else self.work.with_name("work.gone")
        found = {}
        for path in sorted(where.rglob("*")):
            if path.is_dir():
                found[str(path.relative_to(where)) + "/"] = b""
                continue
            data = path.read_bytes()
            if path.suffix == ".json" and data.startswith(b"{") and path.name == "a.json":
                content = json.loads(data)
                content.pop("seconds", 0), content.pop("samples_per_second", 0)
                data = json.dumps(content).encode()
            found[str(path.relative_to(where))] = data
        return found


def require(condition: object, what: str) -> None:
    if not condition:
        raise AssertionError(what)


def is_temporary(name: str) -> bool:
    return Path(name).name.startswith(".")


def check(command: Command, kind: str, ended: Ended, left: dict, new: dict) -> None:
    """Old files or new ones, one line that says what to do, nothing left behind."""
    checkpoint = "a.model.checkpoint"
    for name in command.outputs:
        require(left.get(name) in (OLD, new[name]), f"{name} is neither the old nor the new one")
    if ended.status == 0:
        require(
            all(left.get(name) == data for name, data in new.items()), "succeeded without writing all files"
        )
    for name, data in left.items():
        if is_temporary(name):
            require(kind in CANNOT_CLEAN, f"{name} is left")
        elif name != checkpoint:
            require(name in new, f"{name} is left")
            require(name in command.outputs or data == new[name], f"{name} is not whole")
    require("Traceback" not in ended.err and "unexpected" not in ended.err, "an exception")
    if kind in ENDS:
        return
    require(ended.status in (0, 1, 2), "ended otherwise")
    if ended.status:
        lines = [line for line in ended.err.splitlines() if line.startswith("error: ")]
        rest = [line for line in ended.err.splitlines() if not line.startswith(("error: ", "note: "))]
        require(len(lines) == 1 and not rest, "not one line")
        names = (*command.outputs, *new, checkpoint, "work", "--out ")
        require(any(name in lines[0] for name in names), "the message names no file")


def recover(driver: Driver, command: Command, new: dict) -> None:
    """After a kill: the same command, an hour later, ends as if nothing had happened."""
    for path in driver.work.rglob(".*"):
        past = time.time() - LEFTOVER_SECONDS - 1
        os.utime(path, (past, past))
    resume = ("--resume",) if (driver.work / "a.model.checkpoint").exists() else ()
    ended = driver.run(command, "error", 0, *resume)
    require(ended.status == 0, f"cannot be repeated: {ended.err}")
    require(driver.left() == new, f"repeated, it leaves {sorted(driver.left())}")


def sweep(driver: Driver, name: str, kinds: list[str], stride: int) -> Counter:
    """Every `stride`-th operation of a command fails, from another one on for each kind. Returns kind →
    number of trials."""
    command, trials = TABLE[name], Counter()
    main.get_command(None, command.words.split()[0])
    if name in IMPORTED:
        import_module(IMPORTED[name])
    driver.begin(command)
    undisturbed = driver.run(command, "error", 0)
    require(undisturbed.status == 0, f"{name}: {undisturbed.err}")
    new = driver.left()
    for turn, kind in enumerate(kinds):
        for number in range(1 + turn % stride, undisturbed.operations + 1, stride):
            driver.begin(command)
            ended = driver.run(command, kind, number)
            where = f"{name}, {kind} at operation {number} of {undisturbed.operations}"
            left = driver.left()
            try:
                check(command, kind, ended, left, new)
                if kind in ENDS:
                    recover(driver, command, new)
            except AssertionError as error:
                told = f"{where}: {error}: status {ended.status}, {sorted(left)}\n{ended.err}"
                raise AssertionError(told) from None
            trials[kind] += 1
    return trials


def notices_a_careless_program(driver: Driver) -> bool:
    """Whether a program that writes its files in place fails the check."""
    honest = files.write_together
    files.write_together = lambda contents: [Path(p).write_bytes(data) for p, data in contents.items()]
    try:
        sweep(driver, "predict", ["full"], 1)
    except AssertionError as error:
        return "neither the old nor the new" in str(error)
    finally:
        files.write_together = honest
    return False


def run_all() -> None:
    folder, commands, kinds, stride = sys.argv[1:]
    driver, trials = Driver(Path(folder)), Counter()
    for name in TABLE if commands == "all" else commands.split(","):
        trials += sweep(driver, name, list(KINDS) if kinds == "all" else kinds.split(","), int(stride))
    require(notices_a_careless_program(driver), "a program that writes in place is not noticed")
    print(json.dumps(trials))


if __name__ == "__main__":
    run_all()
