"""Packages for build systems that are not installed here: what they say is read by parsers and by CMake with
stand-ins for the SDKs, and compilers check the sources against declarations."""

import csv
import io
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
import zipfile

import kconfiglib
import pytest
import yaml
from idf_component_tools.manager import ManifestManager, UploadMode
from pack_rules import breaches
from package_folders import (
    ARM,
    DECLARATIONS,
    SDK,
    WARNINGS,
    check_syntax,
    configure,
    names,
    package,
    request,
    run,
    write,
)

from integrad.export.targets import TARGETS


def runtime(folder):
    paths = (path for path in folder.rglob("integrad/**/*") if path.is_file())
    return {path.as_posix().rpartition("/integrad/")[2]: path.read_text() for path in paths}


def check(commands, folder, *options):
    """The compiler's check of all files of a project but the runtime's, of which the store stands for all."""
    assert {path.name for path in folder.rglob("*.c")} == names(commands), "each file is compiled"
    for file, entry in commands.items():
        if file.parent.name != "integrad" or file.name == "store.c":
            words = entry["command"].split(" -o ")[0].split()
            run(*words, *WARNINGS, "-fsyntax-only", *options, file, cwd=entry["directory"])


@pytest.mark.parametrize("target", ["pico-sdk", "stm32cube", "zephyr", "esp-idf", "cmsis-pack"])
def test_the_runtime_is_that_of_other_packages(target):
    assert runtime(package(target)) == runtime(package("cmake")) and len(runtime(package(target))) > 200


def test_pico_sdk(tmp_path):
    folder, environment = package("pico-sdk"), os.environ | {"PICO_SDK_PATH": str(SDK / "pico")}
    check(configure(folder / "example", tmp_path, env=environment), folder)
    with pytest.raises(
        AssertionError, match="PICO_SDK_PATH must be the folder of the Pico SDK, but is '/nowhere'"
    ):
        configure(folder / "example", tmp_path / "b", env=os.environ | {"PICO_SDK_PATH": "/nowhere"})


def test_esp_idf(tmp_path):
    folder, environment = package("esp-idf"), os.environ | {"IDF_PATH": str(SDK / "esp-idf")}
    check(configure(folder, tmp_path, env=environment), folder)
    manifests = list(folder.rglob("idf_component.yml"))
    assert len(manifests) == 2
    for path in manifests:
        manager = ManifestManager(path, path.parent.name, upload_mode=UploadMode.component)
        assert manager.validate().validation_errors == []
        assert str(manager.manifest.version) and manager.manifest.dependencies
    rows = [row for row in csv.reader((folder / "partitions.csv").open()) if not row[0].startswith("#")]
    label, kind, _, _, size = (cell.strip() for cell in rows[-1])
    assert (kind, int(size, 16) % 4096) == ("data", 0) and len(label) <= 16
    assert f'#define LABEL "{label}"' in next(folder.rglob("toy_flash_store.c")).read_text()


def test_zephyr(tmp_path):
    folder, environment = package("zephyr"), os.environ | {"ZEPHYR_BASE": str(SDK / "zephyr")}
    options = [f"-DZephyr_DIR={SDK / 'zephyr'}"]
    options += [f"-DCONFIG_{name}=y" for name in ("INTEGRAD_TOY", "INTEGRAD_TOY_STORE", "INTEGRAD_SMALL")]
    commands = configure(folder / "samples/toy", tmp_path, *options, env=environment)
    check(commands, folder)
    kernels = [entry for path, entry in commands.items() if path.parent.name == "integrad"]
    assert kernels and all("-DINTEGRAD_SMALL" in entry["command"] for entry in kernels)
    other = package("zephyr", "other", "none", 2)
    more = (f"-DMORE_MODULES={other}", "-DCONFIG_INTEGRAD_OTHER=y")
    both = configure(folder / "samples/toy", tmp_path, *more, env=environment)
    assert {path.name for path in both.keys() - commands.keys()} == {
        "other.c",
        "other_runtime.c",
        "other_weights.c",
    }
    shutil.copytree(other, tmp_path / "older")
    text = (other / "CMakeLists.txt").read_text()
    changed = re.sub('STREQUAL "[0-9a-f]{8}"', 'STREQUAL "12345678"', text)
    (tmp_path / "older/CMakeLists.txt").write_text(changed)
    with pytest.raises(AssertionError, match=r"other needs the runtime \w+, but another model brought the"):
        configure(folder / "samples/toy", tmp_path, f"-DMORE_MODULES={tmp_path / 'older'}", env=environment)


def test_zephyr_descriptions(tmp_path):
    folder = package("zephyr")
    module = yaml.safe_load((folder / "zephyr/module.yml").read_text())
    assert (folder / module["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (folder / module["build"]["kconfig"]).is_file() and all(
        (folder / s).is_dir() for s in module["samples"]
    )
    sample = yaml.safe_load((folder / "samples/toy/sample.yaml").read_text())
    assert sample["sample"]["name"] and len(sample["tests"]) == 2
    regex = sample["tests"]["sample.integrad.toy"]["harness_config"]["regex"]
    assert (
        re.search(regex[0], "self-test of toy: passed")
        and regex[0].split(":")[0] in next(folder.rglob("main.c")).read_text()
    )

    other = package("zephyr", "other", "none", 2)
    (tmp_path / "Kconfig").write_text(
        'config FLASH_MAP\n\tbool "f"\nconfig FLASH_PAGE_LAYOUT\n\tbool "p"\n'
        f'source "{folder / "Kconfig"}"\nsource "{other / "Kconfig"}"\n'
    )
    config = kconfiglib.Kconfig(str(tmp_path / "Kconfig"), warn_to_stderr=False)
    assert config.warnings == []
    for line in (folder / "samples/toy/prj.conf").read_text().splitlines():
        name = line.removeprefix("CONFIG_").split("=")[0]
        if name.startswith("INTEGRAD"):
            config.syms[name].set_value(2)
    assert config.syms["INTEGRAD_RUNTIME"].str_value == "y"
    store = config.syms["INTEGRAD_TOY_STORE"]
    assert store.set_value(2) and store.str_value == "n", "without a flash map there is no store"
    config.syms["FLASH_MAP"].set_value(2), config.syms["FLASH_PAGE_LAYOUT"].set_value(2)
    assert store.str_value == "y" and config.syms["INTEGRAD_TOY_STORE_SLOTS"].str_value == "2"
    assert "INTEGRAD_OTHER_STORE" not in config.syms, "nothing is learnt"
    assert all(
        node.help
        for symbol in config.unique_defined_syms
        if symbol.name.startswith("INTEGRAD")
        for node in symbol.nodes
    )


def test_stm32cube():
    folder = package("stm32cube")
    middleware = folder / "Middlewares/Integrad"
    includes = [
        f"-I{path}"
        for path in (SDK / "stm32cube", folder / "Core/Inc", middleware / "Inc", middleware / "Runtime")
    ]
    files = [
        *folder.glob("Core/Src/*.c"),
        *middleware.glob("Src/*.c"),
        middleware / "Runtime/integrad/store.c",
    ]
    check_syntax((*ARM, "-mcpu=cortex-m4"), files, *includes)
    page = (folder / "README.md").read_text()
    assert all(
        (folder / path).exists()
        for path in re.findall(r"`((?:Core|Middlewares)/[\w/.]*)`", page)
        if "main.c" not in path
    )


def test_cmsis_pack():
    folder = package("cmsis-pack")
    pack = folder / "integrad.integrad_toy.1.0.0.pack"
    with zipfile.ZipFile(pack) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert inside == {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path not in (pack, folder / "integrad.json")
    }
    root = ElementTree.parse(folder / "integrad.integrad_toy.pdsc").getroot()
    assert breaches(root, inside) == []
    listed = [entry.attrib for entry in root.iter("file")]
    sources = {entry["name"] for entry in listed if entry["category"] == "source"}
    assert sources == {name for name in inside if name.endswith(".c")}
    includes = [f"-I{folder / entry['name']}" for entry in listed if entry["category"] == "include"]
    own = [folder / name for name in sources if "/integrad/" not in name]
    check_syntax(
        (*ARM, "-mcpu=cortex-m55"), own, *includes, f"-I{folder / 'example'}", f"-isystem{DECLARATIONS}"
    )
    changed = ElementTree.fromstring(
        (folder / "integrad.integrad_toy.pdsc").read_text().replace('Csub="toy"', 'Csub="_"')
    )
    assert breaches(changed, inside), "the rules notice a wrong name"


@pytest.mark.parametrize(
    "target", [name for name, row in TARGETS.items() if "package_version" in {o.name for o in row.options}]
)
def test_texts(target):
    """Whatever is learnt, texts are complete and tidy; for inference only, nothing is left of learning. Equal
    exports have equal bytes."""
    files = TARGETS[target].files(request("other", "none", 2))
    for name, text in [*files.items(), *TARGETS[target].files(request()).items()]:
        if isinstance(text, str):
            assert text.endswith("\n") and not re.search(r"\n\n(\n|$)|\{[{%]| +$", text, re.MULTILINE), name
    assert not [name for name in files if "flash_store" in name or "overlay" in name]
    for name, text in files.items():
        if isinstance(text, str) and "/integrad/" not in name:
            assert "other_train" not in text and "board_button" not in text, name
    assert files == TARGETS[target].files(request("other", "none", 2))


def test_the_serial_protocol_can_be_added(tmp_path):
    folder = write(tmp_path, "pico-sdk", serial=True)
    assert "src/toy_serial.c" in (folder / "CMakeLists.txt").read_text()
    assert runtime(folder) == runtime(package("pico-sdk"))
    assert io.StringIO((folder / "src/toy_serial.c").read_text()).readline().startswith("/* SPDX")
