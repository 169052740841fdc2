"""Fuzz one format with atheris, guided by the branches of integrad that an input takes.

python tests/fuzz/fuzz_one.py FORMAT [options of libFuzzer] [CORPUS …]

An input that ends in anything but an answer or one clear line, takes too long or allocates too much ends the
run and is written to a file (-artifact_prefix). `python tests/fuzz/fuzz.py` runs all formats.
"""

import random
import sys

import atheris

with atheris.instrument_imports(
    include=["integrad", "zipfile", "csv", "tomllib", "tomli", "json", "numpy.lib"]
):
    from fuzz_table import TARGETS

from fuzz_limits import run_measured

MEASURED = 16
"""Memory is measured for one input in so many, since that takes three times as long."""


def main() -> None:
    name = sys.argv.pop(1)
    target = TARGETS[name]
    sys.argv[0] = f"{sys.executable} {sys.argv[0]} {name}"  # by which libFuzzer starts this again to merge
    for seed in target.seeds():
        target.run(seed)  # what is imported or cached by the first input counts for none

    executed = 0

    def test_one_input(data: bytes) -> None:
        nonlocal executed
        executed += 1
        if executed % MEASURED:
            target.run(data)
        else:
            run_measured(target, data)

    def custom_mutator(data: bytes, max_size: int, seed: int) -> bytes:
        def mutate_bytes(part: bytes) -> bytes:
            return atheris.Mutate(part, max(len(part), 16) + 64)

        return target.mutate(data, random.Random(seed), mutate_bytes)[:max_size]

    atheris.Setup(sys.argv, test_one_input, **({"custom_mutator": custom_mutator} if target.mutate else {}))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
