"""Progress of training: a live bar on a terminal, lines of text elsewhere, nothing when used as a library."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from integrad.training.history import Epoch
from integrad.training.metrics import MILLION

SOON = 1.0
"""Seconds after which a rate can be told. The first epoch of small data sets takes milliseconds, less than
the checkpoint after it."""

MOST_LINES = 40
"""Budgets of steps take thousands of epochs of small data sets."""


class Silent:
    """The interface to which Trainer.fit reports. It shows nothing; subclasses can override its methods."""

    def begin(self, epochs: int, samples: int, done: int) -> None:
        """epochs: maximum number; samples: per epoch; done: epochs completed before the run was resumed."""

    def batch(self, position: int) -> None:
        """position: number of samples of this epoch processed so far."""

    def epoch(self, record: Epoch) -> None:
        """An epoch has ended."""

    def note(self, text: str) -> None:
        """A message, such as a reduced learning rate or a warning."""

    def end(self) -> None:
        """Training has ended, for whatever reason."""


class Lines(Silent):
    """One line per epoch, or for evenly spaced ones of more than MOST_LINES, for logs and pipes."""

    def __init__(self, console: Console):
        self.console = console

    def begin(self, epochs: int, samples: int, done: int) -> None:
        self.epochs, self.samples, self.first = epochs, samples, done
        self.started = time.perf_counter()
        self.every = -(-epochs // MOST_LINES)

    def epoch(self, record: Epoch) -> None:
        if record.number % self.every and record.number != self.epochs:
            return
        elapsed = max(1e-9, time.perf_counter() - self.started)
        done = record.number - self.first
        left = elapsed / done * (self.epochs - record.number)
        rate = f"  {done * self.samples / elapsed:,.0f} samples/s  at most {left:.0f} s remaining"
        known = done > 1 or elapsed >= SOON
        self._print(f"epoch {record.number:>3}/{self.epochs}  {describe(record)}{rate if known else ''}")

    def note(self, text: str) -> None:
        self._print(text)

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


class Bar(Lines):
    """A live bar over all epochs, with the figures of the latest one."""

    def begin(self, epochs: int, samples: int, done: int) -> None:
        super().begin(epochs, samples, done)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=self.console,
        )
        self.finished, self.result, self.new = done * samples, "", 0
        self.task = self.bar.add_task(
            self._title(done + 1), total=epochs * samples, completed=done * samples, figures=""
        )
        self.bar.start()

    def batch(self, position: int) -> None:
        rate = (self.new + position) / max(1e-9, time.perf_counter() - self.started)
        self.bar.update(
            self.task,
            completed=self.finished + position,
            figures=f"{self.result}{rate:,.0f} samples/s",
        )

    def epoch(self, record: Epoch) -> None:
        self.finished += self.samples
        self.new += self.samples
        self.result = f"{describe(record, digits=1)}  ".replace("  ", " ")
        self.bar.update(self.task, description=self._title(min(record.number + 1, self.epochs)))

    def end(self) -> None:
        self.bar.stop()

    def _title(self, number: int) -> str:
        return f"epoch {number}/{self.epochs}"


def describe(record: Epoch, digits: int = 2) -> str:
    """The figures of an epoch in one line; digits: decimal places of the percentages."""
    text = f"loss {record.mean_loss:.1f}  train {record.train_accuracy:.{digits}%}"
    if record.validation_accuracy is not None:
        text += f"  validation {record.validation_accuracy:.{digits}%}"
    if record.validation_f1 is not None:
        text += f"  macro-F1 {record.validation_f1 / MILLION:.{digits}%}"
    return text


def progress_for(console: Console) -> Silent:
    """A live bar on a terminal, lines elsewhere."""
    return Bar(console) if console.is_terminal else Lines(console)


class QuietBar(Bar):
    """A bar without messages, for training that is only a part of a command."""

    def note(self, text: str) -> None:
        pass


def quiet_progress_for(console: Console) -> Silent:
    """A live bar on a terminal, nothing elsewhere."""
    return QuietBar(console) if console.is_terminal else Silent()
