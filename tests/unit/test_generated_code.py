"""Generated C: compiles without warnings everywhere, is formatted, bounded, and free of forbidden
constructs."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from integrad.build.objects import compile_object
from integrad.build.toolchain import DEVICE, WARNINGS
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError
from integrad.execute.device_model import DeviceModel
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import CORES
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.micropython.export import emit_micropython
from integrad_codegen.plan import make_plan

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/parity"))
from backprop_cases import BACKPROP  # noqa: E402
from fixed import FIXED  # noqa: E402
from pocket_cases import POCKET  # noqa: E402

HEADERS = ("backprop", "kernels", "nitro", "pocket", "all_kernels", "store", "update")
CLANG_FORMAT = Path(sys.executable).parent / "clang-format"
NAME = "spoken_digits_m4"
LONGEST_NAME = "a_name_of_forty_characters_for_one_model"
"""Compiles like any other, but lines become longer than a formatter wants them."""

SYNTAX = "-fsyntax-only"

COMPILERS = {
    "gcc": ("gcc", "-O2"),
    "clang": ("clang", SYNTAX),  # which does not warn of anything that optimisation finds
    **{core: (row.family.gcc, "-Os", "-ffreestanding", *row.flags["gcc"]) for core, row in CORES.items()},
}

OF_MODELS = ("gcc", "clang", "m0", "m55")
"""Compilers of all modules, which have the same text for every core; the runtime is compiled by all."""

LEARNING_BACK = ("backprop", "backprop pooled", "backprop maps", "backprop inference")
"""Cases of integer backpropagation with both losses and encodings and all kinds of layers."""

# name → (fixed case, learn set, batch, prefix): every kernel, both gradient types, frozen and free blocks.
MODULES = {
    **{name: (name, case.learn, case.batch, "model") for name, case in (FIXED | POCKET).items()},
    **{name: (name, BACKPROP[name].learn, BACKPROP[name].batch, "model") for name in LEARNING_BACK},
    "cnn-last": ("cnn", "last:1", 1, "m"),
    "cnn-output": ("cnn", "output", 3, NAME),
    "cnn-4096": ("cnn", "all", 4096, NAME),
    "series-none": ("series", "none", 1, NAME),
    "mlp-last": ("mlp", "last:1", 1, "x"),
    "longest": ("cnn", "last:2", 2, LONGEST_NAME),
}
RUNTIME = "session-kernels.c"
"""All of the runtime in one file."""

LAID_OUT = [name for name in MODULES if name != "longest"]


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """name of a module → (its plan, path of its folder of sources); generated once."""
    made = {}

    def generate(name):
        if name not in made:
            case, learn, batch, prefix = MODULES[name]
            folder = tmp_path_factory.mktemp(name)
            made[name] = DeviceModel.generate(
                (FIXED | POCKET | BACKPROP)[case].model(), folder, learn, batch, prefix
            )
        return made[name].plan, made[name].source_folder

    return generate


def compile_files(command, files, includes, folder):
    """Warnings and errors, or an empty string. Objects are kept: equal text need not be compiled again."""
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    if SYNTAX not in command:
        try:
            return "".join(
                compile_object(
                    command[0],
                    [*command, *WARNINGS],
                    [includes, DEVICE],
                    file,
                    folder / f"{file.stem}.o",
                )
                for file in files
            )
        except IntegradError:
            pass  # the compiler says below what is wrong
    includes = [f"-I{includes}", f"-I{DEVICE}"]
    compiles = [] if SYNTAX in command else ["-c"]
    words = [*command, *WARNINGS, *includes, *compiles, *map(str, files)]
    return subprocess.run(words, capture_output=True, text=True, cwd=folder).stderr


# Compilers


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_compiler_accepts_it_without_a_warning(compiler, generated, tmp_path):
    command = (*COMPILERS[compiler], "-std=c99")
    for name in MODULES if compiler in OF_MODELS else ("cnn", "backprop pooled", "pocket"):
        _, folder = generated(name)
        own = [path for path in sorted(folder.glob("*.c")) if path.name != RUNTIME]
        assert compile_files(command, own, folder, tmp_path) == "", name
    # The same text for every model.
    assert compile_files(command, [folder / RUNTIME], folder, tmp_path) == ""


@pytest.mark.parametrize("name", ["cnn", "inference"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_header_stands_alone_and_serves_cpp(compiler, name, generated, tmp_path):
    plan, folder = generated(name)
    header = folder / "model.h"
    assert compile_files((compiler, "-std=c99", "-xc"), [header], folder, tmp_path) == ""
    source = tmp_path / "program.cpp"
    use = f"static model_scratch s;\nint f(const int8_t *x) {{ int8_t y[{plan.classes}];\n"
    source.write_text(
        f'#include "model.h"\n#include "model.h"\n{use}'
        "return model_predict(y, &model_initial_weights, x, &s); }\n"
    )
    for standard in ("c++11", "c++20"):
        assert compile_files((compiler, f"-std={standard}", "-xc++"), [source], folder, tmp_path) == ""
    symbols = subprocess.run(["nm", tmp_path / "program.o"], capture_output=True, text=True).stdout
    assert re.search(r"U model_predict$", symbols, re.MULTILINE), "extern C: names are not mangled"


CPP = {
    "gcc": ("g++",),
    "clang": ("clang++",),
    **{
        core: ("arm-none-eabi-g++", "-ffreestanding", *CORES[core].flags["gcc"])
        for core in ("m0", "m4", "m55")
    },
}


@pytest.mark.parametrize("compiler", CPP)
def test_it_is_also_cpp(compiler, generated, tmp_path):
    """Whoever renames the files, as some build systems want, gets the same program."""
    assert shutil.which(CPP[compiler][0]), f"{CPP[compiler][0]} is not installed"
    flags = ["-x", "c++", "-std=c++11", "-O2", "-Wall", "-Wextra", "-Werror"]
    files = [generated("cnn")[1] / RUNTIME]
    for name in ("cnn", "grouped", "wide", "mlp-last", "backprop pooled"):
        plan, folder = generated(name)
        files += [folder / f"{plan.prefix}{part}.c" for part in ("", "_weights")]
    for file in files:
        assert compile_object(CPP[compiler][0], [*CPP[compiler], *flags], [], file, tmp_path / "cpp.o") == ""


def test_two_models_live_in_one_program(generated, tmp_path):
    sources = [path for name in ("cnn", "mlp-last") for path in generated(name)[1].glob("*.c")]
    sources = [path for path in sources if path.name not in ("session-main.c", "session-kernels.c")]
    sources += sorted(generated("cnn")[1].glob("integrad/*.c"))  # which they share
    includes = [f"-I{generated(name)[1]}" for name in ("cnn", "mlp-last")]
    main = tmp_path / "main.c"
    main.write_text('#include "model.h"\n#include "x.h"\nint main(void) { return MODEL_OK + X_OK; }\n')
    command = [
        "gcc",
        "-std=c99",
        *WARNINGS,
        *includes,
        *map(str, sources),
        str(main),
        "-o",
        tmp_path / "program",
    ]
    assert subprocess.run(command, capture_output=True, text=True).stderr == ""
    assert subprocess.run([tmp_path / "program"]).returncode == 0


# Layout


@pytest.mark.parametrize("name", LAID_OUT)
def test_it_is_formatted_as_by_hand(name, generated):
    assert CLANG_FORMAT.exists(), "pip install clang-format"
    _, folder = generated(name)
    files = [path for path in folder.glob("*.[ch]") if not path.name.endswith("_weights.c")]
    style = f"--style=file:{ROOT / '.clang-format'}"
    checked = subprocess.run(
        [CLANG_FORMAT, style, "--dry-run", "--Werror", *files], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", LAID_OUT)
def test_lines(name, generated):
    for path in generated(name)[1].glob("*.[ch]"):
        text = path.read_text()
        lines = text.split("\n")
        assert max(map(len, lines)) <= 100, path.name
        assert not any(line != line.rstrip() or "\t" in line for line in lines), path.name
        assert "\n\n\n" not in text and text.endswith("\n") and not text.endswith("\n\n")
        assert text.isascii(), path.name


# What it does not do


@pytest.mark.parametrize("name", MODULES)
def test_integers_only_and_no_library(name, generated):
    plan, folder = generated(name)
    for path in folder.glob(f"{plan.prefix}*"):
        text = path.read_text()
        includes = set(re.findall(r'^#include ([<"].*[>"])$', text, re.MULTILINE))
        own = {
            f'"{plan.prefix}.h"',
            *(f'"integrad/{name}.h"' for name in HEADERS),
        }
        assert includes <= {"<stddef.h>", "<stdint.h>"} | own
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        assert not re.search(r"\b(float|double|malloc|calloc|free|printf|goto|errno|mem\w+|asm)\b", code)
        assert not re.search(r"\b\d+\.\d", code), "no fraction"
        # Static data that is not constant would be hidden state.
        assert not re.search(r"^\s*static (?!const |inline |void |int )\w+ \w+\W*[;=\[]", code, re.MULTILINE)


M0 = ("arm-none-eabi-gcc", "-O2", "-ffreestanding", "-mcpu=cortex-m0", "-mthumb", "-std=c99")


@pytest.fixture(scope="module")
def runtime_objects(generated, tmp_path_factory):
    """Folder with the objects of the runtime, which are the same for every model."""
    folder, where = generated("cnn")[1], tmp_path_factory.mktemp("runtime")
    assert compile_files(M0, sorted(folder.glob("integrad/*.c")), folder, where) == ""
    return where


@pytest.mark.parametrize("name", MODULES)
def test_linking_needs_nothing_from_outside(name, generated, runtime_objects, tmp_path):
    """Undefined symbols of the module's objects: its own, and the compiler's arithmetic on M0."""
    plan, folder = generated(name)
    own_sources = [folder / f"{plan.prefix}{part}.c" for part in ("", "_weights")]
    assert compile_files(M0, own_sources, folder, tmp_path) == ""
    objects = [*tmp_path.glob("*.o"), *runtime_objects.glob("*.o")]
    listed = subprocess.run(["arm-none-eabi-nm", *objects], capture_output=True, text=True, check=True).stdout
    undefined = set(re.findall(r"^\s+U (\w+)", listed, re.MULTILINE))
    own = set(re.findall(r"^[0-9a-f]+ [A-Z] (\w+)", listed, re.MULTILINE))
    # A freestanding compiler may call these four whatever the source says.
    allowed = {"memcpy", "memset", "memmove", "memcmp"}
    outside = {s for s in undefined - own - allowed if not re.match(r"__(aeabi_|gnu_thumb1_case)", s)}
    assert not outside
    assert not {s for s in undefined if re.match(r"__aeabi_[fd]", s)}, "no floating point"
    assert all(symbol.startswith((f"{plan.prefix}_", "integrad_")) for symbol in own)
    assert not re.search(r"^[0-9a-f]+ [bBdDC] ", listed, re.MULTILINE), "no state outside the caller's"


# Sizes


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("compiler", ["gcc", "m0", "m55"])
def test_sizes_are_those_of_the_plan(compiler, name, generated, tmp_path):
    plan, folder = generated(name)
    sizes = {"weights": plan.weights_bytes, "scratch": max(1, plan.inference_arena.bytes)}
    if plan.batch:
        sizes["training_scratch"] = plan.scratch.bytes
    if plan.frozen_bytes:
        sizes["frozen"] = plan.frozen_bytes

    def check(difference):
        lines = [f'#include "{plan.prefix}.h"']
        for what, size in sizes.items():
            condition = f"sizeof({plan.prefix}_{what}) == {size + difference}"
            lines.append(f"typedef char check_{what}[{condition} ? 1 : -1];")
        source = tmp_path / "check.c"
        source.write_text("\n".join([*lines, ""]))
        return compile_files((*COMPILERS[compiler], "-std=c99"), [source], folder, tmp_path)

    assert check(0) == ""
    assert check(1).count("is negative") == len(sizes)


def test_a_wrong_size_does_not_compile(generated, tmp_path):
    plan, folder = generated("cnn")
    text = (folder / "model.c").read_text()
    for size in (plan.weights_bytes, plan.scratch.bytes, max(1, plan.inference_arena.bytes)):
        assert f", {size});" in text
        source = tmp_path / "model.c"
        source.write_text(text.replace(f", {size});", f", {size + 1});"))
        assert "is negative" in compile_files(("gcc", "-std=c99"), [source], folder, tmp_path)


# Licences


def test_every_file_states_its_licence():
    """Generated code is free of conditions, the runtime has the project's licence, weights their owner's."""
    plan = make_plan(FIXED["cnn"].network(), "model", "all", 4)
    files = emit_c(FIXED["cnn"].model(), plan) | emit_micropython(FIXED["cnn"].model(), plan)
    owners = {"model_weights.c": "LicenseRef-Model"}
    unmarked = {"model.weights", "package.json"}  # in which there is no place for a comment
    assert len(files) > 100 and unmarked < set(files)
    for name, text in files.items():
        shared = "/integrad/" in f"/{name}" or Path(name).stem == "checksum"
        licence = owners.get(name, "Apache-2.0" if shared else "0BSD")
        opening = text[:80].decode("latin1") if isinstance(text, bytes) else text.split("\n")[0]
        expected = [] if name in unmarked else [licence]
        assert re.findall(r"SPDX-License-Identifier: (\S+)", opening) == expected, name


def test_structs_have_the_same_size_where_types_are_aligned_to_four_bytes(tmp_path):
    """As on i386. The generated assertions compare with the sizes that Python computes."""
    square = {"kernel": [3, 3], "stride": [1, 1], "padding": [1, 1]}
    head = {"head_features": 30, "head_pool": "max"}
    conv = {"type": "conv", "channels": 2, "alpha_inv": 4, **square, **head}
    network = Network([1, 5, 5], 3, [conv, {"type": "dense", "units": 5, "alpha_inv": 4}])
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    model = Model(network, Preprocessing("HW", "uint8", (5, 5), 128, (5,), (60,)), ["a", "b", "c"])
    for batch in (1, 5):
        plan = make_plan(network, "toy", "all", batch)
        assert plan.scratch.wide_gradients and plan.scratch.padding, "a case in which sizes could differ"
        write_files(emit_c(model, plan), tmp_path)
        words = ["gcc", "-m32", "-std=c99", "-ffreestanding", "-fsyntax-only", tmp_path / "toy.c"]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


# Deterministic, and harmless


def test_equal_models_give_equal_text():
    texts = [emit_c(c.model(), make_plan(c.network(), "model", "all", 4), "cmd") for c in [FIXED["cnn"]] * 2]
    assert texts[0] == texts[1]
    assert list(texts[0])[:4] == ["model.h", "model.c", "model_weights.c", "model_store.h"]
    assert all(name.startswith("integrad/") for name in list(texts[0])[4:])
    other = replace(FIXED["cnn"], seed=99)
    changed = emit_c(other.model(), make_plan(other.network(), "model", "all", 4), "cmd")
    assert changed["model.c"] == texts[0]["model.c"], "weights stand in their own file"
    assert changed["model_weights.c"] != texts[0]["model_weights.c"]


HOSTILE = [
    "*/ int evil; /*",
    "*/",
    "/*",
    "*\\",
    "\\",
    "??/",
    "a??/b",
    "* /",
    "*//*/",
    "?" * 9,
    "{{ p }}{% raw %}",
    '"; #error',
    "é漢字\U0001f600",
    "x" * 64,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_records_cannot_leave_their_comment(text, tmp_path):
    case = replace(FIXED["mlp"], classes=2)
    names = [text, f"{text}*"[-64:]]
    record = {"data": text, "data_sha256": f"{text}*"}
    model = Model(case.network(), case.model().preprocessing, names, record)
    plan = make_plan(model.network, "model", "all", 4)
    plain = emit_c(replace_names(model), plan, "integrad export")
    hostile = emit_c(model, plan, f"integrad export '{text}'\nint evil;\n#error\r\x0c\u2028 {text}*")
    assert [without_names(t) for t in hostile.values()] == [without_names(t) for t in plain.values()]
    assert all(len(line) <= 100 for content in hostile.values() for line in content.split("\n"))
    write_files(hostile, tmp_path)
    for command in (("gcc", "-std=c99", "-trigraphs", "-Wcomment"), ("clang", "-std=c99", "-Wcomment")):
        assert compile_files(command, [tmp_path / "model.c"], tmp_path, tmp_path) == ""


def replace_names(model):
    return Model(model.network, model.preprocessing, ["a", "b"], {"data": "d", "data_sha256": "0"})


def without_names(text):
    """Code without its comments and, in the array of class names, without what a string may contain."""
    code, start, names = strip(text).partition("_class_names[MODEL_CLASSES] = {")
    return code + start + re.sub(r'"(\\[0-7]{3}|[^\\"?*/])*"( ?"(\\[0-7]{3}|[^\\"?*/])*")*', "TEXT", names)


def strip(text):
    """Code without its comments, as a C compiler with trigraphs sees it."""
    text = text.replace("??/", "\\").replace("\\\n", "")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


# Errors of the generated module

DRIVER = """
#include "model.h"
static model_weights w;
static model_training_scratch s;
static int8_t x[MODEL_BATCH + 1][MODEL_INPUTS];
static int same(void) {
    const char *a = (const char *)&w, *b = (const char *)&model_initial_weights;
    for (size_t i = 0; i < sizeof w; i++) {
        if (a[i] != b[i]) return 0;
    }
    return 1;
}
static int call(size_t count, uint8_t label, int32_t rate, int32_t decay, int32_t head_decay) {
    uint8_t labels[MODEL_BATCH + 1] = {0};
    const model_schedule schedule = {rate, decay, head_decay};
    labels[count ? count - 1 : 0] = label;
    return model_train(&w, x[0], labels, count, &schedule, &s);
}
int main(void) {
    w = model_initial_weights;
    if (call(0, 0, 1, 0, 0) != MODEL_ERROR_COUNT) return 1;
    if (call(MODEL_BATCH + 1, 0, 1, 0, 0) != MODEL_ERROR_COUNT) return 2;
    if (call(2, MODEL_CLASSES, 1, 0, 0) != MODEL_ERROR_LABEL) return 3;
    if (call(2, 255, 1, 0, 0) != MODEL_ERROR_LABEL) return 4;
    if (call(2, 0, 0, 0, 0) != MODEL_ERROR_SCHEDULE) return 5;
    if (call(2, 0, -1, 0, 0) != MODEL_ERROR_SCHEDULE) return 6;
    if (call(2, 0, MODEL_LEARNING_RATE_INV_LIMIT + 1, 0, 0) != MODEL_ERROR_SCHEDULE) return 7;
    if (call(2, 0, 1, -1, 0) != MODEL_ERROR_SCHEDULE) return 8;
    if (call(2, 0, 1, 0, -1) != MODEL_ERROR_SCHEDULE) return 9;
    if (!same()) return 10;
    if (call(MODEL_BATCH, MODEL_CLASSES - 1, MODEL_LEARNING_RATE_INV_LIMIT, 0, 0) < 0) return 11;
    if (!same()) return 12;
    if (call(1, 0, 1, 1, 1) < 0 || same()) return 13;
    const model_schedule schedule = {1, 0, 0};
    if (model_train(0, 0, 0, 0, &schedule, 0) != MODEL_ERROR_COUNT) return 14; /* touches no pointer */
    return 0;
}
"""


def test_bad_arguments_are_refused_and_leave_the_weights_alone(generated, tmp_path):
    _, folder = generated("cnn")
    (tmp_path / "driver.c").write_text(DRIVER)
    sources = [
        tmp_path / "driver.c",
        *(folder / f"{name}.c" for name in ("model", "model_weights", "session-kernels")),
    ]
    command = ["gcc", "-std=c99", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{folder}"]
    subprocess.run([*command, *map(str, sources), "-o", tmp_path / "driver"], check=True)
    assert subprocess.run([tmp_path / "driver"]).returncode == 0
