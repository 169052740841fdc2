"""One case of benchmarks/adaptation.py on every executor: the final weights must have the same CRC."""

from __future__ import annotations

import tempfile
from pathlib import Path

from adaptation_runs import Method, measure, speaker_model, speaker_parts

from integrad.datasets.dataset import Dataset
from integrad.execute.adaptation import TUNING_EPOCHS, Tuning, adapt, tuning_steps
from integrad.execute.demonstration import TUNING_CLIPS, Setup
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Weights
from integrad.learners.table import learner_of
from integrad.targets.cores import get_core


def compare_executors(dataset: Dataset, setup: Setup, speaker: str, seed: int, models: Path) -> None:
    """All layers learn: on an emulated Cortex-M3, in the generated C, with NumPy, with the native engine."""
    batch = setup.batch_size
    model = speaker_model(dataset, speaker, setup, seed, models)
    parts = speaker_parts(model, dataset, setup, speaker, TUNING_CLIPS, seed, Method.stored)
    schedule = learner_of(model.network).tuning_schedule(model.training, batch)
    tuning = Tuning(TUNING_EPOCHS, batch, schedule, seed)
    with tempfile.TemporaryDirectory() as folder:
        generated = DeviceModel.generate(model, Path(folder), "all", batch, "digits")
        core = get_core("m3")
        outcome = adapt(
            generated,
            generated.build(core),
            parts.test,
            parts.tune,
            tuning,
            stored=parts.stored,
            known=parts.known,
        )
        actions = [*tuning_steps(parts.tune, tuning, parts.stored), Weights()]
        compiled = generated.network_with(generated.run_host(actions, sanitize=False)[-1])
    native = measure(model, parts, Method(), batch, seed)
    print(f"{core.product} ({core.part.name}), emulated  {outcome.crc_device:08x}")
    print(f"generated C on the host            {compiled.weights_crc():08x}")
    print(f"NumPy                              {outcome.crc_host:08x}")
    print(f"native engine                      {native.weights_crc:08x}")
    print(f"new {outcome.before:.2%} -> {outcome.after:.2%} on the core, {native.new_after:.2%} natively")
    print(f"known {outcome.known_before:.2%} -> {outcome.known_after:.2%}, {native.known_after:.2%} natively")
