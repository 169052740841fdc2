"""Memory requirements that info and export predict before anything is built."""

import json
import re

import pytest
from digits import fail, run, train, write_npz

from integrad.estimate.smaller_network import narrowed
from integrad.model_file import load_model
from integrad_codegen.plan import make_plan


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    data = write_npz(folder / "large.npz", shape=(40, 40), samples=60)
    assert train(folder, data, spec="mlp:60,9", out="large.model").exit_code == 0
    return folder / "large.model"


def info(model, *options):
    result = run("info", model, *options, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), " ".join(result.stderr.split())


def test_without_options_nothing_is_said_about_devices(model):
    figures, text = info(model)
    assert figures["learn"] is None and figures["part"] is None and figures["suggestions"] == []
    assert "scratch" not in text


@pytest.mark.parametrize("learn", ["none", "output", "all"])
def test_memory_is_that_of_the_plan(model, learn):
    figures, text = info(model, "--learn", learn, "--batch-size", 6)
    plan = make_plan(load_model(model).network, "model", learn, 6)
    arena = plan.training_arena or plan.inference_arena
    assert figures["learn"] == learn and figures["batch_size"] == plan.batch
    assert figures["weights_ram_bytes"] == (plan.weights_bytes if plan.batch else 0)
    assert figures["training_scratch_bytes"] == (plan.scratch.bytes if plan.batch else 0)
    assert figures["arena_bytes"] == figures["arena_lower_bound_bytes"] == arena.bytes
    assert f"scratch of an inference: {plan.inference_scratch_bytes:,} bytes" in text
    assert figures["fits"] is None


def test_a_model_that_fits(model):
    figures, text = info(model, "--learn", "output", "--batch-size", 4, "--part", "stm32f411")
    assert figures["fits"] is True and figures["suggestions"] == []
    assert figures["part"] == "STM32F411RE" and figures["part_ram_bytes"] == 131072
    assert figures["weights_flash_bytes"] < figures["flash_bytes"] < figures["part_flash_bytes"]
    assert figures["ram_bytes"] > figures["training_scratch_bytes"] + figures["stack_bytes"]
    assert "it fits STM32F411RE" in text and "STMicroelectronics, Cortex-M4" in text
    assert f"{131072 - figures['ram_bytes']:,}" in text, "what is left"


def test_what_is_suggested_fits(model):
    figures, text = info(model, "--learn", "all", "--batch-size", 16, "--part", "stm32f103c8")
    assert figures["fits"] is False and "it does not fit STM32F103C8: flash needs " in text
    assert len(figures["suggestions"]) == 3 and " would fit" in text
    for suggestion in figures["suggestions"]:
        options = ["--learn", "all", "--batch-size", "16", *suggestion.split()]
        assert info(model, *options)[0]["fits"], suggestion


def test_what_is_suggested_states_its_price(model, tmp_path):
    options = ["--learn", "all", "--batch-size", "4", "--part", "nrf52832"]
    figures, text = info(model, *options)
    assert figures["suggestions"][0].startswith("--learn last:1")
    assert "what less learning costs in accuracy was not measured" in text
    spec = re.search(r"--model (\S+), trained anew, would fit as it is", text)[1]
    assert train(tmp_path, model.with_suffix(".npz"), spec=spec).exit_code == 0
    assert info(tmp_path / "toy.model", *options)[0]["fits"], spec


def test_a_smaller_batch_is_suggested(model):
    """64 KB of RAM suffice for the weights of the output layer, but not for the inputs of a batch of 40."""
    figures, _ = info(model, "--learn", "output", "--batch-size", 40, "--part", "nrf52832")
    assert figures["suggestions"][0] == "--learn output --batch-size 20"
    assert figures["suggestions"][1] == "--part nRF52833", "of the same maker, with the least RAM"
    smaller = ["--learn", "output", "--batch-size", 20, "--part", "nrf52832"]
    assert info(model, *smaller)[0]["fits"]


def test_export_refuses_a_part_that_is_too_small(model, tmp_path):
    options = ["--learn", "all", "--out", tmp_path / "c", "--part"]
    status, message = fail("export", model, *options, "bluepill")
    assert status == 1 and "it does not fit STM32F103C8: flash needs" in message and "would fit" in message
    assert not (tmp_path / "c").exists()
    result = run("export", model, *options, "nrf5340", "--json", "-")
    figures = json.loads(result.stdout)
    assert figures["part"] == "nRF5340" and figures["flash_bytes"] is None
    assert figures["predicted_flash_bytes"] > figures["weights_flash_bytes"]
    assert figures["predicted_ram_bytes"] > figures["weights_ram_bytes"]
    assert "--part nRF5340" in (tmp_path / "c/large.h").read_text()


def test_parts_are_for_c(model, tmp_path):
    options = ["--target", "micropython", "--part", "nrf5340", "--out", tmp_path]
    assert fail("export", model, *options) == (
        2,
        "error: --part cannot be combined with --target micropython",
    )


@pytest.mark.parametrize("command", [["info"], ["export", "--out", "nowhere"]])
def test_unknown_parts_list_near_names(model, command):
    status, message = fail(command[0], model, *command[1:], "--part", "stm32f10")
    assert status == 2
    known = "STM32F103C8 (bluepill) or STM32F103RB or STM32F103RE"
    assert message == f"error: --part 'stm32f10': may be {known}; name one of them"


def test_wrong_options_are_named_before_the_report(model):
    for option in (["--part", "esp32"], ["--arena", "arena.svg"], ["--learn", "last:9"]):
        result = run("info", model, *option)
        assert result.exit_code == 2 and result.stdout == ""


def test_narrower_networks():
    assert narrowed("cnn:p2,c8k5s2,dwk3,c16,x10,d48", 4) == "cnn:p2,c2k5s2,dwk3,c4,x10,d12"
    assert narrowed("mlp:96,x5,48", 2) == "mlp:48,x5,24"


@pytest.mark.parametrize("name", ["arena.png", "arena.HTML"])
def test_pictures(model, tmp_path, name):
    figures, text = info(model, "--learn", "all", "--batch-size", 4, "--arena", tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x89PNG") or b"<svg" in content
    assert "wrote" in text and figures["arena_bytes"] > 0


def test_a_picture_of_an_inference(model, tmp_path):
    info(model, "--arena", tmp_path / "arena.html")
    text = (tmp_path / "arena.html").read_text()
    assert "Arena of large.model: an inference" in text and "block1" in text


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--arena", "arena.svg"], 2, "--arena arena.svg: must end in .png or .html"),
        (["--arena", "none/arena.html"], 2, "none/arena.html: the folder does not exist"),
        (["--learn", "last:x"], 2, "last:x"),
    ],
)
def test_bad_options(model, options, status, words):
    found, message = fail("info", model, *options)
    assert found == status and words in message
