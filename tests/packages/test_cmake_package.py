"""Two CMake packages in one project share one runtime, compute what NumPy computes, and can be installed."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from package_folders import WARNINGS, configure, model, names, package, request, run

from integrad.boards.store_image import saves_in
from integrad.execute.device_model import DeviceModel
from integrad.execute.self_test import expected_checksums
from integrad.execute.session import Predict, Train, Weights

TOGETHER = """\
set_target_properties(integrad_runtime PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
foreach(name frame serial store update)
  set_source_files_properties(${TOY}/runtime/integrad/${name}.c TARGET_DIRECTORY integrad_runtime
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
"""
"""Compiles all kernels at once, which is faster."""

BOTH = (
    """\
cmake_minimum_required(VERSION 3.16)
project(both C)
include(FetchContent)
add_subdirectory(${TOY} toy)
FetchContent_Declare(other SOURCE_DIR ${OTHER})
FetchContent_MakeAvailable(other)
"""
    + TOGETHER
)
CROSS = (
    """\
cmake_minimum_required(VERSION 3.16)
project(cross C)
add_subdirectory(${TOY} toy)
"""
    + TOGETHER
)
USER = """\
cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(integrad-other 1.0 CONFIG REQUIRED)
find_package(integrad-toy 1.0 CONFIG REQUIRED)
add_executable(user main.c)
target_link_libraries(user PRIVATE integrad::toy integrad::other)
"""
MAIN = """\
#include <stdio.h>
#include "other.h"
#include "toy_store.h"

int main(void) {
    static toy_scratch scratch;
    static other_scratch other;
    int8_t x[TOY_INPUTS] = {1, 2, 3}, scores[TOY_CLASSES];
    const int first = toy_predict(scores, &toy_initial_weights, x, &scratch);
    const int second = other_predict(scores, &other_initial_weights, x, &other);
    printf("%d %d %d\\n", first, second, scores[0]);
    return 0;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Both packages in one project, built."""
    folder = tmp_path_factory.mktemp("cmake")
    (folder / "CMakeLists.txt").write_text(BOTH)
    options = [f"-DINTEGRAD_{name}_{what}=ON" for name in ("TOY", "OTHER") for what in ("TEST", "INSTALL")]
    options += [
        "-DINTEGRAD_TOY_EXAMPLE=ON",
        f"-DCMAKE_C_FLAGS={' '.join((*WARNINGS, '-Wconversion', '-Wpedantic'))}",
    ]
    toy, other = package("cmake"), package("cmake", "other", "none", 2)
    configure(folder, folder / "build", f"-DTOY={toy}", f"-DOTHER={other}", *options)
    run("ninja", "-C", folder / "build")
    return folder


def self_test(folder, name):
    return run(next(Path(folder / "build").rglob(f"{name}_self_test")))


@pytest.mark.parametrize("what", [{}, {"name": "other", "learn": "none", "seed": 2}])
def test_the_self_test_gives_the_checksums_of_numpy(folder, what):
    of = request(**what)
    expected = expected_checksums(of.model, of.plan)
    words = f"scores {expected.scores:08x} weights {expected.weights:08x} as on the host"
    assert self_test(folder, of.plan.prefix).startswith(words)


def test_the_runtime_is_compiled_once(folder):
    objects = [path.name for path in (folder / "build").rglob("*.o") if "integrad_runtime.dir" in path.parts]
    assert len(objects) == len(set(objects)) >= 5 and "store.c.o" in objects
    assert len(list((folder / "build").rglob("libintegrad_runtime.a"))) == 1


def test_the_example_classifies_learns_and_saves_what_numpy_computes(folder, tmp_path):
    rng = np.random.Generator(np.random.PCG64(3))
    samples = rng.integers(-300, 300, (6, 8), np.int16)
    pressed = [False, True, True, False, True, False]
    lines = [f"{'!' * press} {' '.join(map(str, x))}" for x, press in zip(samples, pressed, strict=True)]
    saved = tmp_path / "learnt.bin"
    program = next((folder / "build").rglob("toy_example"))
    shown = run(program, saved, input="\n".join(lines) + "\n").splitlines()

    twin = DeviceModel(model(), request().plan, tmp_path, [])
    actions = []
    for x, press in zip(samples[:, None], pressed, strict=True):
        actions += [Predict(x), *([Train(x, np.array([0]), model().schedule(4))] if press else [])]
    results = twin.run_numpy([*actions, Weights()])
    scores = [result for result in results[:-1] if isinstance(result, np.ndarray)]
    assert shown == [f"{k} {'abc'[k]}" for k in (int(np.argmax(row)) for row in scores)]
    saves = saves_in(saved.read_bytes())
    assert [save.steps for save in sorted(saves, key=lambda save: save.sequence)] == [2, 3]
    assert max(saves, key=lambda save: save.sequence).weights == results[-1]
    again = run(program, saved, input=lines[0]).split()[0]
    assert again == str(
        int(np.argmax(twin.network_with(results[-1]).logits(model().preprocessing.apply(samples[:1]))))
    )


def test_installed_packages_are_found(folder, tmp_path):
    run("cmake", "--install", folder / "build", "--prefix", tmp_path / "usr")
    (tmp_path / "CMakeLists.txt").write_text(USER)
    (tmp_path / "main.c").write_text(MAIN)
    configure(tmp_path, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={tmp_path / 'usr'}")
    run("ninja", "-C", tmp_path / "build")
    x = np.array([[1, 2, 3, 0, 0, 0, 0, 0]], np.int8)
    toy, other = (model(seed).network.logits(x)[0] for seed in (1, 2))
    assert run(tmp_path / "build/user") == f"{toy.argmax()} {other.argmax()} {other[0]}\n"
    assert len(list((tmp_path / "usr").rglob("libintegrad_runtime.a"))) == 1
    config = next((tmp_path / "usr").rglob("integrad-toy-config.cmake"))
    config.write_text(re.sub('STREQUAL "[0-9a-f]{8}"', 'STREQUAL "12345678"', config.read_text()))
    with pytest.raises(
        AssertionError, match=r"integrad::toy needs the runtime \w+, but integrad::toy brought"
    ):
        configure(tmp_path, tmp_path / "build")


def older(folder):
    """The package of other, as another version of integrad would have exported it."""
    shutil.copytree(package("cmake", "other", "none", 2), folder)
    for name in ("cmake/runtime.cmake", "src/other_runtime.c", "runtime/integrad/runtime_id.h"):
        path = folder / name
        text = re.sub(
            r'(ID != 0x|ID 0x|STREQUAL "|INTEGRAD_RUNTIME )[0-9a-f]{8}', r"\g<1>12345678", path.read_text()
        )
        assert text != path.read_text()
        path.write_text(text)
    return folder


def test_models_of_different_versions_are_refused(folder, tmp_path):
    with pytest.raises(AssertionError) as error:
        configure(folder, folder / "build", f"-DOTHER={older(tmp_path / 'older')}")
    words = r"integrad::other needs the runtime \w+, but integrad::toy brought the runtime \w+: export"
    assert re.search(words, " ".join(str(error.value).split()))
    includes = [f"-I{tmp_path / 'older/include'}", f"-I{package('cmake') / 'runtime'}"]
    with pytest.raises(AssertionError, match="other needs another runtime: export all models"):
        run("gcc", "-c", *includes, tmp_path / "older/src/other_runtime.c", "-o", tmp_path / "x.o")


def test_it_is_compiled_for_a_cortex_m(tmp_path):
    words = (
        "GENERATOR",
        "SYSTEM_NAME=Generic",
        "C_COMPILER=arm-none-eabi-gcc",
        "C_COMPILER_WORKS=ON",
        "C_ABI_COMPILED=ON",
    )
    flags = "-DCMAKE_C_FLAGS=-mcpu=cortex-m4 -mthumb -ffreestanding -Wall -Wextra -Werror"
    commands = configure(
        package("cmake"), tmp_path / "build", *(f"-DCMAKE_{word}" for word in words[1:]), flags
    )
    assert "store.c" in names(commands)
    run("ninja", "-C", tmp_path / "build")
    assert {path.name for path in (tmp_path / "build").rglob("*.a")} == {
        "libintegrad_runtime.a",
        "libintegrad_toy.a",
    }
    assert not list((tmp_path / "build").rglob("*example*")), "it is for hosts"


def test_the_self_test_notices_another_weight(folder, tmp_path):
    root = package("cmake")
    text = (root / "src/toy_weights.c").read_text()
    first = re.search(r"^ +(-?\d+),", text, re.MULTILINE)
    changed = text[: first.start(1)] + str(int(first[1]) ^ 1) + text[first.end(1) :]
    (tmp_path / "toy_weights.c").write_text(changed)
    sources = [
        tmp_path / "toy_weights.c",
        root / "src/toy.c",
        root / "test/main.c",
        root / "test/toy_self_test.c",
    ]
    library = next((folder / "build").rglob("libintegrad_runtime.a"))
    run("gcc", f"-I{root / 'include'}", f"-I{root / 'runtime'}", *sources, library, "-o", tmp_path / "test")
    with pytest.raises(AssertionError, match="DIFFERENT"):
        run(tmp_path / "test")
