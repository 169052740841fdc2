"""Finding compilers, and error messages if one is missing or fails."""

import sys

import pytest
from emulated import BUILDS, CORES, PROGRAMS

from integrad.build import object_cache, objects, toolchain
from integrad.build.firmware import build_firmware
from integrad.build.host_program import build_host, run_host
from integrad.build.objects import forget_objects
from integrad.build.toolchain import find_toolchain
from integrad.emulate import runner
from integrad.emulate import unicorn_core as unicorn_engine
from integrad.errors import IntegradError, UsageError
from integrad.targets.cores import get_core


def build_text(text, folder, core="m4", **options):
    source = folder / "program.c"
    source.write_text(text)
    return build_firmware(get_core(core), [source], [], folder, **options)


def hide(monkeypatch, *modules):
    """Simulate that programs and these modules are not installed."""
    monkeypatch.setenv("PATH", "/nonexistent")
    find = toolchain.importlib.util.find_spec
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda n: None if n in modules else find(n))


def test_gcc_comes_first():
    assert find_toolchain().name == "gcc"


def test_zig_needs_only_pip(monkeypatch):
    hide(monkeypatch)
    assert find_toolchain().name == "zig"
    assert find_toolchain().compile[:3] == (sys.executable, "-m", "ziglang")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (None, "apt-get install gcc-arm-none-eabi (as root), or pip install 'integrad[emulator]'"),
        ("gcc", "apt-get install gcc-arm-none-eabi"),
        ("clang", "apt-get install clang lld"),
        ("zig", "pip install 'integrad[emulator]'"),
    ],
)
def test_absent_compiler_names_its_command(monkeypatch, name, command):
    hide(monkeypatch, "ziglang")
    with pytest.raises(IntegradError) as failure:
        find_toolchain(name)
    assert command in str(failure.value)


def test_unknown_toolchain():
    with pytest.raises(UsageError, match="known toolchains: gcc, clang, zig"):
        find_toolchain("tcc")


def test_without_qemu_unicorn_is_chosen(monkeypatch):
    assert runner.choose_engine(get_core("m4")) == "qemu"
    hide(monkeypatch)
    assert runner.choose_engine(get_core("m4")) == "unicorn"
    with pytest.raises(IntegradError, match=r"no emulator for Cortex-M55 is installed; apt-get"):
        runner.choose_engine(get_core("m55"))


def test_without_any_emulator(monkeypatch):
    hide(monkeypatch, "unicorn")
    with pytest.raises(IntegradError) as failure:
        runner.choose_engine(get_core("m4"))
    assert unicorn_engine.BRINGS_UNICORN in str(failure.value)
    assert "apt-get install qemu-system-arm" in str(failure.value)


@pytest.mark.parametrize("name", ["gcc", "clang", "zig"])
def test_warning_is_an_error_with_its_place(tmp_path, name):
    with pytest.raises(IntegradError, match=r"program\.c:1.*error.*unused"):
        build_text("static int unused;\nint main(void) { return 0; }\n", tmp_path, toolchain=name)


@pytest.mark.parametrize("name", ["gcc", "clang", "zig"])
def test_missing_function_is_named(tmp_path, name):
    with pytest.raises(IntegradError, match=rf"{name} cannot link the network: [^/]*nowhere"):
        build_text("int nowhere(void);\nint main(void) { return nowhere(); }\n", tmp_path, toolchain=name)


@pytest.mark.parametrize(("core", "name"), BUILDS)
def test_static_functions_stay_apart_and_inline_ones_do_not(build, core, name):
    functions = {function.name for function in build("counts", core, name).program.functions}
    assert {"main", "sum", "scale", "known_loop"} <= functions
    assert not {"integrad_region_begin", "integrad_region_end"} & functions


@pytest.mark.parametrize("core", CORES)
def test_unused_functions_and_data_are_left_out(build, core):
    names = {symbol.name for symbol in build("counts", core).program.symbols}
    assert "integrad_crc32" not in names and "memmove" not in names


def test_a_build_can_be_repeated_bit_for_bit(tmp_path, monkeypatch):
    monkeypatch.setenv(object_cache.VARIABLE, "off")
    source, elves = PROGRAMS / "branches.c", []
    for folder in ("first", "second"):
        forget_objects()
        elves.append(build_firmware(get_core("m33"), [source], [], tmp_path / folder).elf.read_bytes())
    assert elves[0] == elves[1]


def test_an_object_is_reused_for_the_same_text_and_flags_only(tmp_path, monkeypatch):
    def commands(text, optimisation="-O2"):
        """How often the compiler compiles."""
        header, source, ran = tmp_path / "value.h", tmp_path / "source.c", []
        header.write_text(text)
        source.write_text('#include "value.h"\nint main(void) {\n    return VALUE;\n}\n')
        monkeypatch.setattr(objects, "run_tool", lambda command: ran.append(command) or genuine(command))
        build_firmware(get_core("m3"), [source], [tmp_path], tmp_path / "out", optimisation=optimisation)
        return sum("-c" in command for command in ran)

    genuine = objects.run_tool
    monkeypatch.setenv(object_cache.VARIABLE, "off")
    forget_objects()
    assert commands("#define VALUE 1\n") == 5  # with start-up code, semihosting, memory functions, checksum
    assert commands("#define VALUE 1\n") == 0
    assert commands("#define VALUE 2\n") == 1
    assert commands("#define VALUE 2\n", "-Os") == 5


@pytest.mark.parametrize("name", ["gcc", "clang", "zig"])
def test_folder_names_may_be_awkward(tmp_path, name):
    folder = tmp_path / "a, b $c 'd'"
    folder.mkdir()
    firmware = build_text("int main(void) { return 0; }\n", folder, toolchain=name)
    assert firmware.map_file.exists()
    for engine in ("qemu", "unicorn"):
        assert runner.run(firmware, b"", engine=engine).exit_code == 0


def test_host_sanitizer_stops_a_wild_index(tmp_path):
    source = tmp_path / "overflow.c"
    source.write_text(
        '#include "transport.h"\n'
        "int main(void) { uint8_t index; static volatile int32_t table[4];\n"
        "    return integrad_read(&index, 1) != 0 || table[index] != 0; }\n"
    )
    program = build_host([source], [], tmp_path)
    assert run_host(program, b"\3") == b""
    with pytest.raises(IntegradError, match="out of bounds"):
        run_host(program, b"\4")


def test_host_time_limit(tmp_path):
    source = tmp_path / "hang.c"
    source.write_text("int main(void) { for (volatile int i = 0;; i = 1 - i) { } }\n")
    with pytest.raises(IntegradError, match=r"did not end within 0\.2 s"):
        run_host(build_host([source], [], tmp_path), b"", 0.2)


def test_absent_host_compiler(tmp_path, monkeypatch):
    hide(monkeypatch)
    with pytest.raises(IntegradError, match="apt-get install gcc"):
        build_host([PROGRAMS / "echo.c"], [], tmp_path)
