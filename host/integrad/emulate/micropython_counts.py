"""Count the instructions that MicroPython executes on an emulated core between region.begin() and
region.end()."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from integrad.build.micropython_firmware import build_micropython
from integrad.build.program import read_program
from integrad.emulate.counting import make_counting_map
from integrad.emulate.faults import FirmwareError
from integrad.emulate.micropython_firmware import ENTER_RAW, RUN, load_files, machine_command
from integrad.emulate.qemu import build_plugin, find_qemu, plugin_argument, read_counts
from integrad.targets.cores import Core

FINISH = "\nimport machine\nmachine.reset()\n"
"""Ends QEMU regularly, so that it writes the counts."""

PRELUDE = """\
import region
def begin(): region.begin()
def end(): region.end()
"""


def count_regions(
    core: Core,
    script: str,
    files: Mapping[str, bytes],
    firmware: Path | None = None,
    time_limit: float = 600,
) -> tuple[str, list[int]]:
    """(output of the script, instructions of each region minus those of an empty region).

    The script calls begin() and end(). Raises FirmwareError if it fails.
    """
    firmware = firmware or build_micropython(core)
    with tempfile.TemporaryDirectory(prefix="integrad-") as name:
        folder = Path(name)
        options, mount = load_files(core, files, folder)
        (folder / "counting.map").write_bytes(make_counting_map(read_program(firmware)).to_bytes())
        plugin = plugin_argument(build_plugin(find_qemu(core.family)))
        command = [*machine_command(core, "stdio"), "-kernel", str(firmware), *options]
        command += ["-plugin", f"{plugin},map=counting.map,out=counts.txt"]
        empty = "begin()\nend()\n"
        text = ENTER_RAW + (mount + PRELUDE + empty + script + FINISH).encode() + RUN
        try:
            done = subprocess.run(command, cwd=folder, input=text, capture_output=True, timeout=time_limit)
        except subprocess.TimeoutExpired:
            raise FirmwareError("time limit", f"the script did not end within {time_limit:g} s") from None
        output = done.stdout.decode(errors="replace").replace("\r\n", "\n")
        _, accepted, printed = output.partition("OK")
        if not accepted or "Traceback" in printed:
            raise FirmwareError("exception", printed or output)
        regions, _ = read_counts(folder / "counts.txt")
        counts = [sum(region.values()) for region in regions]
        return printed, [count - counts[0] for count in counts[1:]]
