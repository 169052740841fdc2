"""Signed updates: what a host signs, a program installs, and nothing else."""

import json
import struct
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from integrad.boards.signed_update import Update, read_update, signed_image
from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import DEVICE, WARNINGS
from integrad.cli import main
from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model, load_model, save_model
from integrad.network.network import Network
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "benchmarks"))
from update_costs import LIBRARY as MEASURED  # noqa: E402
from update_costs import measure  # noqa: E402

LIBRARY = Path(str(files("ed25519_orlp") / "csrc"))
LIBRARY_SOURCES = [LIBRARY / f"{name}.c" for name in ("verify", "fe", "ge", "sc", "sha512")]

VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f05"
        "95bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb"
        "4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e97"
        "16ed28dc027beceea1ec40a",
    ),
]
"""Tests 1 to 3 of RFC 8032, section 7.1: private key, public key, message, signature."""

FORMAT, MODEL, SIGNATURE, OLD = -16, -17, -18, -6


def run(*words):
    return CliRunner().invoke(main, ["update", *map(str, words)])


def fail(*words):
    """(exit status, the one line) of a command that must fail."""
    result = run(*words)
    lines = [line for line in result.stderr.splitlines() if not line.startswith("See: ")]
    assert result.exit_code in (1, 2) and len(lines) == 1, result.output
    return result.exit_code, lines[0]


def with_output(model, value):
    """The model with another weight in its output layer, which learns, and the same other weights."""
    network = model.network.copy()
    arrays = network.arrays()
    arrays["output.weights"] = arrays["output.weights"].copy()
    arrays["output.weights"][0, 0] = value
    network.load_parameters(arrays)
    return replace(model, network=network)


def trained_anew(shift):
    """A model of integer backpropagation with this output shift."""
    network = Network([8], 3, [{"type": "backprop_dense", "units": 4}], learner="backprop")
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    arrays = network.arrays()
    arrays["output.scales"] = np.array([-7, shift, 3], np.int8)
    network.load_parameters(arrays)
    return Model(network, Preprocessing("F", "int16", (8,), 0, (0,) * 8, (20,) * 8), ["a", "b", "c"])


class Workshop:
    """A folder with keys, an exported model, new weights for it, and images of updates."""

    def __init__(self, folder):
        self.folder = folder
        network = Network([8], 3, [{"type": "dense", "units": 6, "alpha_inv": 4}])
        network.initialise(np.random.Generator(np.random.PCG64(1)))
        preprocessing = Preprocessing("F", "int16", (8,), 0, (0,) * 8, (20,) * 8)
        self.exported = with_output(Model(network, preprocessing, ["a", "b", "c"]), 1)
        save_model(self.exported, folder / "wand.model")
        for value in (70, 80):
            save_model(with_output(self.exported, value), folder / f"{value}.model")
        for name in ("wand", "other"):
            assert run("keygen", "--out", folder / f"{name}.key").exit_code == 0
        self.signed(1, 70)
        self.signed(2, 70)
        self.signed(3, 80)
        self.right = (folder / "3").read_bytes()
        self.update = read_update(self.right, str(folder / "wand.key.pub"), "3")
        write_files(emit_c(self.exported, make_plan(self.exported.network, "toy", "output", 4)), folder)

    def signed(self, version, value, key="wand.key", name=None):
        words = [
            "sign",
            self.folder / f"{value}.model",
            "--for",
            self.folder / "wand.model",
            "--learn",
            "output",
        ]
        words += [
            "--version",
            version,
            "--key",
            self.folder / key,
            "--out",
            self.folder / (name or str(version)),
        ]
        result = run(*words, "--json", "-")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def image(self, data):
        """The path of a file with these bytes."""
        path = self.folder / f"image{len(list(self.folder.glob('image*')))}"
        path.write_bytes(data)
        return path

    def resigned(self, **changes):
        """A rightly signed update of version 3 that is wrong in other respects."""
        return signed_image(replace(self.update, **changes), str(self.folder / "wand.key"))

    def build(self, name="program", **replaced):
        """replaced: name of a source → another one."""
        sources = {"main": HERE / "updates.c", "weights": self.folder / "toy_weights.c"}
        sources |= {name: DEVICE / f"store/{name}.c" for name in ("update", "store")} | {
            "crc": DEVICE / "checksum.c"
        }
        objects = []
        for part, source in (sources | replaced).items():
            objects.append(self.folder / f"{part}.o" if part not in replaced else source.with_suffix(".o"))
            if part in replaced or not objects[-1].exists():
                flags = ["-O0", "-w"] if part in replaced else ["-O1", *WARNINGS]
                folders = [f"-I{self.folder}", f"-I{DEVICE / 'store'}", f"-I{DEVICE}", f"-isystem{LIBRARY}"]
                words = [
                    "gcc",
                    "-std=c99",
                    "-O1",
                    *flags,
                    *SANITIZERS,
                    *folders,
                    "-c",
                    source,
                    "-o",
                    objects[-1],
                ]
                built = subprocess.run(words, capture_output=True, text=True)
                assert built.returncode == 0, built.stderr
        library = self.folder / "libed25519.so"
        if not library.exists():
            words = ["gcc", "-O2", "-fPIC", "-shared", "-w", *LIBRARY_SOURCES, "-o", library]
            subprocess.run(words, check=True)
        program = self.folder / name
        subprocess.run(
            ["gcc", *SANITIZERS, *objects, library, f"-Wl,-rpath,{self.folder}", "-o", program], check=True
        )
        return program

    def life(self):
        """Arguments of the program, and what it prints for each: result, version and weight of the save
        that a start loads, weight of the program, whether it wrote."""
        folder, image, right = self.folder, self.image, self.right
        other = self.resigned(model=self.update.model ^ 1)
        self.signed(4, 80, "other.key", "foreign")
        kept, refused = (2, 71, 71), {}
        refused["foreign"] = SIGNATURE, folder / "foreign"
        refused["another program"] = MODEL, image(other)
        refused["another layout"] = MODEL, image(self.resigned(layout=self.update.layout ^ 1))
        refused["fewer weights"] = MODEL, image(self.resigned(weights=self.update.weights[:-2]))
        refused["more weights"] = MODEL, image(self.resigned(weights=self.update.weights + bytes(2)))
        refused["version 0"] = FORMAT, image(self.resigned(version=0))
        refused["format 2"] = FORMAT, image(right[:4] + struct.pack("<I", 2) + right[8:])
        refused["longer"] = FORMAT, image(right + b"\0")
        refused["cut off"] = FORMAT, image(right[:-1])
        refused["header"] = FORMAT, image(right[:32])
        refused["empty"] = FORMAT, image(b"")
        refused["later version"] = SIGNATURE, image(right[:20] + struct.pack("<I", 9) + right[24:])
        refused["other weights"] = SIGNATURE, image(right[:32] + bytes(2) + right[34:])
        refused["signature"] = SIGNATURE, image(right[:-1] + bytes([right[-1] ^ 1]))
        refused["older"] = OLD, folder / "1"
        refused["again"] = OLD, folder / "2"
        steps = [(f"try={folder / '2'}", (0, 0, 1, 70, 1))]  # not confirmed: a start ignores it
        steps += [(f"install={folder / '2'}", (0, 2, 70, 70, 1)), ("learn", (0, 2, 71, 71, 1))]
        steps += [(f"broken={folder / '3'}", (SIGNATURE, *kept, 0))]
        steps += [(f"install={path}", (result, *kept, 0)) for result, path in refused.values()]
        steps += [("learn", (0, 2, 72, 72, 1)), ("learn", (0, 2, 73, 73, 1))]
        steps += [
            (f"install={folder / '2'}", (OLD, 2, 73, 73, 0)),
            (f"install={folder / '3'}", (0, 3, 80, 80, 1)),
        ]
        return steps


def outcome(program, steps):
    done = subprocess.run([program, *(str(word) for word, _ in steps)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def life(workshop):
    return workshop.life()


@pytest.fixture(scope="module")
def program(workshop):
    return workshop.build()


def test_a_program_installs_what_it_should(program, life):
    found = outcome(program, life)
    assert [(word, line) for (word, _), line in zip(life, found, strict=True)] == life


def test_no_changed_bit_is_accepted(program, workshop):
    assert outcome(program, [(f"flip={workshop.folder / '1'}", None)]) == [(0, 0, 1, 1, 0)]


def test_vectors_of_the_standard(program, workshop):
    steps = []
    for private, public, message, signature in VECTORS:
        private, public, message, signature = map(bytes.fromhex, (private, public, message, signature))
        key = Ed25519PrivateKey.from_private_bytes(private)
        assert key.public_key().public_bytes_raw() == public and key.sign(message) == signature
        for changed, right in ((message, 1), (message + b"\0", 0)):
            steps.append((f"vector={workshop.image(public + signature + changed)}", right))
    assert [line[0] for line in outcome(program, steps)] == [right for _, right in steps]


def test_an_emulated_core_accepts_an_update(tmp_path):
    """With the costs that docs/security.md states, which depend a little on the key and the update."""
    flash, stack, instructions = measure("m0", MEASURED, 1024, "-O2", tmp_path)
    assert flash < 30_000 and stack < 3_700 and 12e6 < instructions < 15e6


SABOTAGE = {
    "signature ignored": ("update", "key->public_key) != 1)", "key->public_key) == 99)"),
    "errors taken for success": ("update", "key->public_key) != 1)", "key->public_key) == 0)"),
    "header signed, weights not": ("update", "bytes, signed_bytes, key", "bytes, 32, key"),
    "model ignored": ("update", "field(bytes, 12) != content->model", "0"),
    "layout ignored": ("update", "field(bytes, 8) != content->layout", "0"),
    "size of the program ignored": ("update", "field(bytes, 16) != content->size", "0"),
    "size of the image ignored": ("update", "field(bytes, 16) != size - UPDATE_OVERHEAD", "0"),
    "read beyond the end": ("update", "size < UPDATE_OVERHEAD ||", ""),
    "version ignored": ("store", "h->update <= installed", "0"),
    "version may be repeated": ("store", "h->update <= installed", "h->update < installed"),
    "version lost by learning": ("store", "h->update = installed;", "h->update = 0;"),
    "version counts before it is confirmed": ("store", "is_of(&h, content) && is_confirmed(s, i, &h)", "1"),
    "version 0": ("update", "field(bytes, 20) == 0", "0"),
}


@pytest.mark.parametrize("mistake", SABOTAGE)
def test_mistakes_in_updates_are_noticed(mistake, workshop, life, tmp_path):
    part, right, wrong = SABOTAGE[mistake]
    text = (DEVICE / f"store/{part}.c").read_text()
    assert text.count(right) == 1
    source = tmp_path / f"{part}.c"
    source.write_text(text.replace(right, wrong))
    program = workshop.build("sabotaged", **{part: source})
    try:
        assert outcome(program, life) != [line for _, line in life]
    except AssertionError as error:
        assert "AddressSanitizer" in str(error), error


def test_check(workshop):
    folder = workshop.folder
    words = ["check", folder / "3", "--key", folder / "wand.key.pub"]
    result = run(*words, "--for", folder / "wand.model", "--newer-than", 2, "--json", "-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    crc = load_model(folder / "wand.model").network.weights_crc()
    assert (found["version"], found["learn"], found["model_crc"]) == (3, "output", f"{crc:08x}")
    assert fail(*words, "--newer-than", 3) == (1, f"error: {folder / '3'}: version 3, not later than 3")
    assert "not signed with the key" in fail(*words[:3], folder / "other.key.pub")[1]
    assert "other weights than those" in fail(*words, "--for", folder / "70.model")[1]
    assert "not a public key" in fail(*words[:3], folder / "wand.key")[1]
    for image, message in (
        (workshop.right[:50], "only the beginning"),
        (workshop.right + b"\0", "damaged"),
        (workshop.right[:4] + b"\2" + workshop.right[5:], "damaged, or made by a newer version"),
        (workshop.resigned(layout=5), "made for another model"),
        (workshop.resigned(weights=b"12"), "damaged (2 bytes of weights)"),
        (workshop.resigned(weights=b"\0\x80" * (len(workshop.update.weights) // 2)), "output"),
    ):
        path = workshop.image(image)
        assert message in fail("check", path, *words[2:], "--for", folder / "wand.model")[1]


def test_what_cannot_be_signed(workshop, tmp_path):
    folder = workshop.folder
    words = [
        "sign",
        folder / "70.model",
        "--for",
        folder / "wand.model",
        "--out",
        tmp_path / "x",
        "--version",
        1,
    ]
    key = ["--key", folder / "wand.key"]
    assert "--learn" in fail(*words, *key)[1]
    assert "has no weights to update" in fail(*words, *key, "--learn", "none")[1]
    network = workshop.exported.network.copy()
    network.initialise(np.random.Generator(np.random.PCG64(2)))
    save_model(replace(workshop.exported, network=network), tmp_path / "frozen.model")
    words[1] = tmp_path / "frozen.model"
    assert "differ in weights that do not learn" in fail(*words, *key, "--learn", "output")[1]
    save_model(replace(workshop.exported, class_names=["a", "c", "b"]), tmp_path / "classes.model")
    words[1] = tmp_path / "classes.model"
    assert "other classes" in fail(*words, *key, "--learn", "output")[1]
    save_model(trained_anew(7), tmp_path / "anew.model")
    words[1], words[3] = tmp_path / "anew.model", tmp_path / "shifts.model"
    save_model(trained_anew(6), words[3])
    assert "other shifts" in fail(*words, *key, "--learn", "all")[1]
    assert not (tmp_path / "x").exists()


def test_keys(workshop, tmp_path):
    folder = workshop.folder
    assert (folder / "wand.key").stat().st_mode & 0o777 == 0o600
    before = (folder / "wand.key").read_bytes()
    assert "exists; choose another name" in fail("keygen", "--out", folder / "wand.key")[1]
    assert (folder / "wand.key").read_bytes() == before
    key = serialization.load_pem_private_key(before, None)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked = key.private_bytes(pem, form, serialization.BestAvailableEncryption(b"secret"))
    (tmp_path / "locked.key").write_bytes(locked)
    other = X25519PrivateKey.generate().private_bytes(pem, form, serialization.NoEncryption())
    (tmp_path / "other.key").write_bytes(other)
    words = ["sign", folder / "70.model", "--for", folder / "wand.model", "--learn", "output", "--version", 1]
    words += ["--out", tmp_path / "x", "--key"]
    assert "protected by a password" in fail(*words, tmp_path / "locked.key")[1]
    assert "key of another kind" in fail(*words, tmp_path / "other.key")[1]
    assert "not a private key" in fail(*words, folder / "wand.key.pub")[1]
    assert fail(*words, tmp_path / "missing.key")[0] == 1


def test_an_update_is_what_the_page_says(workshop):
    """docs/security.md, read independently."""
    image = workshop.right
    magic, form, layout, model, size, version, zero, zero2 = struct.unpack_from("<4s7I", image)
    weights = image[32:-64]
    assert (magic, form, version, zero, zero2, size) == (b"iUPD", 1, 3, 0, 0, len(weights))
    assert Update(layout, model, version, weights) == workshop.update
    public = serialization.load_pem_public_key((workshop.folder / "wand.key.pub").read_bytes())
    public.verify(image[-64:], image[:-64])
