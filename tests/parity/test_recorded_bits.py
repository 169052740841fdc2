"""All executors compared with recorded CRC-32s, so that changes of the arithmetic are detected.

The other tests of this folder compare executors with each other; a mistake that all of them share shows
here only. Nothing but a deliberate change of the arithmetic may move a recorded CRC: recorded.py says how
to make the recording again, and when.
"""

import re
import subprocess

import executors
import pytest
import recorded
from backprop_cases import BACKPROP
from executors import DifferenceError
from plain import run_plain
from pocket_cases import POCKET
from recorded import CASES, require_recorded

from integrad.arithmetic import SLOPES
from integrad.build.toolchain import DEVICE
from integrad.engines.native.table import NATIVE_ENGINES
from integrad.engines.numpy_engine import NumpyEngine
from integrad.engines.torch.engine import TORCH_ENGINES
from integrad.execute.micropython_executors import micropython_executors
from integrad.learners.backprop_loss import LOSSES
from integrad.learners.table import LEARNERS
from integrad.network.backprop_blocks import ENCODINGS, INT8, LEAKS
from integrad.network.layer_types.table import LAYER_TYPES
from integrad.network.layers.pocket_activation import ACTIVATIONS
from integrad.network.learner_table import LEARNER_LAYERS
from integrad.targets.cores import CORES, cores_of
from integrad.targets.families import ARM
from integrad_codegen.lowering import LOWERINGS

ENGINES = {
    "NumPy": NumpyEngine,
    "native": lambda network: NATIVE_ENGINES[network.learner](network, 2),
    "Torch": lambda network: TORCH_ENGINES[network.learner](network, "cpu"),
}

LEARNERS_OF = {
    "NumPy": NumpyEngine.learners,
    "native": tuple(NATIVE_ENGINES),
    "Torch": tuple(TORCH_ENGINES),
}
SUPPORTED = [
    (engine, name) for engine in ENGINES for name in CASES if CASES[name].learner in LEARNERS_OF[engine]
]

SOME = ("wide", "pocket", "backprop", "backprop pooled")
SMALL = ("wide", "pocket", "backprop maps", "backprop biased")
PORTABLE = [
    (core, name)
    for core in sorted(CORES.keys() - cores_of(ARM).keys())
    for name in (SMALL if CORES[core].machine.ram_bytes < 64 * 1024 else SOME)
]
"""Cases of each learner, for cores without kernels of their own."""

ALIKE = ("m7", "m33")
"""Cores that execute the same kernels as the m4, which has all cases."""

ON_ARM = [
    (core, name)
    for core in cores_of(ARM)
    for number, name in enumerate(CASES)
    if core not in ALIKE or name in SOME or ALIKE[number % 2] == core
]
"""Every case on every core that has kernels of its own, and on one of those that have not."""

every_case = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """name of a case → (device model, actions), generated once for all executors."""
    made = {}

    def generate(name):
        if name not in made:
            case = CASES[name]
            made[name] = case.generate(tmp_path_factory.mktemp("case")), case.actions()
        return made[name]

    return generate


@every_case
def test_what_is_drawn(name):
    """If this alone fails, NumPy draws other numbers than it did; the arithmetic did not change."""
    assert recorded.drawn(CASES[name], CASES[name].actions()) == recorded.load()[name]["drawn"]


@every_case
def test_numpy(name, generated):
    device, actions = generated(name)
    require_recorded(name, device, device.run_numpy(actions), "NumPy")


@pytest.mark.parametrize("engine, name", SUPPORTED)
def test_engine(engine, name, generated):
    device, actions = generated(name)
    require_recorded(name, device, recorded.run_engine(device, actions, ENGINES[engine]), engine)
    if recorded.has_dropouts(CASES[name]):
        with_dropouts = recorded.dropouts_crc(device, actions, ENGINES[engine])
        assert with_dropouts == recorded.load()[name]["dropouts"]


@pytest.mark.parametrize("name", POCKET | BACKPROP)
def test_plain_integers(name, generated):
    """An implementation of its own, from the formulas; test_reference.py has NITRO-D's."""
    device, actions = generated(name)
    require_recorded(name, device, run_plain(CASES[name], device, actions), "plain Python integers")


@every_case
def test_c_on_the_host(name, generated):
    device, actions = generated(name)
    require_recorded(name, device, executors.run_gcc(device, actions), "C, sanitized")


@pytest.mark.parametrize("core, name", ON_ARM)
@pytest.mark.emulator
def test_c_on_a_core(core, name, generated):
    device, actions = generated(name)
    require_recorded(name, device, executors.run_emulated(device, CORES[core], actions), core)


@pytest.mark.parametrize("core, name", PORTABLE)
@pytest.mark.emulator
def test_portable_c_on_a_core(core, name, generated):
    test_c_on_a_core(core, name, generated)


@every_case
@pytest.mark.parametrize("number, kind", list(enumerate(["native", "viper", "bytecode"])))
def test_micropython_on_the_host(number, kind, name, generated):
    device, actions = generated(name)
    executor = micropython_executors(device, [], 600)[number]
    assert executor.name == f"MicroPython, {kind}"
    require_recorded(name, device, executor.perform(actions), executor.name)


@pytest.mark.parametrize("key", ["outputs", "weights"])
def test_a_wrong_bit_is_noticed(key, generated, monkeypatch):
    """In the recording; and in what an executor answers, with the place where it first differs."""
    name = "single samples"
    device, actions = generated(name)
    results = device.run_numpy(actions)
    wrong = [*results]
    number = 2 if key == "outputs" else -1
    wrong[number] = bytes([results[number][0] ^ 1]) + results[number][1:]
    with pytest.raises(DifferenceError, match=r"block1\[0, 0\]: expected"):
        require_recorded(name, device, wrong, "sabotage")
    recording = recorded.load()
    recording[name][key] = f"{int(recording[name][key], 16) ^ 1:08x}"
    monkeypatch.setattr(recorded, "load", lambda: recording)
    with pytest.raises(DifferenceError, match="recorded is"):
        require_recorded(name, device, results, "NumPy")


@pytest.mark.parametrize("core", ALIKE)
def test_cores_that_are_alike_have_the_same_kernels(core, tmp_path):
    """What the compiler says of a core chooses the kernels."""
    chosen = [chosen_kernels(CORES[name], tmp_path) for name in ("m4", core)]
    assert chosen[0] == chosen[1] and any("/dsp/" in path for path in chosen[0])


def chosen_kernels(core, folder):
    """The files of the runtime that are compiled for a core."""
    (folder / "all.c").write_text('#include "all_kernels.h"\n')
    flags = [*core.flags["gcc"], "-std=c99", "-ffreestanding", "-E", f"-I{DEVICE / 'runtime'}"]
    done = subprocess.run(
        [core.family.gcc, *flags, str(folder / "all.c")], capture_output=True, text=True, check=True
    )
    return {path for path in re.findall(r'^# \d+ "([^"]+)"', done.stdout, re.M) if "/runtime/" in path}


def test_the_cases_cover_what_there_is():
    assert recorded.load().keys() == CASES.keys()
    cases = CASES.values()
    layers = [layer for case in cases for layer in case.layers]
    blocks = [block for case in cases for block in case.network().blocks]
    convs = [layer for layer in layers if layer["type"] == "conv"]
    depthwise = [layer for layer in convs if layer["channels"] == layer.get("groups")]
    heads = [block.head_pooling for block in blocks if hasattr(block, "head_pooling")]
    pooled = {head.kind if head.window != (1, 1) else "unpooled" for head in heads}
    decays = [bool(decay) for case in cases for _, *both in case.schedules for decay in both]
    exported = {layer_type.kind for learner in LOWERINGS for layer_type in LEARNER_LAYERS[learner].types}
    assert {layer["type"] for layer in layers} == exported <= LAYER_TYPES.keys()
    assert {case.learner for case in cases} == LOWERINGS.keys() <= LEARNERS.keys()
    assert {layer["activation"] for layer in layers if "activation" in layer} == set(ACTIVATIONS)
    assert {layer["alpha_inv"] for layer in layers if "alpha_inv" in layer} == SLOPES.keys()
    kernels = [layer for layer in layers if layer["type"] == "backprop_conv"]
    assert any(layer.get("groups") == layer["channels"] for layer in kernels)
    assert {layer["leak"] for layer in layers if "leak" in layer} | {0} == set(LEAKS)
    assert {case.loss for case in cases if case.learner == "backprop"} == {"", *LOSSES}
    assert {layer.get("encoding", INT8) for layer in layers if layer in kernels} == set(ENCODINGS)
    assert depthwise and any(layer.get("groups", 1) > 1 for layer in convs if layer not in depthwise)
    assert any(layer["stride"] != [1, 1] for layer in convs)
    assert any(layer["padding"] != [0, 0] for layer in convs)
    assert pooled == {"max", "avg", "unpooled"} and {True, False} == set(decays)
    assert {case.learn for case in cases} == {"none", "output", "last:1", "last:2", "all"}
    assert {1, 4, 16} <= {case.batch for case in cases if case.learn != "none"}
    assert {case.axes for case in cases} >= {"F", "T", "TC", "HW", "HWC", "CHW"}
    assert {case.raw_dtype for case in cases} == {"int8", "uint8", "int16", "uint16", "int32"}


@every_case
def test_each_part_that_learns_does(name, generated):
    """Else its recording would say little."""
    device, actions = generated(name)
    network = device.model.network
    after = device.network_with(device.run_numpy(actions)[-1]).arrays()
    for parameter in network.parameters():
        changed = bool((after[parameter.name] != parameter.array).any())
        assert parameter.learns(device.plan.learn) == changed, parameter.name
