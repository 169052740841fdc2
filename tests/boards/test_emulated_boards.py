"""The projects of an STM32 and of an nRF in labwired: they compute what the host computes, over the serial
protocol, save in their flash, and have the same weights after they were switched off and on."""

import json
from types import SimpleNamespace

import pytest
from digits import fail, run, train, write_npz

from integrad.boards.c_board import compare, device_of
from integrad.boards.emulated_board import ModelOnBoard, check_saving, emulated_board
from integrad.emulate.chips import emulators_of
from integrad.errors import IntegradError
from integrad.execute.verification import random_actions
from integrad.model_file import load_model
from integrad.targets.boards import find_board


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    assert train(folder, write_npz(folder / "toy.npz")).exit_code == 0
    return folder / "toy.model"


@pytest.mark.parametrize("name", ["nucleo-f411re", "nrf52840-dk"])
def test_a_board_learns_saves_and_starts_again(name, path, tmp_path):
    model, board = load_model(path), find_board(name)
    (emulator,) = emulators_of(board, "labwired")
    image = ModelOnBoard(model, board, batch_size=4).build(tmp_path, emulator.options)
    with emulated_board(emulator, board, image) as emulated:
        client = emulated.client
        device = device_of(client, model)
        _, *training, _, weights = random_actions(device, 2, model.schedule(4), seed=1)
        verdicts = compare(client, device, [*training, weights])
        assert verdicts[1].same_bits(verdicts[0]), verdicts
        before = client.check()
        client.learn(1)
        check_saving(emulated)
        assert client.check() != before


def test_weights_that_are_others_after_a_restart_are_reported():
    client = SimpleNamespace(check=iter([(1, 5), (2, 4)]).__next__, save=lambda: 1)
    board = SimpleNamespace(client=client, chip=SimpleNamespace(name="pico"), restart=lambda: None)
    with pytest.raises(IntegradError, match=r"^pico: .* CRC-32 00000002 after 4 steps, .* 00000001 after 5"):
        check_saving(board)


def test_options_that_exclude_each_other_and_boards_without_emulators(path):
    status, message = fail("verify", path, "--emulator", "qemu")
    assert status == 2 and "requires --board" in message
    status, message = fail("verify", path, "--board", "pico", "--port", "/dev/null")
    assert status == 2 and "choose one of them" in message
    status, message = fail("verify", path, "--board", "pico", "--core", "m0")
    assert status == 2 and "--core m0: cannot be combined with --board pico" in message
    status, message = fail("verify", path, "--board", "teensy4.1")
    assert status == 2 and "no emulator runs its image" in message
    status, message = fail("verify", path, "--board", "picco")
    assert status == 2 and "pico" in message


def test_a_pico_classifies_and_learns_from_data(path):
    options = (
        "--board",
        "pico",
        "--samples",
        2,
        "--tune",
        3,
        "--epochs",
        1,
        "--replay",
        0,
        "--batch-size",
        2,
    )
    result = run("emulate", path, path.parent / "toy.npz", *options, "--json", "-")
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert (figures["board"], figures["emulator"], figures["equal_to_host"]) == ("pico", "rp2040py", True)
    assert figures["macs"] is None and figures["layers"] == figures["times"] == []
    assert figures["weights_crc"] != f"{load_model(path).network.weights_crc():08x}"
    assert 5_000 < figures["cycles_per_prediction"] < 100_000
    assert f"{figures['cycles_per_prediction']:,} cycles" in result.stderr


def test_options_of_boards_and_of_cores(path):
    for options in (("--samples", 3), ("--emulator", "qemu")):
        status, message = fail("emulate", path, "toy.npz", *options)
        assert status == 2 and f"{options[0]} {options[1]}: requires --board" in message
    status, message = fail("emulate", path, "toy.npz", "--board", "pico", "--part", "pico")
    assert status == 2 and "--part pico: cannot be combined with --board pico" in message
