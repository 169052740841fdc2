"""Decides how a network is trained on a data set where nobody says: learner, loss, budget, validation.

docs/results/small_data.md says what these choices were compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrad.datasets import axes as layouts
from integrad.datasets.dataset import Dataset
from integrad.learners.hyper_parameters import ANNEALED
from integrad.learners.table import LEARNERS, PREFERRED, find_learner
from integrad.network.layer_types.backprop_dense import BACKPROP_DENSE
from integrad.network.learner_table import LEARNER_LAYERS
from integrad.network.network import Network
from integrad.training.metrics import is_unbalanced
from integrad.training.specification import FIRST, is_notation, load_spec
from integrad.training.splits import count_untested, count_validation, seeded_split
from integrad.training.trainer import AVERAGE, BEST, EVERY_EPOCH, FIRST_HALF, LAST

SMALL_BATCH, LARGE_BATCH, MANY_SAMPLES = 16, 64, 10_000
"""LARGE_BATCH is four times as fast, but learns worse from fewer samples than MANY_SAMPLES."""

VALIDATION_PERCENT = 10

FEW_SAMPLES = 5_000
"""Below, the validation samples would be too few to choose an epoch, and are worth more in training."""

STEPS = 8_000
"""Of training on fewer than FEW_SAMPLES."""

FEWEST_STEPS, WORK, CONVOLUTION = 1_000, 20 * 10**9, 3
"""Fewer steps, but at least FEWEST_STEPS, are taken where STEPS would exceed WORK: multiply-accumulates of a
sample, in convolutions times CONVOLUTION since they take so much longer, times the samples of all steps."""

MEDIUM_BATCH, MEDIUM_EPOCHS = 32, 128
"""Of training on FEW_SAMPLES or more."""

LARGE_SAMPLES, LARGE_EPOCHS = 20_000, 30
"""Of training on LARGE_SAMPLES or more, in batches of LARGE_BATCH."""

MOST_SQUARED = 16
"""Classes up to which the squared error is at least as good as cross-entropy."""

EVENLY = {
    EVERY_EPOCH: "classes drawn evenly",
    FIRST_HALF: "classes drawn evenly in the first half of the epochs",
}


@dataclass(frozen=True)
class TrainingChoice:
    """What choose_training decided, as arguments of TrainingRun.

    learner: its id. settings: of Trainer, by name; those that are missing have its defaults. layer_options:
    settings of all layers. reason: one line for the user.
    """

    learner: str
    settings: dict[str, int | str]
    layer_options: dict[str, int | str]
    validation_percent: int
    reason: str


def choose_training(
    dataset: Dataset,
    spec: str,
    settings: Mapping[str, int | str] | None = None,
    *,
    learner: str | None = None,
    layer_options: Mapping[str, int | str] | None = None,
    holdouts: Sequence[str] = (),
    validation_percent: int | None = None,
    by_class: bool = False,
) -> TrainingChoice:
    """Decide everything that the user has left open; what is given is never changed.

    spec: short notation, preset or network file. settings: of Trainer, by name. learner, layer_options,
    holdouts, validation_percent, by_class: as for TrainingRun, None where nothing was said. Networks of files
    and presets, and those of learners without `trains_for_steps`, have the settings of the trainer. Raises
    UsageError or IntegradError for a spec that does not fit.
    """
    given, options = dict(settings or {}), dict(layer_options or {})
    shape = layouts.input_shape(dataset.axes, dataset.sample_shape)
    if learner is None and is_notation(spec):
        learner = _usual_learner(given, options)
    found = load_spec(spec, shape, learner, options)
    pool, percent = None, validation_percent

    def drawn(percent: int) -> int:
        """The percentage; 0 if it yields no sample."""
        counted = percent and count_validation(dataset, holdouts, percent, by_class, _seed(given))
        return percent if counted else 0

    if find_learner(found.learner).trains_for_steps and is_notation(spec):
        pool = count_untested(dataset, holdouts, _seed(given))
        if percent is None:
            percent = _validation_percent(pool, given, by_class)
        percent = drawn(percent)
        if found.layers[0]["type"] == BACKPROP_DENSE.kind:
            options = {"bias": FIRST} | options
        network = found.network(shape, dataset.classes)
        usual = {
            **_budget(network, pool, given),
            **find_learner(found.learner).usual_settings(dataset.classes),
            "keep": _kept(pool, percent),
            "stop_patience": 0,  # the last steps, which are the smallest, must not be left out
        }
        if pool < FEW_SAMPLES:
            train = seeded_split(dataset, holdouts, percent, by_class, _seed(given)).train
            usual |= {"balance": FIRST_HALF} if is_unbalanced(dataset.y[train]) else {}
    else:
        usual = {"batch_size": usual_batch_size(len(dataset))} | found.learning
        percent = drawn(VALIDATION_PERCENT if percent is None else percent)
    chosen = usual | given
    reason = _describe(found.learner, chosen, percent, pool)
    return TrainingChoice(found.learner, chosen, options, percent, reason)


def usual_batch_size(samples: int) -> int:
    """Of a data set with so many samples, for learners that have no other rule."""
    return SMALL_BATCH if samples < MANY_SAMPLES else LARGE_BATCH


def _seed(given: Mapping) -> int:
    """The seed of the run; 0 in place of one that the trainer refuses."""
    seed = given.get("seed", 0)
    return seed if isinstance(seed, int) and seed >= 0 else 0


def _usual_learner(given: Mapping, options: Mapping) -> str:
    """The first one that has all settings, and the learning-rate schedule, that were given."""
    own = {name for learner in LEARNERS.values() for name in learner.hyper_parameters}
    wanted = own & given.keys()
    for name in PREFERRED:
        known = wanted <= LEARNERS[name].hyper_parameters.keys()
        known &= given.get("schedule") in (None, *LEARNERS[name].rate_schedules)
        if known and options.keys() <= LEARNER_LAYERS[name].settings:
            return name
    return PREFERRED[0]


def _kept(pool: int, percent: int) -> str:
    """Which weights: the average over the last steps is better than those of the best epoch, above
    FEW_SAMPLES; where somebody wants validation of few samples, it is to choose."""
    if pool >= FEW_SAMPLES:
        return AVERAGE
    return BEST if percent else LAST


def _validation_percent(pool: int, given: Mapping, by_class: bool) -> int:
    """None of few samples, unless they are to choose the epoch."""
    if pool >= FEW_SAMPLES and given.get("keep") != LAST:
        return VALIDATION_PERCENT
    chooses = given.get("keep", BEST if by_class else LAST) == BEST
    return VALIDATION_PERCENT if chooses else 0


def _budget(network: Network, samples: int, given: Mapping) -> dict[str, int]:
    """Batch size, and epochs or steps."""
    few, large = samples < FEW_SAMPLES, samples >= LARGE_SAMPLES
    batch = given.get("batch_size", SMALL_BATCH if few else LARGE_BATCH if large else MEDIUM_BATCH)
    if "epochs" in given or "steps" in given:
        return {"batch_size": batch}
    if not few:
        return {"batch_size": batch, "epochs": LARGE_EPOCHS if large else MEDIUM_EPOCHS}
    affordable = WORK // max(1, _work(network) * batch) if isinstance(batch, int) else STEPS
    return {"batch_size": batch, "steps": min(STEPS, max(FEWEST_STEPS, affordable))}


def _work(network: Network) -> int:
    """See WORK; of one sample."""
    dense = network.output.weights.size
    convolutions = 0
    for block in network.blocks:
        macs = block.weights.size * block.positions
        if block.positions > 1:
            convolutions += macs
        else:
            dense += macs
    return dense + CONVOLUTION * convolutions


def _describe(learner: str, chosen: Mapping, percent: int, pool: int | None) -> str:
    """pool: number of samples that do not test, where it decided; None where it did not."""
    batches = f"in batches of {chosen['batch_size']}"
    declared = LEARNERS[learner].all_hyper_parameters()
    if steps := chosen.get("steps"):
        parts = [f"{steps:,} steps {batches}" if isinstance(steps, int) else f"{steps} steps"]
    else:
        epochs = chosen.get("epochs", declared["epochs"].default)
        annealed = chosen.get("schedule") == ANNEALED
        stops = percent and not annealed and chosen.get("stop_patience", declared["stop_patience"].default)
        parts = [f"{'at most ' if stops else ''}{epochs} epochs {batches}"]
    if chosen.get("schedule") == ANNEALED:
        parts.append("annealed learning rate")
    if "loss" in chosen:
        parts.append(f"{chosen['loss']} loss")
    if chosen.get("balance") in EVENLY:
        parts.append(EVENLY[chosen["balance"]])
    kept = chosen.get("keep", declared["keep"].default)
    averaged = "the average of the weights over the last third of the steps"
    weights = averaged if kept == AVERAGE else "the last weights"
    if percent and kept == AVERAGE:
        parts.append(f"{weights}; validation only measures")
    elif percent:
        parts.append("validation only measures" if kept == LAST else "validation chooses the epoch")
    elif pool is not None and pool < FEW_SAMPLES:
        parts.append(f"{weights} of training on all {pool:,} samples: too few to choose an epoch")
    else:
        parts.append(f"{weights}, without validation")
    return f"{learner}, {', '.join(parts)}"
