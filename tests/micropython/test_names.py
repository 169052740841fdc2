"""What a model may be called: no file of an export replaces another, no module of MicroPython is hidden."""

import subprocess
from pathlib import PurePath

import pytest
from fixed import FIXED

from integrad.build.micropython_modules import ARCHITECTURES, build_module
from integrad.emulate.micropython_unix import run_unix
from integrad.errors import UsageError
from integrad_codegen.file_sets import merged
from integrad_codegen.micropython.export import emit_micropython, emit_module
from integrad_codegen.names import RESERVED_NAMES, check_name, is_taken
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import origin_crc, weights_file

MODEL = FIXED["frozen"].model()


def plan_for(name):
    return make_plan(MODEL.network, name, "last:1", 3)


REFUSED = ("example", "checksum", "integrad", "learnt", "boot", "time", "os", "gc", "array", "utime")


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_to_do(name):
    match = rf"^name '{name}': is a keyword, .*; choose another --name$"
    with pytest.raises(UsageError, match=match):
        check_name(name)
    for emit in (emit_micropython, emit_module):
        with pytest.raises(UsageError, match=match):
            emit(MODEL, plan_for(name))


def test_modules_of_micropython_are_refused():
    """Those of every port are listed; what one has can be seen."""
    listed = run_unix("help('modules')").split("Plus any")[0].split()
    names = {name.split("/")[0].lstrip("_") for name in listed} - {"main__"}
    assert len(names) > 20 and names <= RESERVED_NAMES


def test_headers_that_standard_headers_include_are_refused():
    """PREFIX.h in a folder that is searched first would hide them."""
    standard = (
        "assert",
        "errno",
        "inttypes",
        "limits",
        "math",
        "stdint",
        "stdio",
        "stdlib",
        "string",
        "time",
    )
    source = "".join(f"#include <{name}.h>\n" for name in standard)
    result = subprocess.run(
        ["gcc", "-D_GNU_SOURCE", "-M", "-x", "c", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [PurePath(word) for word in result.stdout.split() if word.endswith(".h")]
    names = {path.stem for path in paths if path.parent.name == "include" and path.stem.isidentifier()}
    assert {"features", "strings", "stdint"} <= names
    assert {name for name in names if not is_taken(name)} == set()


def test_no_name_hides_a_file_of_the_export():
    names = list(emit_micropython(MODEL, plan_for("toy")))
    for path in names:
        name = PurePath(path).stem.lower()
        if not (is_taken(name) or name.startswith("_")):
            assert len(emit_micropython(MODEL, plan_for(name))) == len(names)


def test_two_files_of_one_path():
    assert merged({"a": "1"}, {"b": "2"}) == {"a": "1", "b": "2"}
    with pytest.raises(AssertionError, match="two files with the same path: a"):
        merged({"a": "1", "b": "2"}, {"a": "2"})


@pytest.mark.parametrize("name", ["m_module"])
def test_names_like_those_of_its_sources(name):
    plan = plan_for(name)
    module = build_module(emit_module(MODEL, plan), f"_{name}", ARCHITECTURES["x64"])
    files = {f"_{name}.mpy": module, f"{name}.weights": weights_file(MODEL, plan)}
    files[f"{name}.py"] = emit_micropython(MODEL, plan)[f"{name}.py"].encode()
    script = f"import {name}\nprint('%08x' % {name}.Model('{name}.weights').crc())"
    assert run_unix(script, files) == f"{origin_crc(plan):08x}\n"
