"""Which of the files that a board saved are pulled."""

import pytest
from stored_images import slot

from integrad.cli.pull import _newest
from integrad.errors import IntegradError
from integrad.model_file import load_model
from integrad_codegen.encodings import packed
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import layout, learning_parameters


class Board:
    def __init__(self, files):
        self.files = files

    def exists(self, name):
        return name in self.files

    def read_file(self, name):
        return self.files[name]


@pytest.fixture(scope="module")
def save_of(toys):
    model = load_model(toys["cnn"])
    plan = make_plan(model.network, "toy", "all", 1, model.constants)
    weights = packed(learning_parameters(plan))
    ids = {"layout": layout(model, plan), "model": model.network.weights_crc()}
    return model, lambda sequence, **how: slot(weights, sequence, **ids, unit=64, steps=7, erased=0, **how)


CASES = {
    "path": ({"": 2, ".old": 1}, ""),
    "a later .new": ({"": 2, ".new": 3, ".old": 1}, ".new"),
    "a remaining .new": ({"": 2, ".new": 1}, ""),
    "only .old": ({".old": 1}, ".old"),
    "a damaged path": ({"": None, ".old": 1}, ".old"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_file_that_load_takes(case, save_of):
    model, save = save_of
    files, expected = CASES[case]
    board = Board({f"w{ending}": save(n) if n else save(9)[:-80] for ending, n in files.items()})
    found = _newest(board, model, "w")
    assert (found.name, found.learn, found.steps) == (f"w{expected}", "all", 7)
    assert found.model.network.weights_crc() == model.network.weights_crc()


def test_one_clear_line(save_of):
    model, save = save_of
    wrong = {
        "w: no such file on the board": {},
        "w: save 9: damaged": {"w": save(9)[:-80]},
        "w: save 9: not confirmed": {"w": save(9, flags=1)},
        "w: damaged": {"w": save(9)[:40]},
        "w: not a weights file": {"w": b"?"},
    }
    for message, files in wrong.items():
        with pytest.raises(IntegradError, match=message):
            _newest(Board(files), model, "w")
