"""All pairs of power cuts on the files that MicroPython saves: a line of Markdown for docs/results/.

python tests/micropython/soak_saves.py
"""

import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / name) for name in ("data", "parity")]

import exports  # noqa: E402
from file_power_cuts import Saves, try_all  # noqa: E402

from integrad_codegen.weights_file import weights_file  # noqa: E402


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        exports.export(Path(folder))
        sys.path.insert(0, folder)
        import toy

        contents = [(Path(folder) / "toy.weights").read_bytes(), weights_file(*exports.other_model())]
        single, pairs = try_all(toy, *contents), try_all(toy, *contents, depth=2)
        flips = Saves(toy, *contents).flip_bits()
    print(f"Files of MicroPython: {single[0]:,} single cuts, {pairs[0] - single[0]:,} pairs of cuts,")
    print(f"{flips:,} flipped bits. Nothing was lost, in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
