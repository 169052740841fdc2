"""Property-based tests use the same examples in every run; `--hypothesis-profile=wide` generates new and more
examples."""

from hypothesis import HealthCheck, Phase, settings

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
