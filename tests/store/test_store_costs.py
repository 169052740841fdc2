"""What `export` and `info` state about the weight store: the same as is counted on an emulated memory."""

import subprocess

import pytest
from test_store import HERE, KINDS, LARGE, STORE

from integrad.build.firmware import FREESTANDING, find_toolchain
from integrad.build.toolchain import DEVICE, WARNINGS
from integrad.errors import UsageError
from integrad.estimate.store_costs import CODE_BYTES, StoreCosts, StoreMemory, store_memory
from integrad.network.network import Network
from integrad.targets.cores import CORES, get_core
from integrad.targets.parts import all_parts, find_part
from integrad_codegen.plan import make_plan
from integrad_codegen.store_format import rounded, slot_bytes

ERASABLE = [name for name in KINDS if KINDS[name][5] and name not in LARGE]


@pytest.fixture(scope="module")
def wear(tmp_path_factory):
    program = tmp_path_factory.mktemp("wear") / "wear"
    sources = [HERE / "wear.c", HERE / "flash.c", STORE, DEVICE / "checksum.c"]
    words = ["gcc", "-std=c99", "-O1", *WARNINGS, f"-I{HERE}", f"-I{STORE.parent}", f"-I{DEVICE}"]
    done = subprocess.run([*words, *sources, "-o", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="module")
def plan():
    network = Network((6,), 3, [{"type": "dense", "units": 8, "alpha_inv": 4}])
    return make_plan(network, "model", "all", 4, {})


def test_erases_and_life_are_what_an_emulated_memory_counts(wear, plan):
    for name in ERASABLE:
        slots, _, erase, unit, value, _ = KINDS[name]
        cycles = 6
        costs = StoreCosts.of(plan, StoreMemory(slots, erase, unit, cycles), None)
        blocks = costs.slot_bytes // erase
        geometry = f"{slots},{blocks},{erase},{unit},{value},1,0,{plan.weights_bytes}"
        done = subprocess.run([wear, geometry, str(costs.saves)], capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stderr)
        bare, erases, most = map(int, done.stdout.split())
        assert bare == slot_bytes(plan.weights_bytes, unit) and rounded(bare, erase) == costs.slot_bytes
        assert erases == costs.saves * costs.erases_per_save and most == cycles, name


def test_code_bytes_are_those_of_the_compiler(tmp_path):
    assert set(CODE_BYTES) == set(CORES)
    for name in ("m0", "rv32", "avr"):
        core, total = get_core(name), 0
        tools = find_toolchain("gcc", family=core.family)
        for source in (STORE, DEVICE / "checksum.c"):
            words = [*tools.compile, *tools.core_flags(core), "-O2", *FREESTANDING, f"-I{DEVICE}"]
            subprocess.run([*words, "-c", source, "-o", tmp_path / "x.o"], check=True)
            tool = core.family.gcc.removesuffix("gcc") + "size"
            size = subprocess.run([tool, tmp_path / "x.o"], capture_output=True, text=True, check=True)
            total += int(size.stdout.split()[6])
        assert abs(CODE_BYTES[name] - total) <= total // 20, (name, total)


def test_parts_whose_flash_is_known_have_room_for_two_slots():
    known = [part for part in all_parts() if part.erase_bytes]
    assert len(known) > 10
    for part in known:
        memory = store_memory(None, part)
        assert memory.slots == 2 and memory.erase_bytes % memory.program_bytes == 0
        assert part.flash_bytes % memory.erase_bytes == 0
        assert part.erase_cycles is None or part.erase_cycles >= 10_000


def test_the_option():
    nrf, f4 = find_part("nRF52840"), find_part("STM32F401CC")
    assert store_memory(None, None) is None and store_memory(None, f4) is None
    assert store_memory("4", nrf) == StoreMemory(4, 4096, 4, 10_000)
    assert store_memory("3,16384,8", f4) == StoreMemory(3, 16384, 8)
    assert store_memory("2,256,32,5", nrf) == StoreMemory(2, 256, 32, 5)
    for text, part in (("1", nrf), ("4", f4), ("4", None), ("2,4096", nrf), ("2,4096,512", nrf)):
        with pytest.raises(UsageError, match=f"--store {text}: "):
            store_memory(text, part)
    for text in ("2,100,8", "x", "", "2,0,1", "2,4096,4,-1", "2,4096,99999999999"):
        with pytest.raises(UsageError, match="--store"):
            store_memory(text, nrf)
