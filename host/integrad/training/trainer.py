"""The training loop: epochs, batches, validation, learning-rate schedule, early stopping, checkpoints.

All decisions are based on integers: results are compared as numbers of samples, losses as exact sums. A run
is determined by its data, seed and hyper-parameters, and ends with the same weights on every computer.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable

import numpy as np

from integrad import __version__
from integrad.arithmetic import INT8_LIMIT
from integrad.engines.choice import make_engine
from integrad.engines.engine import Engine
from integrad.errors import IntegradError, UsageError
from integrad.learners.hyper_parameters import ANNEALED, FEWEST_CLASSES
from integrad.learners.table import USUAL, find_learner
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.training.annealing import annealed
from integrad.training.augmentation import Augmentation
from integrad.training.checkpoint import load_checkpoint
from integrad.training.checkpoint_writer import CheckpointWriter
from integrad.training.divergence import LARGE, DivergenceWatch, chance_threshold
from integrad.training.history import History
from integrad.training.metrics import count_predictions, is_unbalanced, macro_f1_millionths
from integrad.training.plateau import Plateau
from integrad.training.progress import Silent
from integrad.training.stepper import Stepper
from integrad.training.training_state import TrainingState
from integrad.training.weight_average import is_averaged
from integrad.training.workers import Alone, WorkerLost

BEST, LAST, AVERAGE = "best", "last", "average"
"""Of `keep`: the weights of the best epoch, of the last one, or their average over the last third of the
steps."""

NEVER, EVERY_EPOCH, FIRST_HALF = 0, 1, 2
"""Of `balance`: the epochs that draw each class equally often."""

CALIBRATION_STEPS = 32
"""Fewest steps between two calibrations without validation. In epochs of three steps, they would take longer
than these."""


class TrainingInterrupted(Exception):
    """interrupt() stopped training after a batch. The run is saved in the checkpoint, if a path was given."""


class Trainer:
    """How a network is trained: integers in the ranges that hyper_parameters declares, each an attribute.

    learner: id of the learner of the network. hyper_parameters: those of the learner, and the following.
    batch_size: the last batch of an epoch may be smaller. epochs: maximum number. learning_rate_inv: by
    default derived from the batch size. steps: if not 0, the number of epochs is that of so many steps, at
    least 1; `epochs` has no effect then. halvings: how often the learning rate is halved in the course of the
    training, evenly. keep: "best", the weights of the best epoch by validation, or "last", or "average", the
    mean of the weights over the last third of the steps (WeightAverage): validation then only measures.
    balance: 1 to draw each class equally often in every epoch, by repeating samples of small classes and
    leaving out some of large ones; 2 to do so in the first half of the epochs. patience: number of epochs
    without improvement of the validation result after which learning_rate_inv is increased; stop_patience:
    after which training ends; 0 means never. schedule: how the learning rate is reduced, one of
    rate_schedules of the learner. last_learning_rate_inv: with schedule="annealed", the value in the last
    epoch; 0 for `annealing` times the first one. An annealed training takes all epochs, and patience has no
    effect. augment_crop, augment_flip, augment_by: see Augmentation. seed: of the generator `rng`, from which
    all random numbers are drawn.
    learn: see LearnSet. engine, threads: see make_engine; they affect the speed only.
    """

    def __init__(
        self,
        learner: str = USUAL,
        *,
        seed: int = 0,
        learn: str = "all",
        engine: str = "auto",
        threads: int | None = None,
        **hyper_parameters: int | str | None,
    ):
        self.learner = find_learner(learner)
        self.seed, self.learn, self.engine, self.threads = seed, learn, engine, threads
        declared = self.learner.all_hyper_parameters()
        for name in hyper_parameters:
            if name not in declared:
                raise IntegradError(
                    f"{name}: the learner {learner} has no such setting; it has {', '.join(declared)}"
                )
        for name, parameter in declared.items():
            value = hyper_parameters.get(name)
            if value is None:
                value = parameter.default
            if name == "learning_rate_inv" and value is None:
                value = self._usual_learning_rate_inv()
            setattr(self, name, parameter.check(name, value))
        self._complete_schedule()
        if type(seed) is not int or seed < 0:
            raise IntegradError(f"seed must be an integer of at least 0, not {seed!r:.50}")
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self._interrupted = False

    @property
    def hyper_parameters(self) -> dict[str, int | str]:
        """Hyper-parameters of the learner and of the trainer, by name, in the order of the training
        record."""
        return {name: getattr(self, name) for name in self.learner.all_hyper_parameters()}

    def _complete_schedule(self) -> None:
        """Derive what the learning-rate schedule leaves open. Raises UsageError for what contradicts it."""
        first, last = self.learning_rate_inv, self.last_learning_rate_inv
        if self.schedule != ANNEALED:
            if last:
                raise UsageError(f"last_learning_rate_inv {last}: only the schedule {ANNEALED} has it")
            return
        if self.halvings:
            raise UsageError(f"halvings {self.halvings}: the schedule {ANNEALED} replaces it; choose one")
        if last and last < first:
            raise UsageError(f"last_learning_rate_inv {last}: is less than the first, {first}")
        self.last_learning_rate_inv = last or min(
            first * self.learner.annealing, self.learner.largest_learning_rate_inv(FEWEST_CLASSES)
        )
        self.patience = self.stop_patience = 0  # the last epochs have the smallest steps

    def _usual_learning_rate_inv(self) -> int:
        """The default for the hyper-parameters that are declared before it; batch_size is one of them."""
        names = list(self.learner.all_hyper_parameters())
        before = {name: getattr(self, name) for name in names[: names.index("learning_rate_inv")]}
        return self.learner.initial_learning_rate_inv(self.batch_size, before)

    def _learning_rate_inv(self, state: TrainingState, classes: int) -> int:
        """Of the current epoch."""
        epoch = len(state.epochs) + 1
        limit = self.learner.largest_learning_rate_inv(classes)
        if self.schedule == ANNEALED:
            last = min(self.last_learning_rate_inv, limit)
            return annealed(self.learning_rate_inv, last, epoch, state.planned)
        rate = self.learner.learning_rate_inv_in(
            epoch, state.planned, state.learning_rate_inv, self.hyper_parameters
        )
        return min(halved(rate, self.halvings, epoch, state.planned), limit)

    def planned_epochs(self, samples: int) -> int:
        """The maximum number of epochs of a run with so many training samples."""
        if not self.steps:
            return self.epochs
        per_epoch = -(-samples // self.batch_size)
        return max(1, (self.steps + per_epoch // 2) // per_epoch)

    def fit(
        self,
        network: Network,
        x_train: np.ndarray,
        y_train: np.ndarray,
        x_validation: np.ndarray | None = None,
        y_validation: np.ndarray | None = None,
        progress: Silent | None = None,
        checkpoint: str | os.PathLike | None = None,
        resume: bool = False,
        workers: Alone | None = None,
    ) -> History:
        """Train the network in place, starting from its current weights. It ends with the best weights.

        x: int8 (N, *input_shape) in [-127, 127]; y: integers (N,) in 0…classes-1. The best epoch is the one
        with the most correct validation samples, or with the highest macro-F1 if the training samples are
        unbalanced, and then with the smallest validation loss. Without validation samples, and with
        keep="last" or "average", no plateau reduces the learning rate, no patience ends the training, and the
        weights of the last epoch, or their average, are kept. checkpoint: path of a file that is written
        after epochs, at most every five seconds, and every minute; resume: continue from it. workers: the
        workers that call this with the same data; only the first one writes and reports. Raises IntegradError
        for unsuitable data, TrainingInterrupted after interrupt(), and WorkerLost; in the latter two cases
        the checkpoint has been written.
        """
        self.check_network(network)
        self.augmentation.check(network.input_shape)
        check_samples(network, x_train, y_train)
        validation = None
        if x_validation is not None and len(x_validation):
            check_samples(network, x_validation, y_validation)
            validation = (x_validation, y_validation)
        state = self._new_state(y_train, None if validation is None else y_validation)
        identity = self._identity(network, [x_train, y_train, *(validation or ())])
        if resume:
            load_checkpoint(checkpoint, identity, network, state, len(x_train))
            self.rng = state.rng
        workers = workers or Alone()
        engine = self.make_engine(network, workers)
        progress = (progress if workers.rank == 0 else None) or Silent()
        writer = CheckpointWriter(checkpoint if workers.rank == 0 else None, identity, engine, state)
        done = len(state.epochs)
        progress.begin(state.planned, len(x_train), done)
        try:
            workers.agree(f"{identity} {network.weights_crc()}", "data, options, version or checkpoint")
            while len(state.epochs) < state.planned and not state.finished:
                self._train_epoch(engine, state, x_train, y_train, progress, writer)
                if validation is not None or self._calibrates_after(state, len(x_train)):
                    self._calibrate(self.learner.calibrate, engine, state, x_train, y_train)
                self._judge_epoch(engine, state, validation, progress)
                if workers.count > 1:
                    workers.agree(str(network.weights_crc()), "the weights: one of them miscalculates")
                writer.save_after_epoch()
            if len(state.epochs) > done:  # else the checkpoint of a run of more epochs stays as it is
                writer.save()
        except TrainingInterrupted:
            writer.save()
            raise
        except WorkerLost as error:
            writer.save()
            raise WorkerLost(state.describe_place()) from error
        finally:
            self._interrupted = False
            progress.end()
        network.load_parameters(state.best)
        return _summarise(state)

    @property
    def augmentation(self) -> Augmentation:
        """How training samples are transformed."""
        return Augmentation(self.augment_crop, self.augment_flip, self.augment_by)

    def make_engine(self, network: Network, workers: Alone) -> Engine:
        """The engine for this network, shared with the other workers."""
        threads = self.threads or workers.threads
        # GPUs are assigned to workers only if the Torch engine was requested.
        return workers.share(make_engine(self.engine, network, threads, gpu=workers.count == 1))

    def check_network(self, network: Network) -> None:
        """Raise IntegradError for a network of another learner or one that does not fit these settings."""
        if network.learner != self.learner.id:
            raise IntegradError(f"the network's learner is {network.learner}, not {self.learner.id}")
        LearnSet.require(self.learn, len(network.blocks))
        self.check_classes(network.classes)
        self.learner.check_batch(network, self.batch_size)

    def check_classes(self, classes: int) -> None:
        """Raise IntegradError if learning_rate_inv is too large for a network with so many classes."""
        rate = self.learner.hyper_parameters["learning_rate_inv"]
        rate.check("learning_rate_inv", self.learning_rate_inv, classes)

    def interrupt(self) -> None:
        """Ask a running fit() to stop after the current batch; safe in a signal handler or another thread."""
        self._interrupted = True

    def _train_epoch(
        self, engine: Engine, state: TrainingState, x, y, progress: Silent, writer: CheckpointWriter
    ) -> None:
        own = {name: getattr(self, name) for name in self.learner.hyper_parameters}
        settings = own | {"learning_rate_inv": self._learning_rate_inv(state, engine.network.classes)}
        stepper = Stepper(engine.network, learn=self.learn, engine=engine, **settings)
        state.start_epoch(len(x), y if self._draws_evenly(state) else None)
        if not state.epochs and not state.position:
            self._calibrate(self.learner.prepare, engine, state, x, y)
        while state.position < len(x):
            batch = state.order[state.position : state.position + self.batch_size]
            started = time.perf_counter()
            before = state.rng.bit_generator.state
            try:
                samples = self.augmentation.apply(x[batch], state.rng)
                step = stepper.step(samples, y[batch], state.rng)
            except WorkerLost:
                # No weight has changed; restore the generator to the state before this step.
                state.rng.bit_generator.state = before
                raise
            state.count(len(batch), step)
            self._average(engine, state, len(x))
            state.step_seconds += time.perf_counter() - started
            progress.batch(state.position)
            if self._interrupted:
                raise TrainingInterrupted
            writer.save_if_due()

    def _average(self, engine: Engine, state: TrainingState, samples: int) -> None:
        """With keep="average", add the current weights if it is time to. After the last step, the mean takes
        their place."""
        if self.keep != AVERAGE:
            return
        per_epoch = -(-samples // self.batch_size)
        done = len(state.epochs) * per_epoch - (-state.position // self.batch_size)
        if not is_averaged(done, steps := state.planned * per_epoch):
            return
        engine.fetch()
        state.average.add(engine.network)
        if done == steps:
            state.average.store(engine.network)
            engine.load()

    def _draws_evenly(self, state: TrainingState) -> bool:
        """Whether the next epoch draws each class equally often."""
        first_half = 2 * len(state.epochs) < state.planned
        return self.balance == EVERY_EPOCH or (self.balance == FIRST_HALF and first_half)

    def _calibrate(self, hook: Callable, engine: Engine, state: TrainingState, x, y) -> None:
        """Call prepare() or calibrate() of the learner with the first samples of the epoch."""
        if count := self.learner.calibration_samples:
            chosen = state.order[:count]
            engine.fetch()
            hook(engine.network, x[chosen], y[chosen], self.hyper_parameters)
            engine.load()

    def _calibrates_after(self, state: TrainingState, samples: int) -> bool:
        """Whether to calibrate after the current epoch although no validation needs it."""
        steps = -(-samples // self.batch_size)
        number = len(state.epochs) + 1
        return number % -(-CALIBRATION_STEPS // steps) == 0 or number >= state.planned

    def _judge_epoch(self, engine: Engine, state: TrainingState, validation, progress: Silent) -> None:
        """Validate, keep the best weights, reduce the learning rate, decide whether to stop, warn."""
        network, result = engine.network, None
        if validation is not None:
            confusion, loss = count_predictions(engine, *validation)
            f1 = macro_f1_millionths(confusion) if state.unbalanced else None
            result = (len(validation[0]), int(confusion.trace()), loss, f1)
        engine.fetch()
        rate = self._learning_rate_inv(state, network.classes)
        epoch = state.end_epoch(result, rate)
        state.keep_if_best(network, epoch, self.keep != BEST)
        progress.epoch(epoch)
        usual = self._usual_learning_rate_inv()
        warning = state.watch.observe(network, epoch, self.learning_rate_inv, usual)
        if warning:
            state.warnings.append(warning)
            progress.note(f"warning: {warning}")
        if validation is None or self.keep != BEST:
            return
        if state.watch.cold:
            # A cold start is not a plateau; training gives up only if it never ends.
            if state.watch.hopeless and epoch.samples >= LARGE:
                state.finished = f"accuracy stayed at chance for {state.watch.at_chance} epochs"
            return
        if self.stop_patience and state.stop.reached(epoch.validation_score):
            measure = "macro-F1" if state.unbalanced else "accuracy"
            state.finished = f"the validation {measure} did not improve in {self.stop_patience} epochs"
        elif self.patience and state.refine.reached(epoch.validation_score):
            self._refine(state, network.classes, progress)

    def _refine(self, state: TrainingState, classes: int, progress: Silent) -> None:
        limit = self.learner.largest_learning_rate_inv(classes)
        finer = min(state.learning_rate_inv * self.learner.refinement, limit)
        if finer > state.learning_rate_inv:
            state.learning_rate_inv = finer
            progress.note(f"plateau: learning_rate_inv is now {finer}")

    def _new_state(self, y_train: np.ndarray, y_validation: np.ndarray | None) -> TrainingState:
        samples = len(y_train)
        steps = -(-samples // self.batch_size)
        drawn = np.arange(samples) % len(np.unique(y_train)) if self.balance else y_train
        return TrainingState(
            rng=self.rng,
            planned=self.planned_epochs(samples),
            learning_rate_inv=self.learning_rate_inv,
            refine=Plateau(self.patience),
            stop=Plateau(self.stop_patience),
            watch=DivergenceWatch(chance_threshold(drawn), chance_threshold(y_validation), steps),
            unbalanced=is_unbalanced(y_train),
        )

    def _identity(self, network: Network, arrays: list[np.ndarray]) -> dict:
        """What defines the run. Only a checkpoint of the same run can be resumed; the number of epochs may
        differ unless the learning rate of every epoch, how its samples are drawn, or which weights are
        averaged depends on it."""
        crc = 0
        for array in arrays:
            crc = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc)
        # The schedule is compared first: other settings follow from it.
        own = {"schedule": self.schedule, "seed": self.seed, "learn": self.learn}
        settings = own | self.hyper_parameters
        if self.schedule != ANNEALED and self.balance != FIRST_HALF and self.keep != AVERAGE:
            del settings["epochs"]
        origin = {"network": network.describe(), "data": f"{crc:08x}"}
        return {"tool_version": __version__} | settings | origin


def check_samples(network: Network, x: np.ndarray, y: np.ndarray) -> None:
    """Raise IntegradError unless x is int8 (N, *input_shape) in [-127, 127] and y holds N labels."""
    if x.dtype != np.int8 or x.shape[1:] != network.input_shape:
        wanted = f"int8 (N, {', '.join(map(str, network.input_shape))})"
        raise IntegradError(f"samples are {x.dtype} {x.shape}, but the network expects {wanted}")
    if len(x) == 0:
        raise IntegradError("there are no samples")
    if x.min() < -INT8_LIMIT:
        raise IntegradError(f"a sample contains {x.min()}, but the smallest allowed value is {-INT8_LIMIT}")
    if y is None or np.shape(y) != (len(x),) or not np.issubdtype(y.dtype, np.integer):
        raise IntegradError(f"expected one integer label for each of the {len(x)} samples")
    if y.min() < 0 or y.max() >= network.classes:
        raise IntegradError(
            f"labels range from {y.min()} to {y.max()}, but the network has {network.classes} classes"
        )


def halved(learning_rate_inv: int, times: int, epoch: int, epochs: int) -> int:
    """The value in an epoch, from 1, that is doubled `times` times from the first to the last one.

    It grows linearly between two powers of two, which integers can compute.
    """
    intervals = max(1, epochs - 1)
    octaves, part = divmod(times * (epoch - 1), intervals)
    return (learning_rate_inv * (intervals + part) << octaves) // intervals


def _summarise(state: TrainingState) -> History:
    samples = sum(epoch.samples for epoch in state.epochs)
    return History(
        epochs=state.epochs,
        best_epoch=state.best_epoch,
        stopped=state.finished or f"all {state.planned} epochs completed",
        seconds=state.seconds,
        samples_per_second=samples / max(1e-9, state.step_seconds),
        warnings=state.warnings,
    )
