"""Models for the commands for devices, trained once, within a second, on a small data set."""

import numpy as np
import pytest
from digits import train, write_npz


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """data, mlp, cnn: paths; samples, labels: contents of the data."""
    folder = tmp_path_factory.mktemp("toys")
    data = write_npz(folder / "toy.npz")
    for name, spec in (("mlp", "mlp:12,8"), ("cnn", "cnn:c4,p2,d8")):
        assert train(folder, data, out=f"{name}.model", spec=spec).exit_code == 0
    arrays = np.load(data)
    paths = {name: str(folder / f"{name}.model") for name in ("mlp", "cnn")}
    return {"data": data, "samples": arrays["x"], "labels": arrays["y"], **paths}
