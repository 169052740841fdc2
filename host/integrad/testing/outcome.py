"""What was measured on all cores, and the report about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrad.errors import IntegradError, UsageError
from integrad.testing.baseline import Baseline, differences
from integrad.testing.budgets import CoreReport, Report, compare
from integrad.testing.figures import Measurement
from integrad.testing.measure import Task
from integrad.testing.tolerance import Tolerance


@dataclass
class Outcome:
    """measured: core → what was measured. errors: core → why it could not be."""

    task: Task
    measured: dict[str, Measurement] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def measure(self, core: str, folder: Path) -> None:
        """Measure a core in a new folder. Other cores are measured even if it fails."""
        folder.mkdir()
        try:
            self.measured[core] = self.task.measure(core, folder)
        except UsageError:
            raise
        except IntegradError as error:
            self.errors[core] = str(error)

    @property
    def now(self) -> Baseline:
        """The figures as a baseline."""
        settings, model = self.task.settings, self.task.model
        crc = f"{model.network.weights_crc():08x}" if model else ""
        return Baseline(crc, {"learn": settings.learn, "batch-size": settings.batch_size}, self.measured)

    def report(
        self,
        path: str | None,
        earlier: Baseline | None,
        tolerances: Mapping[str, Tolerance],
        accepted: bool = False,
    ) -> Report:
        """Compare with the budgets of the settings and with an earlier baseline, read from `path`.

        accepted: whether differences to it are meant.
        """
        settings, reasons, notes = self.task.settings, [], []
        if earlier and path:
            reasons, notes = differences(path, earlier, self.now, settings.model)
        before = earlier.cores if earlier else {}
        cores = []
        for core in settings.cores:
            if core in self.errors:
                cores.append(CoreReport(core, error=self.errors[core]))
                continue
            rows = compare(self.measured[core], settings.budgets[core], before.get(core), tolerances)
            cores.append(CoreReport(core, rows))
        compared = earlier is not None
        return Report(tuple(cores), tuple(reasons), tuple(notes), compared, accepted)
