"""Files that a command would write are checked before it works: what it reads and writes stays whole."""

import importlib
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import click
import pytest
from digits import run

from integrad import files
from integrad.cli import COMMANDS
from integrad.cli.output_files import InputFile, OutputFile
from integrad.errors import IntegradError
from integrad.files import LEFTOVER_SECONDS, write_atomically
from integrad.training.lock import locked


def commands():
    for name in COMMANDS:
        found = getattr(importlib.import_module(f"integrad.cli.{name}"), name)
        yield from found.commands.values() if isinstance(found, click.Group) else (found,)


def test_every_option_that_names_a_file_is_declared():
    declared = 0
    for command in commands():
        for param in command.params:
            metavar = (param.metavar or "").partition(".")[0]
            if isinstance(param, click.Option) and metavar in ("FILE", "MODEL", "SPEC", "DATA"):
                assert isinstance(param.type, InputFile | OutputFile), f"{command.name} {param.opts}"
                declared += 1
    assert declared > 20


@pytest.fixture
def home(toys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, path in (("toy.npz", toys["data"]), ("toy.model", toys["mlp"])):
        shutil.copy(path, tmp_path / name)
    (tmp_path / "net.toml").write_text("x = 1\n")
    (tmp_path / "link").symlink_to("toy.model")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "pic.png").symlink_to("toy.model")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


TRAIN = ("train", "toy.npz", "--model", "mlp:4", "--epochs", "1")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("evaluate", "toy.model", "toy.npz", "--json", "toy.model"), "would overwrite the model"),
        (("evaluate", "toy.model", "toy.npz", "--json", "./toy.npz"), "would overwrite the data"),
        (("evaluate", "toy.model", "toy.npz", "--json", "link"), "would overwrite the model"),
        (("predict", "toy.model", "toy.npz", "--out", "toy.npz"), "would overwrite the data"),
        (("predict", "toy.model", "toy.npz", "--out", "a", "--json", "a"), "is also written by --out a"),
        (("info", "toy.model", "--arena", "pic.png"), "would overwrite the model"),
        (("info", "toy.model", "--json", "toy.model"), "would overwrite the model"),
        (("data", "toy.npz", "--json", "toy.npz"), "would overwrite"),
        (("emulate", "toy.model", "toy.npz", "--json", "toy.model"), "would overwrite the model"),
        (("verify", "toy.model", "--json", "toy.model"), "would overwrite the model"),
        (("export", "toy.model", "--out", "g", "--json", "toy.model"), "would overwrite the model"),
        (("export", "toy.model", "--out", ".", "--json", "toy.h"), "is also written by --out"),
        (("store", "toy.npz", "--model", "toy.model", "--out", "toy.model"), "would overwrite the model"),
        (("pull", "toy.model", "--out", "toy.model"), "would overwrite the model"),
        (("collect", "--model", "toy.model", "--out", "toy.model"), "would overwrite the model"),
        ((*TRAIN, "--out", "toy.npz"), "would overwrite the data"),
        ((*TRAIN, "--out", "z", "--json", "z"), "is also written by --out z"),
        ((*TRAIN, "--out", "z", "--json", "z.checkpoint"), "is also written by --out z"),
        ((*TRAIN[:3], "net.toml", "--out", "net.toml"), "would overwrite the network file"),
        ((*TRAIN, "--out", "pipe"), "--out pipe: is a pipe"),
        ((*TRAIN, "--out", "/dev/null"), "is a device, not a regular file"),
        ((*TRAIN, "--out", "n" * 250), "File name too long"),
        ((*TRAIN, "--out", "loop"), "Too many levels of symbolic links"),
        ((*TRAIN, "--out", "z", "--json", "loop"), "Too many levels of symbolic links"),
        ((*TRAIN, "--out", ""), "expected a file name"),
    ],
)
def test_found_before_the_work(home, arguments, text):
    before = {name: (home / name).read_bytes() for name in ("toy.model", "toy.npz", "net.toml")}
    names = sorted(os.listdir(home))
    result = run(*arguments)
    assert result.exit_code == 2 and text in result.stderr, result.output
    assert len(result.stderr.strip().splitlines()) == 1 and "epoch" not in result.stdout
    assert before == {name: (home / name).read_bytes() for name in before}
    assert sorted(os.listdir(home)) == names


def test_a_model_in_the_folder_of_the_export_is_not_replaced(home):
    model = (home / "toy.model").read_bytes()
    (home / "toy.c").write_bytes(model)
    result = run("export", "toy.c", "--out", ".")
    assert result.exit_code == 2 and "would overwrite the model" in result.stderr
    assert (home / "toy.c").read_bytes() == model


def test_a_loop_of_links_is_no_data_set(home):
    result = run(*TRAIN[:1], "loop", *TRAIN[2:], "--out", "z")
    assert result.exit_code == 2 and "loop: no such data set" in result.stderr


def test_two_trainings_to_one_file(home):
    with locked("z"):
        result = run(*TRAIN, "--out", "z")
    assert result.exit_code == 1 and f"process {os.getpid()} is training to the same file" in result.stderr
    assert run(*TRAIN, "--out", "z").exit_code == 0 and ".z.lock" not in os.listdir(home)


def test_leftovers_of_killed_processes_are_removed(tmp_path, monkeypatch):
    path = tmp_path / ("n" * 250)
    write, left = files._write_through, []

    def killed(temporary, data):
        write(temporary, data[:1])
        left.append(temporary)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(files, "_write_through", killed)
        patch.setattr(files.Path, "unlink", lambda path: None)
        for _ in range(2):
            with pytest.raises(SystemExit):
                write_atomically(path, b"12")
    old, new = left
    past = time.time() - LEFTOVER_SECONDS - 1
    for name in (old, tmp_path / "other.tmp"):
        name.write_bytes(b"half")
        os.utime(name, (past, past))
    write_atomically(path, b"2")
    assert sorted(tmp_path.iterdir()) == sorted([path, new, tmp_path / "other.tmp"])
    assert path.read_bytes() == b"2"


def test_writers_of_one_file_do_not_meet(tmp_path):
    """Threads, and processes of the same number in containers."""
    path, contents = tmp_path / "a", [bytes([n]) * 50_000 for n in range(4)]

    def write(data):
        for _ in range(10):
            write_atomically(path, data)
            assert path.read_bytes() in contents

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, contents))
    assert os.listdir(tmp_path) == ["a"]


def test_only_regular_files_are_replaced(home):
    for name, text in (("pipe", "is a pipe"), ("loop", "Too many levels"), (".", "is a folder")):
        with pytest.raises(IntegradError, match=text):
            write_atomically(name, b"")
