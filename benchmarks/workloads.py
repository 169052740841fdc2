"""The workloads of the host benchmarks: networks by name, with the same data and learning rates for all
executors.

Imports only the standard library until a workload is built, so that a program that starts measurements stays
small: on Linux, the peak memory of a new process is at least the size of its parent.
"""

from __future__ import annotations

from dataclasses import dataclass

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
CLASSES = 10
SAMPLES = 8192
"""More than a processor's nearest caches hold, and less than matters beside a large network."""

SEED = 1


@dataclass(frozen=True)
class Workload:
    """spec: of the network, with the published decay where that is a preset.

    check_steps: after which the weights of every implementation are compared; plain_batch: batch of
    these, and of plain integers, for which a full one would take minutes. Updating the weights, once a
    batch, is 1.6 percent of vgg8b's batch of 4: by so much a sample looks dearer than in one of 64.
    least_steps: of a timing.
    """

    spec: str
    input_shape: tuple[int, ...] = GREY
    check_steps: int = 2
    plain_batch: int = 64
    least_steps: int = 3


WORKLOADS = {
    "tiny": Workload("mlp:12,8", (20,), check_steps=5),
    "mlp-1": Workload("nitro:mlp-1", check_steps=20, least_steps=50),
    "mlp-3": Workload("nitro:mlp-3"),
    "cnn": Workload("cnn:c32,p2,c64,p2,c64,p2,d128"),
    "vgg8b": Workload("nitro:vgg8b-mnist", check_steps=1, plain_batch=4, least_steps=1),
    "vgg8b-colour": Workload("nitro:vgg8b-mnist", COLOUR, check_steps=1, plain_batch=4, least_steps=1),
}


@dataclass
class Built:
    """A network with its first weights, samples int8 (SAMPLES, *input_shape), labels, and an order."""

    network: object
    x: object
    labels: object
    order: object
    decay_inv: int
    head_decay_inv: int

    def batch(self, number: int, size: int):
        """Indices of batch `number`, over and over the same order."""
        start = number % (len(self.order) // size) * size
        return self.order[start : start + size]

    @property
    def training_macs(self) -> int:
        """Multiply-accumulates of one sample in a training step, all passes.

        A block: forward and weight gradient; its head: forward, the error to the block, and weight
        gradient; the output layer: forward and weight gradient.
        """
        blocks = self.network.blocks
        work = sum(2 * b.weights.size * b.positions + 3 * b.head.size for b in blocks)
        return work + 2 * self.network.output.weights.size


def build(workload: Workload, samples: int = SAMPLES) -> Built:
    """The same network, weights, samples and order in every process."""
    import numpy as np

    from integrad.network.network import Network
    from integrad.training.specification import load_spec

    spec = load_spec(workload.spec, workload.input_shape)
    network = Network(workload.input_shape, CLASSES, spec.layers, spec.learner, spec.sums)
    rng = np.random.default_rng(SEED)
    network.initialise(rng)
    x = rng.integers(-127, 128, (samples, *workload.input_shape), np.int8)
    labels = rng.integers(0, CLASSES, samples)
    decays = (spec.learning.get(name, 0) for name in ("decay_inv", "head_decay_inv"))
    return Built(network, x, labels, rng.permutation(samples), *decays)


def learning_rate_inv(batch: int) -> int:
    """The default of training: 512 at the published batch of 64."""
    return 8 * batch
