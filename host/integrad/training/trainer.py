"""The training loop: epochs, batches, validation, schedule, early stop, checkpoints.

Integers alone decide: results are compared as counts of samples, losses as exact sums. A run is
defined by its data, seed and hyper-parameters, and ends with the same weights on every machine.
"""

from __future__ import annotations

import os
import time
import zlib

import numpy as np

from integrad import __version__
from integrad.arithmetic import INT8_LIMIT
from integrad.engines.choice import make_engine
from integrad.engines.engine import Engine
from integrad.errors import IntegradError
from integrad.learners.table import USUAL, find_learner
from integrad.network.network import Network
from integrad.training.augmentation import Augmentation
from integrad.training.checkpoint import load_checkpoint
from integrad.training.checkpoint_writer import CheckpointWriter
from integrad.training.divergence import DivergenceWatch
from integrad.training.history import History
from integrad.training.metrics import count_correct
from integrad.training.plateau import Plateau
from integrad.training.progress import Silent
from integrad.training.stepper import Stepper
from integrad.training.training_state import TrainingState
from integrad.training.workers import Alone, WorkerLost


class TrainingInterrupted(Exception):
    """interrupt() stopped training after a batch; a checkpoint holds it, if one was named."""


class Trainer:
    """How a network is trained: integers in the ranges that hyper_parameters declares, each an attribute.

    learner: id of the network's. hyper_parameters: the learner's own, and those below. batch_size: the last,
    smaller batch is trained on too. epochs: at most. learning_rate_inv: what suits the batch by default.
    patience: epochs without a better validation result before learning_rate_inv grows; stop_patience: before
    training ends; 0 is never. augment_crop, augment_flip, augment_by: see Augmentation; they change what is
    trained on, nothing else. seed: of the one generator `rng`, from which everything random is drawn.
    learn: see LearnSet. engine: what computes, threads: of the native and the Torch engine, see
    make_engine; they change the speed and nothing else.
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
                raise IntegradError(f"{name}: the learner {learner} takes {', '.join(declared)} only")
        for name, parameter in declared.items():
            value = hyper_parameters.get(name)
            if value is None:
                value = parameter.default
            if name == "learning_rate_inv" and value is None:  # batch_size comes before it
                value = self.learner.usual_learning_rate_inv(self.batch_size)
            setattr(self, name, parameter.check(name, value))
        if type(seed) is not int or seed < 0:
            raise IntegradError(f"seed must be an integer of at least 0, not {seed!r:.50}")
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self._interrupted = False

    @property
    def hyper_parameters(self) -> dict[str, int | str]:
        """Those of the learner and of the trainer by name, in the order of a training record."""
        return {name: getattr(self, name) for name in self.learner.all_hyper_parameters()}

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
        """Train the network in place, from the weights it has, and leave it with the best ones.

        x: int8 (N, *input_shape) in [-127, 127], y: integers (N,) in 0…classes-1. Best is the epoch
        with the most validation samples right (then the smallest validation loss); without
        validation samples there is no schedule and the last epoch's weights stay. checkpoint: a
        file written after every epoch and every minute; resume: go on from it. workers: who else calls
        this with the same data; the first of them alone writes and reports. Raises IntegradError for
        unfit data, TrainingInterrupted after interrupt(), and WorkerLost; these two are in the checkpoint.
        """
        self.check_network(network)
        self.augmentation.check(network.input_shape)
        check_samples(network, x_train, y_train)
        validation = None
        if x_validation is not None and len(x_validation):
            check_samples(network, x_validation, y_validation)
            validation = (x_validation, y_validation)
        state = self._new_state(None if validation is None else y_validation)
        identity = self._identity(network, [x_train, y_train, *(validation or ())])
        if resume:
            load_checkpoint(checkpoint, identity, network, state, len(x_train))
            self.rng = state.rng
        workers = workers or Alone()
        engine = self.make_engine(network, workers)
        progress = (progress if workers.rank == 0 else None) or Silent()
        writer = CheckpointWriter(checkpoint if workers.rank == 0 else None, identity, engine, state)
        progress.begin(self.epochs, len(x_train), len(state.epochs))
        try:
            workers.agree(f"{identity} {network.weights_crc()}", "data, options, version or checkpoint")
            while len(state.epochs) < self.epochs and not state.finished:
                self._train_epoch(engine, state, x_train, y_train, progress, writer)
                self._judge_epoch(engine, state, validation, progress)
                workers.agree(str(network.weights_crc()), "the weights: one of them miscalculates")
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
        return _summarise(state, self.epochs)

    @property
    def augmentation(self) -> Augmentation:
        """How training samples are changed."""
        return Augmentation(self.augment_crop, self.augment_flip, self.augment_by)

    def make_engine(self, network: Network, workers: Alone) -> Engine:
        """What computes with this network, together with the other workers."""
        threads = self.threads or workers.threads
        # Which worker takes which GPU is settled only where somebody asked for Torch.
        return workers.share(make_engine(self.engine, network, threads, gpu=workers.count == 1))

    def check_network(self, network: Network) -> None:
        """Raise IntegradError for a network of another learner, or one that these settings do not suit."""
        if network.learner != self.learner.id:
            raise IntegradError(f"the network's learner is {network.learner}, not {self.learner.id}")
        self.check_classes(network.classes)
        self.learner.check_batch(network, self.batch_size)

    def check_classes(self, classes: int) -> None:
        """Raise IntegradError if learning_rate_inv is too large for a network with so many classes."""
        rate = self.learner.hyper_parameters["learning_rate_inv"]
        rate.check("learning_rate_inv", self.learning_rate_inv, classes)

    def interrupt(self) -> None:
        """Ask a running fit() to stop after the batch at hand; safe in a signal handler or another thread."""
        self._interrupted = True

    def _train_epoch(
        self, engine: Engine, state: TrainingState, x, y, progress: Silent, writer: CheckpointWriter
    ) -> None:
        own = {name: getattr(self, name) for name in self.learner.hyper_parameters}
        settings = own | {"learning_rate_inv": state.learning_rate_inv}
        stepper = Stepper(engine.network, learn=self.learn, engine=engine, **settings)
        state.start_epoch(len(x))
        while state.position < len(x):
            batch = state.order[state.position : state.position + self.batch_size]
            started = time.perf_counter()
            before = state.rng.bit_generator.state
            try:
                samples = self.augmentation.apply(x[batch], state.rng)
                step = stepper.step(samples, y[batch], state.rng)
            except WorkerLost:
                # No weight has changed: undone is what was drawn for this step.
                state.rng.bit_generator.state = before
                raise
            state.count(len(batch), step)
            state.step_seconds += time.perf_counter() - started
            progress.batch(state.position)
            if self._interrupted:
                raise TrainingInterrupted
            writer.save_if_due()

    def _judge_epoch(self, engine: Engine, state: TrainingState, validation, progress: Silent) -> None:
        """Validate, keep the best weights, refine the learning rate, stop, warn."""
        network, result = engine.network, None
        if validation is not None:
            result = (len(validation[0]), *count_correct(engine, *validation))
        engine.fetch()
        epoch = state.end_epoch(result)
        state.keep_if_best(network, epoch)
        progress.epoch(epoch)
        usual = self.learner.usual_learning_rate_inv(self.batch_size)
        warning = state.watch.observe(network, epoch.validation_correct, state.learning_rate_inv, usual)
        if warning:
            state.warnings.append(warning)
            progress.note(f"warning: {warning}")
        if validation is None:
            return
        if state.watch.cold:
            # A cold start is no plateau; only when it never ends is it time to give up.
            if state.watch.hopeless:
                state.finished = f"validation stayed at chance for {state.watch.at_chance} epochs"
            return
        if self.stop_patience and state.stop.reached(epoch.validation_correct):
            state.finished = f"no better validation result in {self.stop_patience} epochs"
        elif self.patience and state.refine.reached(epoch.validation_correct):
            self._refine(state, network.classes, progress)

    def _refine(self, state: TrainingState, classes: int, progress: Silent) -> None:
        limit = self.learner.largest_learning_rate_inv(classes)
        finer = min(state.learning_rate_inv * self.learner.refinement, limit)
        if finer > state.learning_rate_inv:
            state.learning_rate_inv = finer
            progress.note(f"plateau: learning_rate_inv is {finer} from here on")

    def _new_state(self, y_validation: np.ndarray | None) -> TrainingState:
        counts = np.zeros(1, np.int64) if y_validation is None else np.bincount(y_validation)
        return TrainingState(
            rng=self.rng,
            learning_rate_inv=self.learning_rate_inv,
            refine=Plateau(self.patience),
            stop=Plateau(self.stop_patience),
            watch=DivergenceWatch(int(counts.max()), int(counts.sum())),
        )

    def _identity(self, network: Network, arrays: list[np.ndarray]) -> dict:
        """What defines the run: a checkpoint of another one must not be continued. More epochs may."""
        crc = 0
        for array in arrays:
            crc = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc)
        settings = {"seed": self.seed, "learn": self.learn} | self.hyper_parameters
        del settings["epochs"]
        origin = {"network": network.describe(), "data": f"{crc:08x}"}
        return {"tool_version": __version__} | settings | origin


def check_samples(network: Network, x: np.ndarray, y: np.ndarray) -> None:
    """Raise IntegradError unless x is int8 (N, *input_shape) in [-127, 127] and y holds N labels."""
    if x.dtype != np.int8 or x.shape[1:] != network.input_shape:
        wanted = f"int8 (N, {', '.join(map(str, network.input_shape))})"
        raise IntegradError(f"samples are {x.dtype} {x.shape}, the network takes {wanted}")
    if len(x) == 0:
        raise IntegradError("there are no samples")
    if x.min() < -INT8_LIMIT:
        raise IntegradError(f"a sample holds {x.min()}, the least is {-INT8_LIMIT}")
    if y is None or np.shape(y) != (len(x),) or not np.issubdtype(y.dtype, np.integer):
        raise IntegradError(f"there must be one integer label for each of the {len(x)} samples")
    if y.min() < 0 or y.max() >= network.classes:
        raise IntegradError(
            f"labels run from {y.min()} to {y.max()}, the network has {network.classes} classes"
        )


def _summarise(state: TrainingState, epochs: int) -> History:
    samples = sum(epoch.samples for epoch in state.epochs)
    return History(
        epochs=state.epochs,
        best_epoch=state.best_epoch,
        stopped=state.finished or f"all {epochs} epochs done",
        seconds=state.seconds,
        samples_per_second=samples / max(1e-9, state.step_seconds),
        warnings=state.warnings,
    )
