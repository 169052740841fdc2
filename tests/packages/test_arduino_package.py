"""Libraries for Arduino and the project for PlatformIO: their descriptions, and sketches on an emulated AVR.

Sketches are compiled with the AVR core and the recipes of its platform.txt, and run in simavr.
"""

import json
import re
import zlib

import numpy as np
import pytest
from arduino_builder import MEGA, Builder, properties

from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import UsageError
from integrad.execute.self_test import expected_checksums
from integrad.export.target import Request
from integrad.export.targets import TARGETS
from integrad.export.writing import write_export
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.training.specification import load_spec
from integrad_codegen.plan import make_plan

BOTH = """
#include <Arduino.h>
#include <band_arduino.h>
#include <wand_arduino.h>

#include "band_self_test.h"
#include "wand_self_test.h"

integrad_store eeprom_store();

static wand_weights weights, loaded;

void setup() {
    Serial.begin(115200);
    Serial.println(wand_self_test().weights, HEX);
    Serial.println(band_self_test().weights, HEX);
    integrad_store store = eeprom_store();
    integrad_store_info info = {0, 0, 0, 0};
    Serial.println(wand_load(&loaded, &info, &store));
    weights = wand_initial_weights;
    reinterpret_cast<uint8_t *>(&weights)[1] ^= 3;
    Serial.println(wand_save(NULL, &store, &weights, 77));
    Serial.println(wand_load(&loaded, &info, &store));
    Serial.println(info.steps);
    Serial.println(integrad_crc32(0, &loaded, sizeof loaded), HEX);
}

void loop() {
}
"""


def request_for(name, learner, learn, batch):
    """Of a small model."""
    preprocessing = Preprocessing.fit(np.arange(120, dtype="uint8").reshape(10, 12), "F")
    found = load_spec("mlp:6", (12,), learner)
    network = Network((12,), 3, found.layers, learner, 32, found.output_bias)
    network.initialise(np.random.default_rng(len(name)))
    model = Model(network, preprocessing, ["left", "right", "grün"], {})
    return Request(model, make_plan(network, name, learn, batch, model.constants))


WAND, BAND = request_for("wand", "backprop", "all", 2), request_for("band", "nitro-d", "none", 1)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """The folder of two models, of which one learns."""
    folder = tmp_path_factory.mktemp("libraries")
    for request in (WAND, BAND):
        write_export(folder, TARGETS["arduino"].files(request))
    return folder


@pytest.fixture(scope="module")
def mega(libraries, tmp_path_factory):
    return Builder(MEGA, [libraries], tmp_path_factory.mktemp("mega"))


@pytest.mark.emulator
def test_two_models_share_a_runtime_and_the_eeprom_keeps_what_was_learnt(libraries, mega, tmp_path):
    sketch = tmp_path / "both"
    sketch.mkdir()
    (sketch / "both.ino").write_text(BOTH)
    for name in ("wand", "band"):
        for suffix in ("c", "h"):
            file = f"{name}_self_test.{suffix}"
            (sketch / file).write_bytes(
                (libraries / name / "examples" / f"{name}_self_test" / file).read_bytes()
            )
    (sketch / "eeprom.cpp").write_bytes((libraries / "wand/examples/wand/eeprom.cpp").read_bytes())
    elf = mega.build(sketch)
    changed = bytearray(
        np.concatenate([p.array.ravel() for p in WAND.plan.parameters()]).astype("i1").tobytes()
    )
    changed[1] ^= 3
    expected = [expected_checksums(request.model, request.plan).weights for request in (WAND, BAND)]
    assert mega.printed(elf, 7) == [
        *(f"{crc:X}" for crc in expected),
        *("2", "0", "0", "77"),  # nothing saved yet; saved; loaded; the steps
        f"{zlib.crc32(changed):X}",
    ]


@pytest.mark.emulator
def test_the_example_runs(libraries, mega):
    elf = mega.build(libraries / "wand/examples/wand")
    assert mega.printed(elf, 1)[0] in ("left", "right", "grün")
    elf = mega.build(libraries / "wand/examples/wand_self_test")
    (line,) = mega.printed(elf, 1)
    assert re.fullmatch(r"scores [0-9A-F]+ weights [0-9A-F]+ as on the host", line)


def test_descriptions_of_libraries(libraries):
    assert sorted(path.name for path in libraries.iterdir()) == ["band", "integrad", "wand"]
    for name in ("band", "integrad", "wand"):
        fields = properties(libraries / name / "library.properties")
        required = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url")
        assert all(fields[key] for key in required) and fields["architectures"] == "*"
        assert fields["name"] == name and re.fullmatch(r"\d+\.\d+\.\d+", fields["version"])
        assert fields["category"] == "Data Processing" and fields.get("depends", name) in (name, "integrad")
        root = {path.name for path in (libraries / name / "src").glob("*.h")}
        assert {fields["includes"]} <= root
        words = (libraries / name / "keywords.txt").read_text().splitlines()
        assert all(re.fullmatch(r"(\w+\t(KEYWORD[12]|LITERAL1)|# \w+|)", line) for line in words)
        sources = "".join(path.read_text() for path in (libraries / name / "src").rglob("*.h"))
        missing = [line.split("\t")[0] for line in words if "\t" in line]
        assert [word for word in missing if not re.search(rf"\b{word}\b", sources)] == []
        for sketch in (libraries / name / "examples").glob("*"):
            assert (sketch / f"{sketch.name}.ino").exists()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_export(folder, TARGETS["platformio"].files(WAND))
    return folder


def test_the_project_for_platformio(project):
    ini = (project / "platformio.ini").read_text()
    environments = re.findall(r"^\[env:([\w-]+)\]\nplatform = \w+\nboard = ([\w-]+)$", ini, re.MULTILINE)
    assert len(environments) > 4 and f"default_envs = {environments[0][0]}\n" in ini
    for name in ("wand", "integrad"):
        manifest = json.loads((project / f"lib/{name}/library.json").read_text())
        assert manifest["name"] == name and re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
        assert len(manifest["description"]) <= 255 and manifest["license"]
        assert (project / f"lib/{name}/src" / manifest["headers"]).exists()


def test_both_targets_have_the_same_sources(libraries, project):
    """What is compiled for Arduino above is what PlatformIO compiles."""
    for name in ("wand", "integrad"):
        assert contents(project / f"lib/{name}/src") == contents(libraries / name / "src")
    example = contents(libraries / "wand/examples/wand")
    example["main.cpp"] = example.pop("wand.ino")
    assert contents(project / "src") == example


def contents(folder):
    """Path → bytes of all files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", ["integrad", "wire", "eeprom"])
def test_names_that_arduino_knows_are_refused(name):
    with pytest.raises(UsageError, match=r"is a library of Arduino or the runtime; choose another --name"):
        TARGETS["arduino"].files(Request(WAND.model, make_plan(WAND.model.network, name, "none")))
