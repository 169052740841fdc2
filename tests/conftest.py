"""Property-based tests use the same examples in every run; `--hypothesis-profile=wide` generates new and more
examples."""

import os

from hypothesis import HealthCheck, Phase, settings

# Threads that wait for each other sleep at once, since tests keep all cores busy. Read when OpenMP is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# Compiling takes longer than Hypothesis expects; explaining a failure would compile hundreds of times.
COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
}
settings.register_profile("ci", derandomize=True, database=None, **COMMON)
settings.register_profile("wide", max_examples=1000, **COMMON)
settings.load_profile("ci")

FIRST = (
    "test_recorded_bits.py",
    "test_readme.py",
    "test_native_builds.py",
    "test_native_module.py",
    "test_workers.py",
    "test_torch_parity.py",
    "test_pure_backends.py",
    "test_project.py",
    "test_demo.py",
    "test_worked_examples.py",
    "test_sample_repository.py",
    "test_emulate.py",
    "test_sabotage.py",
)
"""Files that take longest. Each is run by a single worker; the last file should be short, because the other
workers wait for it."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))
