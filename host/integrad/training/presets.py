"""Published networks with settings to train them, by name: `--model nitro:vgg8b`.

nitro: Pirillo, Colombo, Roveri, arXiv 2407.11698, with the published settings. A name without the suffix of
a data set has those for MNIST (mlp-1, mlp-3), Fashion-MNIST (mlp-2) or CIFAR-10 (mlp-4, vgg8b, vgg11b).
The VGG networks have 64-bit sums, since published weights of VGG8B reach 8,000, and 32-bit sums would limit
those of its widest layers to 5,121. With a + behind the name, such as nitro:vgg8b+, the layers and their
regularisation are the published ones, but sums have 64 bits, and RECIPE trains the network.
pocket: Song, Lin, arXiv 2201.02863, for MNIST (mlp-1) and Fashion-MNIST (mlp-2), with settings chosen on
validation samples.
backprop: the same multilayer perceptrons, and a convolutional network for the same data sets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from integrad.arithmetic import NARROW, WIDE
from integrad.errors import UsageError

HEAD_FEATURES = 4096
"""Maximum number of inputs of a learning head in the published convolutional networks."""

# learning_rate_inv is omitted: the published 512 is the default for a batch size of 64, and so it
# follows another --batch-size.
COMMON = {"batch_size": 64, "epochs": 150, "patience": 15, "stop_patience": 35}

RECIPE = {"amplification": 16, "schedule": "annealed", "augment_by": "sample"}
"""Blocks learn from the first epoch on, the rate falls from the published one to a 32nd of it without waiting
for plateaus, and augmentation shows the network more positions."""

IMPROVED = "+"
"""Ends the name of a preset that is trained by RECIPE."""

BACKPROP_LEARNING = {"loss": "cross-entropy", "batch_size": 64, "epochs": 30}
POCKET_LEARNING = {"batch_size": 64, "epochs": 60, "stop_patience": 20}


@dataclass(frozen=True)
class Preset:
    """notation: the network in the short notation; learner: its id; learning: settings of Trainer by name;
    sums: width of its sums in bits."""

    notation: str
    learner: str
    learning: dict[str, int | str]
    sums: int = NARROW


def _nitro(
    notation: str,
    decay_inv: int,
    head_decay_inv: int,
    augment_crop: int = 0,
    augment_flip: int = 0,
    sums: int = NARROW,
) -> Preset:
    """Augmentation is by batch."""
    learning = COMMON | {
        "decay_inv": decay_inv,
        "head_decay_inv": head_decay_inv,
        "augment_crop": augment_crop,
        "augment_flip": augment_flip,
        "augment_by": "batch",
    }
    return Preset(notation, "nitro-d", learning, sums)


MLP3 = "mlp:1024,1024,1024"
VGG8B = "cnn:c128,c256,p2,c256,c512,p2,c512,p2,c512,p2,d1024"
VGG8B_X10 = "cnn:c128,c256,p2,c256,c512,p2,c512,p2,c512,x10,p2,d1024,x10"
VGG8B_X15 = "cnn:c128,c256,p2,c256,c512,p2,c512,p2,c512,x15,p2,d1024,x15"
VGG11B = "cnn:c128,c128,c128,c256,p2,c256,c512,p2,c512,c512,p2,c512,p2,d1024"

NITRO = {
    "mlp-1": _nitro("mlp:100,50", 12_000, 3_000),
    "mlp-2": _nitro("mlp:200,100,50", 10_000, 8_000),
    "mlp-3": _nitro(MLP3, 28_000, 500, augment_crop=2),
    "mlp-3-fashion": _nitro(MLP3, 29_000, 6_000, augment_crop=2, augment_flip=1),
    "mlp-4": _nitro("mlp:3000,x10,3000,x10,3000,x10", 19_000, 7_500, augment_crop=4, augment_flip=1),
    "vgg8b": _nitro(VGG8B_X15, 25_000, 3_000, augment_crop=4, augment_flip=1, sums=WIDE),
    "vgg8b-mnist": _nitro(VGG8B, 30_000, 3_000, augment_crop=2, sums=WIDE),
    "vgg8b-fashion": _nitro(VGG8B_X10, 28_000, 3_500, augment_crop=2, augment_flip=1, sums=WIDE),
    "vgg11b": _nitro(VGG11B, 28_000, 4_500, augment_crop=4, augment_flip=1, sums=WIDE),
}
POCKET = {
    "mlp-1": Preset("mlp:100,50", "pocket", POCKET_LEARNING | {"learning_rate_inv": 1600}),
    "mlp-2": Preset("mlp:200,100,50", "pocket", POCKET_LEARNING | {"learning_rate_inv": 2400}),
}

BACKPROP = {
    "mlp-1": Preset("mlp:100,50", "backprop", BACKPROP_LEARNING),
    "mlp-2": Preset("mlp:200,100,50", "backprop", BACKPROP_LEARNING),
    "cnn-1": Preset("cnn:c8,p2,c16,p2,d48", "backprop", BACKPROP_LEARNING),
}

FAMILIES = {"nitro": NITRO, "pocket": POCKET, "backprop": BACKPROP}
"""Word before the colon → presets by name."""


def find_preset(text: str) -> Preset:
    """text: such as nitro:mlp-1. Raises UsageError with a list of the presets."""
    family, _, name = text.partition(":")
    presets, base = FAMILIES[family], name
    if presets is NITRO:
        base = name.removesuffix(IMPROVED)
    if base not in presets:
        more = f", each also with a {IMPROVED}" if presets is NITRO else ""
        raise UsageError(f"SPEC: unknown preset {name!r:.50}; known presets: {', '.join(presets)}{more}")
    preset = presets[base]
    return preset if base == name else replace(preset, learning=preset.learning | RECIPE, sums=WIDE)
