"""clang-tidy and cppcheck on the C that is exported: two models with everything that learns, the runtime, the
weight store, signed updates and the serial protocol. The exit status is 1 if there is a finding.

python tests/lint/check_c.py
options: --misra   only count what the misra addon of cppcheck finds, for docs/c-style.md

.clang-tidy lists the checks of clang-tidy; docs/c-style.md has the reasons for the exceptions of both.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.c.serial import emit_serial
from integrad_codegen.plan import make_plan

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (1, 12, 12)
NETWORKS = {"nitro-d": "cnn:c8,p2,dwk3,c6s2,a2,d12", "backprop": "cnn:c8,p2,dwk3,c6,p2,d12"}
TARGETS = {
    "host": (),
    "m4": ("--target=thumbv7em-none-eabi", "-mcpu=cortex-m4", "-ffreestanding"),
    "m55": ("--target=thumbv8.1m.main-none-eabi", "-mcpu=cortex-m55", "-mfloat-abi=hard", "-ffreestanding"),
}
"""Kernels differ between these. cppcheck does not understand assembler and sees the portable ones."""

CPPCHECK = ("--enable=warning,style,performance,portability", "--error-exitcode=1", "-q", "--std=c99")
SUPPRESSED = ("missingIncludeSystem", "constParameterCallback")


def export(folder, learner):
    """Files to check of a model that learns with this learner, which is exported to the folder."""
    network = Network(SHAPE, 3, parse_notation(NETWORKS[learner], SHAPE, learner), learner=learner)
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    preprocessing = Preprocessing("HW", "uint8", SHAPE[1:], 128, (0,), (20,))
    model = Model(network, preprocessing, ["a", "b", "c"])
    plan = make_plan(network, "model", "all", 4, model.constants)
    write_files(emit_c(model, plan) | emit_serial(model, plan), folder)
    (folder / "runtime.c").write_text('#include "integrad/all_kernels.h"\n')
    (folder / "learns.c").write_text('#include "model_store.h"\n')
    own = [folder / name for name in ("model.c", "model_weights.c", "learns.c", "model_serial.c")]
    return own, [
        folder / "runtime.c",
        *(folder / f"integrad/{name}.c" for name in ("store", "update", "checksum", "serial", "frame")),
    ]


def find(tool):
    """The pinned version, in the virtual environment."""
    path = Path(sys.executable).parent / tool
    if not path.exists():
        sys.exit(f"{tool} is missing: make .venv/.test installs it")
    return path


def clang_tidy(folder, files, target=()):
    config = f"--config-file={ROOT / '.clang-tidy'}"
    return [find("clang-tidy"), "--quiet", config, *files, "--", "-std=c99", *target, f"-I{folder}"]


def preprocessed(folder, file, target):
    command = ["clang", "-E", "-P", "-std=c99", *target, f"-I{folder}", file]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def cppcheck(files):
    """Defining any macro makes it look at one configuration only, here that of a host."""
    suppressed = [f"--suppress={name}" for name in SUPPRESSED]
    return [find("cppcheck"), *CPPCHECK, "-D__x86_64__=1", *suppressed, f"-I{files[0].parent}", *files]


def on_targets(folder, files):
    """Commands for files on each target, a file per command, those that take longest first.

    The types of the Arm targets have the same sizes, so a file is checked for the second one only if it is
    another text there, as the runtime is, whose kernels differ.
    """
    for file in sorted(files, key=lambda file: -file.stat().st_size):
        texts = [preprocessed(folder, file, target) for target in TARGETS.values()]
        for number, target in enumerate(TARGETS.values()):
            if number < 2 or texts[number] != texts[1]:
                yield clang_tidy(folder, [file], target)


def commands(folder):
    found = []
    for learner in NETWORKS:
        place = folder / learner
        own, shared = export(place, learner)
        if not found:
            found += on_targets(place, shared)
            assert len([words for words in found if shared[0] in words]) == len(TARGETS)
            own = [*own, *shared]
        found += [clang_tidy(place, own[:4]), cppcheck(own)]
    return found


def findings(command):
    """What a tool reports, or "". Counts of warnings that it suppressed are not among it."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    return f"{done.stdout}{done.stderr}" or f"{command[0].name} ended with {done.returncode}"


def count_misra():
    """Print how often each rule is broken in the store with updates, in the serial protocol, in both models,
    and in the runtime."""
    with tempfile.TemporaryDirectory() as folder:
        models, own, shared = [], [], []
        for learner in NETWORKS:
            own, shared = export(Path(folder) / learner, learner)
            models.append(own[:1])
        serial = [own[3], *shared[4:]]
        parts = {"store": [shared[1:4]], "serial": [serial], "models": models, "runtime": [shared[:1]]}
        for name, groups in parts.items():
            words = [[*cppcheck(files), "--addon=misra"] for files in groups]
            found = {line for command in words for line in findings(command).splitlines()}
            rules = Counter(re.findall(r"\[misra-c2012-([\d.]+)\]$", "\n".join(found), re.M))
            print(name, sum(rules.values()), dict(rules.most_common()))


def main():
    if sys.argv[1:] == ["--misra"]:
        return count_misra()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        found = [text for text in pool.map(findings, commands(Path(folder))) if text]
    print("\n".join(found) or "clang-tidy and cppcheck find nothing")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
