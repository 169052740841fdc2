"""A model file has one training run at a time; a killed one does not keep the lock."""

import multiprocessing
import os

import pytest

from integrad.errors import IntegradError
from integrad.training.lock import locked


def hold(path, ready, told):
    with locked(path):
        ready.set()
        told.wait(30)


@pytest.fixture
def holder(tmp_path):
    """(path, another process that holds its lock, what tells it to end)."""
    context = multiprocessing.get_context("fork")
    ready, told = context.Event(), context.Event()
    process = context.Process(target=hold, args=(tmp_path / "a.model", ready, told))
    process.start()
    assert ready.wait(30)
    yield tmp_path / "a.model", process, told
    process.kill()
    process.join()


def test_the_second_run_is_told(holder, tmp_path):
    path, process, told = holder
    (tmp_path / "link").symlink_to("a.model")
    for name in (path, tmp_path / "link"):
        with pytest.raises(IntegradError, match=f"process {process.pid} is training to the same file"):
            locked(name).__enter__()
    with locked(tmp_path / "b.model"):
        pass
    told.set()
    process.join()
    with locked(path):
        assert ".a.model.lock" in os.listdir(tmp_path)
    assert os.listdir(tmp_path) == ["link"]


def test_a_killed_run_leaves_no_lock(holder, tmp_path):
    path, process, _ = holder
    process.kill()
    process.join()
    with locked(path):
        pass
    assert not os.listdir(tmp_path)


def test_where_there_are_no_locks_nothing_is_guarded(tmp_path):
    with locked(tmp_path / "none/a.model"), locked(tmp_path / "none/a.model"):
        pass


def test_an_error_releases_it(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "a"):
        _ = 1 / 0
    assert not os.listdir(tmp_path)
