"""manifest.toml says what stands in the runtime: files, functions, signatures, and what each core gets."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from integrad.build.toolchain import DEVICE
from integrad.targets.cores import CORES
from integrad_codegen.c.runtime import PORTABLE, SMALL, VARIANTS, kernels

RUNTIME = DEVICE / "runtime"
SUPPORT = {"all_kernels.h", "backprop.h", "helpers.h", "kernels.h", "nitro.h", "pocket.h", "select.h"}
"""Files that are no kernels."""

INSTANCE = re.compile(r"^INTEGRAD_\w+\(integrad_(\w+),", re.MULTILINE)
"""A function whose definition is a macro."""

STRUCTS = ("channel", "cut", "descent", "nitro_relu", "pool", "reciprocal", "shape")
"""Structs that entries are named after."""

DEFINITION = re.compile(r"^(?:\w[\w \n*]*[ \n*])?integrad_(\w+)(\([^;{}]*\))\s*[{;]", re.MULTILINE)
"""A definition or a declaration: its name and its parameters. Statements are indented."""

CHAINS = {
    "m0": {"m0", "portable"},
    "m3": {"m3", "portable"},
    "m4": {"dsp", "m3", "portable"},
    "m7": {"dsp", "m3", "portable"},
    "m33": {"dsp", "m3", "portable"},
    "m55": {"mve", "dsp", "m3", "portable"},
    "rv32": {"portable"},
    "avr": {"portable"},
}
OTHERS = {
    "m23": ("arm-none-eabi-gcc", "-mcpu=cortex-m23", "-mthumb"),
    "m33 without DSP": ("arm-none-eabi-gcc", "-mcpu=cortex-m33+nodsp", "-mthumb"),
    "a7": ("arm-none-eabi-gcc", "-mcpu=cortex-a7"),
    "host": ("gcc",),
}


@cache
def code(path: Path) -> str:
    """Text without comments and attributes."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"__attribute__\(\([\w, ]*\)\)\s*", "", text)


def files_of(name: str) -> list[Path]:
    """The files of an entry that hold its functions."""
    entry = kernels()[name]
    if entry.variants:
        return [RUNTIME / variant / f"{name}.h" for variant in entry.variants]
    return [path for path in (RUNTIME / f"{name}.h", RUNTIME / f"{name}.c") if path.exists()]


def command_of(core: str) -> tuple[str, ...]:
    return (CORES[core].family.gcc, *CORES[core].flags["gcc"]) if core in CORES else OTHERS[core]


def chain_of(core: str, *flags: str) -> list[str]:
    """Variants that select.h allows."""
    source = "\n".join(f"{v}=INTEGRAD_HAS_{v.upper()}" for v in VARIANTS[:-1])
    words = [*command_of(core), *flags, "-include", RUNTIME / "select.h", "-E", "-P", "-"]
    text = subprocess.run(words, input=source, capture_output=True, text=True, check=True).stdout
    has = dict(line.replace(" ", "").split("=") for line in text.split("\n") if "=" in line)
    return [*(v for v in VARIANTS[:-1] if has[v].strip("()") in ("1", "3&1", "1&1")), "portable"]


def included(core: str, source: Path, *flags: str) -> set[str]:
    """Files of the runtime that a core's compiler reads for a source."""
    words = [*command_of(core), "-ffreestanding", *flags, "-MM", source]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    paths = text.replace("\\\n", " ").split(":", 1)[1].split()
    return {str(Path(path).resolve().relative_to(RUNTIME.resolve())) for path in paths}


def test_every_file_is_listed_and_there():
    there = {str(path.relative_to(RUNTIME)) for path in RUNTIME.rglob("*.[ch]")} - SUPPORT
    listed = set()
    for name in kernels():
        listed |= {str(path.relative_to(RUNTIME)) for path in files_of(name)}
        listed |= {f"{name}.c", f"{name}.h"} & there
    assert there == listed
    assert {path.name for path in RUNTIME.iterdir() if path.is_dir()} == set(VARIANTS)
    sources = {path for path in there if path.endswith(".c")}
    assert {f"{name}.c" for name, kernel in kernels().items() if not kernel.is_helper} <= sources
    assert sources == set(re.findall(r'^#include "(.*\.c)"$', code(RUNTIME / "all_kernels.h"), re.MULTILINE))


@pytest.mark.parametrize("name", kernels())
def test_functions_are_those_of_its_files(name):
    entry, found = kernels()[name], set()
    for path in files_of(name):
        found |= {function for function, _ in DEFINITION.findall(code(path))}
        found |= set(INSTANCE.findall(code(path)))
    assert found - {name} == set(entry.functions)
    if not entry.is_helper:
        assert all(re.search(rf"\bintegrad_{name}\(", code(path)) for path in files_of(name))


def signatures(name: str, path: Path) -> set[str]:
    """The types of a function's result and parameters."""
    pattern = rf"^(\w[\w \n*]*[ \n*])integrad_{name}(\([^;{{}}]*\))\s*[{{;]"
    found = re.findall(pattern, code(path), re.MULTILINE)
    linkage = r"\b(INTEGRAD_KERNEL|static|inline)\b"
    return {normal(re.sub(linkage, "", result)) + normal(types) for result, types in found}


def normal(types: str) -> str:
    """Types without the names of parameters."""
    return re.sub(r"\s+", " ", re.sub(r"\b\w+(?=\s*[,)])", "", types)).strip()


@pytest.mark.parametrize("name", [n for n, kernel in kernels().items() if kernel.variants])
def test_every_variant_has_the_same_signature(name):
    found = [signatures(name, path) for path in files_of(name)]
    declared = signatures(name, RUNTIME / "kernels.h")
    if not kernels()[name].is_helper:
        assert len(declared) == 1 and all(one == declared for one in found), found
    elif "portable" in kernels()[name].variants:
        assert not declared and all(one == found[-1] for one in found), found


@pytest.mark.parametrize("name", kernels())
def test_what_it_requires_is_what_it_uses(name):
    owner = {f"integrad_{n}": n for n in kernels()}
    for n, kernel in kernels().items():
        owner |= {f"integrad_{function}": n for function in kernel.functions}
    own = {f"integrad_{n}" for n in (name, *kernels()[name].functions)}
    text = "".join(code(path) for path in files_of(name))
    called = set(re.findall(r"\bintegrad_\w+(?=[(,)])", text)) - own
    called |= {f"integrad_{n}" for n in STRUCTS if f"struct integrad_{n} " in text}
    headers = re.findall(r'^#include "(?:\.\./)?(?:\w+/)?(\w+)\.h"$', text, re.MULTILINE)
    included = set(headers) & set(kernels()) if kernels()[name].variants else set()
    assert included | {owner[symbol] for symbol in called} - {name} == set(kernels()[name].requires)


@pytest.mark.parametrize("core", [*CORES, *OTHERS])
def test_cores_get_what_they_can_execute(core):
    expected = CHAINS.get(core, {"m23": {"m0"}, "m33 without DSP": {"m3"}}.get(core, set()) | {"portable"})
    assert set(chain_of(core)) == expected
    assert chain_of(core, f"-D{PORTABLE}") == ["portable"]


@pytest.mark.parametrize("flag", ["", SMALL, PORTABLE])
@pytest.mark.parametrize("core", ["m0", "m3", "m4", "m55", "host"])
def test_the_best_variant_is_compiled(core, flag):
    flags = (f"-D{flag}",) if flag else ()
    chain = chain_of(core, *flags)
    for name, kernel in kernels().items():
        if kernel.variants and (RUNTIME / f"{name}.c").exists():
            found = {path for path in included(core, RUNTIME / f"{name}.c", *flags) if "/" in path}
            usual = [v for v in kernel.variants if v in chain and not (flag == SMALL and v in kernel.long)]
            mine = {path for path in found if path.endswith(f"/{name}.h")}
            assert mine == {f"{variant}/{name}.h" for variant in usual[:1]}, name
            assert {path.split("/")[0] for path in found} <= set(chain)


@pytest.mark.parametrize("path", sorted(RUNTIME.rglob("*.[ch]")), ids=lambda path: path.stem)
def test_plain_text(path):
    text = path.read_text()
    assert text.isascii() and max(map(len, text.split("\n"))) <= 100
    assert not re.search(r"\b(float|double|malloc|goto)\b", code(path))
    assert "portable" not in path.parts or "asm" not in code(path)
