"""Presets: exactly the published networks, and valid settings of Trainer."""

import re
from pathlib import Path

import pytest

from integrad.errors import UsageError
from integrad.network.network import Network
from integrad.training.presets import NITRO
from integrad.training.specification import load_spec, parse_spec
from integrad.training.trainer import Trainer

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def build(name, shape):
    return Network(shape, 10, load_spec(f"nitro:{name}", shape).layers)


@pytest.mark.parametrize(
    "name, shape, forward, heads",
    [
        ("mlp-1", GREY, 83_900, 1_500),
        ("mlp-2", GREY, 182_300, 3_500),
        ("mlp-3", GREY, 2_910_208, 30_720),
        ("mlp-3-fashion", GREY, 2_910_208, 30_720),
        ("mlp-4", COLOUR, 27_246_000, 90_000),
        ("vgg8b-mnist", GREY, 7_318_656, 240_640),
        ("vgg8b-fashion", GREY, 7_318_656, 240_640),
        ("vgg8b", COLOUR, 8_893_824, 256_000),
        ("vgg11b", COLOUR, 11_548_032, 378_880),
    ],
)
def test_published_sizes(name, shape, forward, heads):
    network = build(name, shape)
    found = sum(array.size for key, array in network.arrays().items() if key.endswith(".head"))
    assert found == heads
    assert sum(array.size for array in network.arrays().values()) - found == forward


def poolings(network):
    """(channels, map side, window, padding, features) of every convolution's head."""
    return [
        (
            stage.block.channels,
            stage.output_shape[1],
            stage.block.head_pooling.window,
            stage.block.head_pooling.padding,
            stage.block.head_features,
        )
        for stage in network.stages
        if stage.kind == "conv"
    ]


def test_published_head_poolings_of_vgg8b_on_28():
    assert poolings(build("vgg8b-mnist", GREY)) == [
        (128, 28, (8, 4), (4, 0), 3584),
        (256, 28, (8, 8), (4, 4), 4096),
        (256, 14, (4, 4), (2, 2), 4096),
        (512, 14, (8, 4), (4, 2), 4096),
        (512, 7, (4, 2), (2, 1), 4096),
        (512, 3, (2, 1), (1, 0), 3072),
    ]


def test_published_head_poolings_of_vgg8b_on_32():
    assert poolings(build("vgg8b", COLOUR)) == [
        (128, 32, (8, 4), (0, 0), 4096),
        (256, 32, (8, 8), (0, 0), 4096),
        (256, 16, (4, 4), (0, 0), 4096),
        (512, 16, (8, 4), (0, 0), 4096),
        (512, 8, (4, 2), (0, 0), 4096),
        (512, 4, (2, 1), (0, 0), 4096),
    ]


def test_published_head_poolings_of_vgg11b():
    windows = [(8, 4)] * 3 + [(8, 8), (4, 4), (8, 4), (4, 2), (4, 2), (2, 1)]
    found = poolings(build("vgg11b", COLOUR))
    assert [window for _, _, window, _, _ in found] == windows
    assert all(padding == (0, 0) and features == 4096 for *_, padding, features in found)


@pytest.mark.parametrize(
    "name, places, percent",
    [
        ("mlp-3", [], None),
        ("mlp-4", [1, 3, 5], 10),
        ("vgg8b", [9, 12], 15),
        ("vgg8b-fashion", [9, 12], 10),
        ("vgg8b-mnist", [], None),
        ("vgg11b", [], None),
    ],
)
def test_dropouts_follow_the_last_convolution_and_every_dense_block(name, places, percent):
    layers = load_spec(f"nitro:{name}", COLOUR).layers
    assert [index for index, layer in enumerate(layers) if layer["type"] == "dropout"] == places
    assert all(layers[index]["percent"] == percent for index in places)
    for index in places:
        before, after = layers[index - 1]["type"], [layer["type"] for layer in layers[index + 1 : index + 2]]
        assert before == "dense" or (before == "conv" and after == ["max_pool"])


@pytest.mark.parametrize(
    "name, decays, augmentation",
    [
        ("mlp-1", (12_000, 3_000), (0, 0)),
        ("mlp-2", (10_000, 8_000), (0, 0)),
        ("mlp-3", (28_000, 500), (2, 0)),
        ("mlp-3-fashion", (29_000, 6_000), (2, 1)),
        ("mlp-4", (19_000, 7_500), (4, 1)),
        ("vgg8b", (25_000, 3_000), (4, 1)),
        ("vgg8b-mnist", (30_000, 3_000), (2, 0)),
        ("vgg8b-fashion", (28_000, 3_500), (2, 1)),
        ("vgg11b", (28_000, 4_500), (4, 1)),
    ],
)
def test_published_settings(name, decays, augmentation):
    trainer = Trainer(**load_spec(f"nitro:{name}", COLOUR).learning)
    assert (trainer.decay_inv, trainer.head_decay_inv) == decays
    assert (trainer.augment_crop, trainer.augment_flip, trainer.augment_by) == (*augmentation, "batch")
    assert (trainer.batch_size, trainer.learning_rate_inv, trainer.epochs) == (64, 512, 150)
    assert (trainer.patience, trainer.stop_patience) == (15, 35)


def test_a_plus_changes_the_recipe_only():
    for name in NITRO:
        published, better = load_spec(f"nitro:{name}", COLOUR), load_spec(f"nitro:{name}+", COLOUR)
        assert better.layers == published.layers
        assert better.sums == 64 and published.sums == (64 if name.startswith("vgg") else 32)
        changed = {key for key in better.learning if better.learning[key] != published.learning.get(key)}
        assert changed == {"amplification", "schedule", "augment_by"}
        trainer = Trainer(**better.learning)
        assert (trainer.amplification, trainer.augment_by, trainer.epochs) == (16, "sample", 150)
        assert (trainer.learning_rate_inv, trainer.last_learning_rate_inv) == (512, 16_384)
    for name in ("nitro:vgg8b++", "pocket:mlp-1+", "nitro:+"):
        with pytest.raises(UsageError, match="unknown preset"):
            load_spec(name, COLOUR)


def test_learning_heads_are_as_wide_as_published():
    layers = load_spec("nitro:vgg8b", COLOUR).layers
    assert {layer["head_features"] for layer in layers if layer["type"] == "conv"} == {4096}


def test_the_page_has_a_row_for_each():
    page = (Path(__file__).parents[2] / "docs/networks.md").read_text()
    for name, preset in NITRO.items():
        learning = preset.learning
        flip = "yes" if learning["augment_flip"] else "no"
        row = [f"`{name}`", None, f"`{preset.notation}`", f"{learning['decay_inv']:,}"]
        row += [f"{learning['head_decay_inv']:,}", str(learning["augment_crop"]), flip]
        cells = [r"[\w-]+" if cell is None else re.escape(cell) for cell in row]
        assert re.search(r"^\| " + r" \| ".join(cells) + r" \|$", page, re.MULTILINE), name


@pytest.mark.parametrize(
    "text, shown", [("nitro:vgg9", "'vgg9'"), ("nitro:", "''"), ("nitro:\x1b[2J", r"\x1b")]
)
def test_an_unknown_preset_lists_what_there_is(text, shown):
    with pytest.raises(UsageError) as caught:
        parse_spec(text, GREY)
    message = str(caught.value)
    assert shown in message and "\n" not in message and "\x1b" not in message
    assert message.endswith(
        "known presets: mlp-1, mlp-2, mlp-3, mlp-3-fashion, mlp-4, vgg8b, vgg8b-mnist, vgg8b-fashion, "
        "vgg11b, each also with a +"
    )


@pytest.mark.parametrize(
    "shape, element, words",
    [
        ((1, 8, 8), "p2", "'p2' does not fit here: a max-pool of 2x2 is larger than a map of 512x1x1"),
        ((20,), "c128", "'c128' does not fit here: a convolution requires maps or time series"),
    ],
)
def test_a_preset_that_does_not_fit_is_shown_with_a_caret(shape, element, words):
    with pytest.raises(UsageError) as caught:
        parse_spec("nitro:vgg8b-mnist", shape)
    message, shown, caret = str(caught.value).split("\n")
    assert message.startswith("SPEC: nitro:vgg8b-mnist stands for the network below; ") and words in message
    assert shown == f"  {NITRO['vgg8b-mnist'].notation}"
    assert shown[len(caret) - 1 :].split(",")[0] == element


def test_a_preset_is_built_anew_for_each_call():
    first, second = load_spec("nitro:vgg8b", COLOUR), load_spec("nitro:vgg8b", COLOUR)
    first.layers[0]["channels"] = first.learning["epochs"] = 1
    assert second.layers[0]["channels"] == 128
    assert load_spec("nitro:vgg8b", COLOUR).learning["epochs"] == 150
