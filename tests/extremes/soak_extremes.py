"""Every accumulator at its proved bound, on the host and on all emulated cores: Markdown for docs/results/.

python tests/extremes/soak_extremes.py
options: --cores m0,m4   (all)
"""

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "parity")]

import executors  # noqa: E402
from attained import reached  # noqa: E402
from extreme_cases import CASES  # noqa: E402

from integrad.engines.choice import UnsupportedError, make_engine  # noqa: E402
from integrad.execute.session import Train, Weights  # noqa: E402
from integrad.targets.cores import CORES, get_core  # noqa: E402
from integrad.training.stepper import Stepper  # noqa: E402


def run_native(device, actions):
    """The weights after each training step, computed by the native engine; none if it has not the learner."""
    preprocessing, found = device.model.preprocessing.of_raw_samples(), []
    for action in actions:
        if isinstance(action, Train):
            twin = device.model.network.copy()
            learn, constants = device.plan.learn.name, device.plan.constants
            try:
                engine = make_engine("native", twin, 1)
            except UnsupportedError:
                return []
            stepper = Stepper.on_device(twin, action.schedule, learn, engine, constants)
            stepper.step(preprocessing.apply(action.samples), action.labels)
            engine.fetch()
            found.append(device.struct_of(twin))
    return found


def compare(case, cores):
    """Number of executors that compute the bits of NumPy. Ends the program if one does not."""
    with tempfile.TemporaryDirectory() as folder:
        device, actions = case.generate(Path(folder)), case.actions()
        expected = device.run_numpy(actions)
        executors.require_equal(case, device, expected, executors.run_gcc(device, actions), "gcc")
        executors.require_equal(case, device, expected, executors.run_clang(device, actions), "clang")
        for core in cores:
            found = executors.run_emulated(device, core, actions)
            executors.require_equal(case, device, expected, found, core.product)
        trained = [b for a, b in zip(actions, expected, strict=True) if isinstance(a, Weights)]
        native = run_native(device, actions)
        assert native == trained[: len(native)], "native engine"
    return 2 + len(cores) + bool(native)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--cores", default=",".join(name for name in CORES if CORES[name].family.engine == "qemu")
    )
    cores = [get_core(name) for name in parser.parse_args().cores.split(",")]
    print("| case | accumulator | reached | proved | share | bits |\n|---|---|---:|---:|---:|---:|")
    total = 0
    for name, case in CASES.items():
        total += compare(case, cores)
        rows = [row for row in reached(case) if row.what in case.least] if case.least else []
        for what, value, bound, bits in rows:
            print(f"| {name} | {what} | {value:,} | {bound:,} | {100 * value / bound:.3f} % | {bits} |")
        if not rows:
            print(f"| {name} | | | | | |")
        sys.stdout.flush()
    print(f"\n{len(CASES)} networks, {total} comparisons with NumPy: all bits equal.")


if __name__ == "__main__":
    main()
