import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "cli"))

from digits import train, write_npz


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The file of a small model of integer backpropagation, named toy."""
    folder = tmp_path_factory.mktemp("model")
    assert train(folder, write_npz(folder / "toy.npz"), "--learner", "backprop").exit_code == 0
    return folder / "toy.model"
