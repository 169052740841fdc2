"""Run firmware: choose an emulator, explain failures, count instructions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from integrad.build.firmware import Firmware
from integrad.build.toolchain import find_toolchain
from integrad.emulate.counting import CallSite, CountingMap, make_counting_map
from integrad.emulate.counts import Counts, sum_functions
from integrad.emulate.faults import EXIT_FAULT, FirmwareError, explain_console
from integrad.emulate.qemu import find_host_compiler, find_qemu, run_qemu
from integrad.emulate.simavr import NO_COUNTS, SIMAVR, find_simavr, run_simavr
from integrad.emulate.unicorn import run_unicorn
from integrad.emulate.unicorn_core import BRINGS_UNICORN, has_unicorn
from integrad.errors import IntegradError, UsageError
from integrad.targets.cores import Core


@dataclass(frozen=True)
class RunResult:
    """The result of running a firmware.

    output: the bytes that it wrote. regions[i]: counts of the i-th counted region, without its markers; QEMU
    counts all regions, Unicorn the first `counted_regions`. functions: counts by function, summed over these
    regions. calls: the same of what was executed during each call, in the order of their first execution.
    total: counts of the whole run from reset to exit; None with Unicorn or without counting. engine: the name
    of the emulator.
    """

    output: bytes
    regions: list[Counts]
    functions: dict[str, Counts]
    total: Counts | None
    exit_code: int
    console: str
    engine: str
    calls: dict[CallSite, dict[str, Counts]] = field(default_factory=dict)


def missing_tool(core: Core) -> str:
    """The first tool for building and running firmware of a core that is not installed, and how to install
    it; "" if there is none."""
    try:
        find_toolchain(family=core.family)
        choose_engine(core, count=False)
    except IntegradError as error:
        return str(error)
    return ""


def require_counts(core: Core) -> None:
    """Raise UsageError if no emulator counts the instructions of a core."""
    if core.family.engine == SIMAVR:
        raise UsageError(f"--core {core.name}: {NO_COUNTS}")


def choose_engine(core: Core, count: bool = True) -> str:
    """`qemu` if it is installed (and a host compiler, to count with it), else `unicorn`; `simavr` for an AVR.

    Raises IntegradError with installation commands if there is none, or if it cannot count.
    """
    if core.family.engine == SIMAVR:
        if count:
            raise IntegradError(NO_COUNTS)
        if find_simavr(core.family):
            return SIMAVR
        raise IntegradError(f"no emulator for {core.product} is installed; {core.family.brings_emulator}")
    qemu = find_qemu(core.family)
    if qemu and (find_host_compiler() or not count):
        return "qemu"
    if core.unicorn_model is not None and has_unicorn():
        return "unicorn"
    if qemu:
        return "qemu"  # its error message names the missing compiler
    ways = core.family.brings_emulator
    if core.unicorn_model is not None:
        ways += f", or {BRINGS_UNICORN}"
    raise IntegradError(f"no emulator for {core.product} is installed; {ways}")


def run(
    firmware: Firmware,
    session: bytes,
    *,
    time_limit: float = 120,
    engine: str | None = None,
    count: bool = True,
    counted_regions: int | None = 8,
    callers: Collection[str] = (),
) -> RunResult:
    """Run a firmware, which reads `session` through its transport, until it exits.

    engine: "qemu", "unicorn", "simavr" or None for an installed one. count: whether to count instructions.
    counted_regions: number of regions that Unicorn counts, which is slow there; None counts all. callers:
    names of functions whose calls are told apart. time_limit:
    in seconds. Raises FirmwareError (fault, exit status other than 0, time limit) and IntegradError if an
    emulator, or a tool for counting, is missing.
    """
    engine = engine or choose_engine(firmware.core, count)
    counting = make_counting_map(firmware.program, callers, branches=True) if count else None
    if engine == "qemu":
        data = counting.to_bytes() if counting else None
        raw = run_qemu(firmware.elf, firmware.core, firmware.whole_machine, session, data, time_limit)
    elif engine == "unicorn":
        raw = run_unicorn(
            firmware.program,
            firmware.core,
            firmware.whole_machine,
            session,
            counting,
            counted_regions,
            time_limit,
        )
    elif engine == SIMAVR:
        raw = run_simavr(firmware.program, firmware.core, session, time_limit)
    else:
        raise UsageError(f"unknown emulator {engine!r}; expected qemu, unicorn or {SIMAVR}")
    _require_success(firmware, raw.exit_code, raw.console)
    regions = [counting.counts(executed) for executed in raw.regions] if counting else []
    total = counting.counts(raw.total) if counting and raw.total is not None else None
    functions = sum_functions(regions)
    calls = _calls(counting, raw.calls) if counting else {}
    return RunResult(raw.output, regions, functions, total, raw.exit_code, raw.console, engine, calls)


def _calls(
    counting: CountingMap, regions: list[dict[int, dict[int, int]]]
) -> dict[CallSite, dict[str, Counts]]:
    """Call site → function → counts, summed over regions."""
    found: dict[CallSite, list[Counts]] = {}
    for region in regions:
        for call, executed in region.items():
            found.setdefault(counting.sites[call - 1], []).append(counting.counts(executed))
    return {site: sum_functions(counts) for site, counts in found.items()}


def _require_success(firmware: Firmware, exit_code: int, console: str) -> None:
    if exit_code == 0:
        return
    fault = explain_console(console, firmware.program) if exit_code == EXIT_FAULT else None
    if fault is not None:
        raise FirmwareError("fault", f"the firmware faulted: {fault}", exit_code, console)
    message = f"the firmware exited with status {exit_code}"
    lines = console.strip().splitlines()
    raise FirmwareError("exit status", f"{message}: {lines[-1]}" if lines else message, exit_code, console)
