"""A model as a program for this computer, which performs sessions for as long as somebody holds it."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action
from integrad.model_file import Model

OPTIMISATION = "-O1"
"""Compiling all kernels takes less than half as long as with -O2."""


class HostProgram:
    """The generated C of a model, built without sanitizers. Its files are removed together with the object.

    learn, batch_size: layers that learn, and samples of a training step at most. compiler: gcc or clang.
    Raises IntegradError if it is not installed or cannot build the program.
    """

    def __init__(self, model: Model, learn: str = "none", batch_size: int = 1, compiler: str = "gcc"):
        folder = tempfile.mkdtemp(prefix="integrad-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.device = DeviceModel.generate(model, Path(folder), learn, batch_size)
        self._program = self.device.build_host(compiler, sanitize=False, optimisation=OPTIMISATION)

    def perform(self, actions: list[Action]) -> list:
        """One result per action, as Executor.perform."""
        return self.device.run_program(self._program, actions)
