"""The example in the opening comment of a generated header: complete, free of warnings, and right."""

import re
import subprocess

import numpy as np
import pytest

from integrad.build.host_program import SANITIZERS
from integrad.build.objects import compile_object
from integrad.build.toolchain import WARNINGS
from integrad.datasets.axes import input_shape
from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.training.stepper import Stepper
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import layout

CLASSES, BATCH, COUNT = 3, 4, 10
"""COUNT samples are two batches and part of a third."""

NAMES = ['say "hi"', "é漢\U0001f600", "*/ ??/ \\n 100%"]

CONV = {
    "type": "conv",
    "channels": 2,
    "kernel": [3, 3],
    "stride": [1, 1],
    "padding": [1, 1],
    "alpha_inv": 4,
    "head_features": 30,
    "head_pool": "max",
}
SERIES = CONV | {"kernel": [1, 3], "padding": [0, 1]}
DENSE = {"type": "dense", "units": 6, "alpha_inv": 4}

# name → (axes, raw type, raw shape, constants of the channels, layers)
INPUTS = {
    "image": ("HW", "uint8", (6, 5), 1, [CONV, DENSE]),
    "colour-image": ("CHW", "uint8", (3, 6, 5), 3, [CONV, DENSE]),
    "series": ("T", "int16", (30,), 1, [SERIES, DENSE]),
    "series-of-channels": ("TC", "int16", (30, 2), 2, [SERIES]),
    "vector": ("F", "int32", (7,), 7, [DENSE]),
}
LEARN = ["none", "output", "all"]
COMPILERS = {
    "C99": ("gcc", "-std=c99"),
    "C++11": ("g++", "-std=c++11"),
    "clang": ("clang", "-std=c99", "-Wconversion", "-Wpedantic", "-Wshadow"),
}


def make(name, seed=0):
    """A model of this input with initial weights."""
    axes, raw_dtype, raw_shape, channels, layers = INPUTS[name]
    network = Network(input_shape(axes, raw_shape), CLASSES, layers)
    network.initialise(np.random.Generator(np.random.PCG64(seed)))
    offset = 128 if raw_dtype == "uint8" else 0
    preprocessing = Preprocessing(axes, raw_dtype, raw_shape, offset, (5,) * channels, (60,) * channels)
    return Model(network, preprocessing, NAMES)


def samples_of(model, count=COUNT):
    """Random raw samples and labels."""
    rng = np.random.Generator(np.random.PCG64(3))
    raw = np.iinfo(model.preprocessing.raw_dtype)
    low, high = max(raw.min, -300), min(raw.max, 300)
    samples = rng.integers(low, high + 1, (count, *model.preprocessing.raw_shape))
    return samples.astype(model.preprocessing.raw_dtype), rng.integers(0, CLASSES, count)


def example_of(header):
    """The lines of the opening comment that are indented by four spaces."""
    comment = header.partition("#ifndef")[0]
    blocks = re.findall(r"^ \*     (.*)$|^ \*($)", comment, re.MULTILINE)
    return "\n".join(line for line, _ in blocks) + "\n"


def export(model, learn, folder):
    """The plan and the example."""
    plan = make_plan(model.network, "toy", learn, BATCH)
    files = emit_c(model, plan)
    write_files(files, folder)
    return plan, example_of(files["toy.h"])


def build_and_run(folder, program):
    """What a program prints that is linked with the model."""
    (folder / "main.c").write_text(program)
    runtime = '#include "integrad/all_kernels.h"\n'
    if (folder / "integrad/store.c").exists():
        runtime += '#include "integrad/checksum.c"\n#include "integrad/store.c"\n'
    (folder / "runtime.c").write_text(runtime)
    flags = ["-std=c99", "-O1", *WARNINGS, "-Wno-missing-prototypes", *SANITIZERS]
    objects = []
    for source in sorted(folder.glob("*.c")):
        objects.append(source.with_suffix(".o"))
        compile_object("gcc", ["gcc", *flags], [folder], source, objects[-1])
    command = ["gcc", *SANITIZERS, *map(str, objects), "-o", str(folder / "main")]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    environment = {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([folder / "main"], capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(values):
    return ", ".join(map(str, np.ravel(values).tolist()))


@pytest.mark.parametrize("learn", LEARN)
@pytest.mark.parametrize("name", INPUTS)
def test_the_example_compiles_without_a_warning(name, learn, tmp_path):
    _, example = export(make(name), learn, tmp_path)
    assert ("save(" in example) == ("shuffle(" in example) == (learn != "none")
    for language, (compiler, *options) in COMPILERS.items():
        source = tmp_path / ("example.cpp" if "++" in language else "example.c")
        source.write_text(example)
        words = [compiler, *options, "-Wall", "-Wextra", "-Werror", "-c", str(source), "-o", "/dev/null"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, f"{language}: {done.stderr}"


MEMORY = """
enum { SLOT = 4096 };
static uint8_t memory[2 * SLOT], buffer[64];

static int read_memory(void *bytes, uint32_t address, uint32_t count, void *context) {
    (void)context;
    memcpy(bytes, memory + address, count);
    return 0;
}

static int program_memory(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    memcpy(memory + address, bytes, count);
    return 0;
}

static const integrad_store store = {
    .read = read_memory, .program = program_memory, .slots = 2, .slot_size = SLOT, .erase_size = 8,
    .program_size = 8, .erased_value = 0, .buffer = buffer, .buffer_size = sizeof buffer,
};
"""
"""A memory that is overwritten without having been erased."""


@pytest.mark.parametrize("learn", LEARN)
@pytest.mark.parametrize("name", INPUTS)
def test_the_example_classifies(name, learn, tmp_path):
    model = make(name)
    samples, _ = samples_of(model, 1)
    _, example = export(model, learn, tmp_path)
    begin = "" if learn == "none" else "begin();"
    main = f"""#include <stdio.h>
int main(void) {{
    static const toy_raw sample[] = {{{numbers(samples)}}};
    int8_t scores[TOY_CLASSES];
    {begin}
    const int found = classify(scores, sample);
    printf("%d %d %d %d", scores[0], scores[1], scores[2], found);
    return 0;
}}
"""
    logits = model.network.logits(model.preprocessing.apply(samples))[0].tolist()
    found = [int(word) for word in build_and_run(tmp_path, example + main).split()]
    assert found == [*logits, int(np.argmax(logits))]


@pytest.mark.parametrize("learn", ["output", "all"])
@pytest.mark.parametrize("name", INPUTS)
def test_the_example_learns_in_the_shuffled_order_and_restores(name, learn, tmp_path):
    model = make(name)
    samples, labels = samples_of(model)
    plan, example = export(model, learn, tmp_path)
    main = f"""#include <stdio.h>
#include <string.h>
{MEMORY}
int main(void) {{
    static const toy_raw samples[] = {{{numbers(samples)}}};
    static const uint8_t labels[] = {{{numbers(labels)}}};
    uint16_t order[{COUNT}];
    uint32_t seed = 7;
    for (uint16_t i = 0; i < {COUNT}; i++) {{
        order[i] = i;
    }}
    begin();
    shuffle(order, {COUNT}, &seed);
    printf("%d", learn(samples, labels, order, {COUNT}));
    for (int i = 0; i < {COUNT}; i++) {{
        printf(" %d", order[i]);
    }}
    integrad_store_content other = toy_store_content();
    steps = 5;
    if (save(&store) != 0) return 1;
    other.layout ^= 1;
    if (integrad_store_load(&weights, NULL, &store, &other) != INTEGRAD_STORE_FACTORY) return 2;
    other = toy_store_content();
    other.model ^= 1;
    if (integrad_store_load(&weights, NULL, &store, &other) != INTEGRAD_STORE_FACTORY) return 3;
    memory[SLOT + 60] ^= 1; /* of no use yet */
    steps = 0;
    load(&store);
    if (steps != 5) return 4;
    memory[60] ^= 1;
    load(&store);
    if (steps != 0 || memcmp(&weights, &toy_initial_weights, sizeof weights) != 0) return 5;
    memory[60] ^= 1;
    load(&store);
    for (size_t i = 0; i < sizeof weights.output / sizeof(int16_t); i++) {{
        printf(" %d", (&weights.output[0][0])[i]);
    }}
    return 0;
}}
"""
    correct, *found = [int(word) for word in build_and_run(tmp_path, example + main).split()]
    order, output = found[:COUNT], found[COUNT:]
    assert sorted(order) == list(range(COUNT)) != order
    stepper = Stepper.on_device(model.network, model.schedule(BATCH), plan.learn.name)
    before, expected = model.network.output.weights.ravel().tolist(), 0
    for first in range(0, COUNT, BATCH):
        batch = order[first : first + BATCH]
        expected += stepper.step(model.preprocessing.apply(samples[batch]), labels[batch]).correct
    assert (correct, output) == (expected, model.network.output.weights.ravel().tolist())
    assert output != before


def test_names_of_classes_and_crcs(tmp_path):
    model = make("vector")
    plan, example = export(model, "all", tmp_path)
    main = """#include <stdio.h>
int main(void) {
    printf("%lx %lx", (unsigned long)TOY_MODEL_CRC, (unsigned long)TOY_LAYOUT_CRC);
    for (int k = 0; k < TOY_CLASSES; k++) {
        printf("\\n%s", toy_class_names[k]);
    }
    return 0;
}
"""
    crcs, *names = build_and_run(tmp_path, example + main).decode().split("\n")
    assert crcs == f"{model.network.weights_crc():x} {layout(model, plan):x}"
    assert names == NAMES
    assert f"CRC-32 {model.network.weights_crc():08x}" in (tmp_path / "toy.h").read_text()


def test_the_layout_does_not_depend_on_the_weights_but_on_what_learns(tmp_path):
    def constants(learn, seed):
        text = emit_c(make("vector", seed), make_plan(make("vector", seed).network, "toy", learn, 1))["toy.h"]
        return [re.search(rf"#define TOY_{name}_CRC (\S+)", text)[1] for name in ("MODEL", "LAYOUT")]

    first, other, less = constants("all", 0), constants("all", 1), constants("output", 0)
    assert first[0] != other[0] and first[1] == other[1]
    assert first[0] == less[0] and first[1] != less[1]


def test_unused_names_of_classes_take_no_memory(tmp_path):
    """The linker drops the array and the texts, unless the program uses them."""

    def sections(use):
        (tmp_path / "main.c").write_text(
            f'#include "toy.h"\nint main(void) {{ return toy_initial_weights.output[0][0] + ({use}); }}\n'
        )
        sources = [str(tmp_path / name) for name in ("main.c", "toy_weights.c")]
        flags = ["-mcpu=cortex-m0", "-mthumb", "-Os", "-fdata-sections", "-ffunction-sections"]
        linking = ["-nostdlib", "-Wl,--gc-sections,--entry=main"]
        elf = tmp_path / "program.elf"
        words = ["arm-none-eabi-gcc", *flags, *linking, *sources, "-o", str(elf)]
        subprocess.run(words, check=True, capture_output=True)
        return elf.read_bytes()

    export(make("vector"), "none", tmp_path)
    marks = [b"toy_class_names", NAMES[1].encode()]
    assert not any(mark in sections("0") for mark in marks)
    assert all(mark in sections("toy_class_names[toy_initial_weights.output[0][0] & 1][0]") for mark in marks)
