"""A test build of a model for a core: its sizes and, where an emulator is installed, its costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from integrad.build.sizes import Sizes
from integrad.emulate.faults import FirmwareError
from integrad.errors import IntegradError
from integrad.execute.costs import Costs, measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.execute.verification import SAMPLES, random_samples
from integrad.export.target import Files
from integrad.model_file import Model
from integrad.targets.cores import Core
from integrad_codegen.c.measurements import Measurements
from integrad_codegen.plan import Plan


@dataclass(frozen=True)
class Trial:
    """costs: None if no emulator could measure them; trouble: the reason. built: path → text of what was
    compiled; measurements: the part of the costs that a header states."""

    sizes: Sizes
    built: Mapping[str, str]
    costs: Costs | None
    measurements: Measurements | None = None
    trouble: str = ""

    def require_same(self, files: Files) -> None:
        """Of files to be written, those that were built have the same text, but for the measurements."""
        for name, text in files.items():
            if name in self.built and text != self.built[name]:
                plain = self.measurements.removed_from(text) if self.measurements else text
                if plain != self.built[name]:
                    raise RuntimeError(f"{name} is not the text that was measured")


def try_out(model: Model, plan: Plan, core: Core, command: str) -> Trial:
    """Build the exported files for the part of the core and run them on random samples.

    command: the command line that the header names. Raises DoesNotFitError, with suggestions, if
    the part is too small, and FirmwareError if the run fails.
    """
    with TemporaryDirectory(prefix="integrad-") as folder:
        device = DeviceModel.of(model, plan, Path(folder), command)
        firmware = device.build(core)
        rng = np.random.Generator(np.random.PCG64(0))
        built = {name: path.read_text("utf-8") for name, path in device.files().items()}
        samples, labels = random_samples(device, SAMPLES, rng), rng.integers(0, plan.classes, SAMPLES)
        try:
            costs = measure_costs(device, firmware, samples, labels, model.schedule(max(1, plan.batch)))
        except FirmwareError:
            raise
        except IntegradError as error:  # no emulator: sizes are known without it
            return Trial(firmware.sizes, built, None, trouble=str(error))
        return Trial(firmware.sizes, built, costs, _measurements(costs, core, firmware.toolchain))


def _measurements(costs: Costs, core: Core, compiler: str) -> Measurements:
    return Measurements(
        core.product,
        compiler,
        costs.batch_size,
        costs.instructions_per_inference,
        costs.inference_stack_bytes,
        costs.instructions_per_training_step,
        costs.training_stack_bytes,
    )
