"""Model files: equal models yield equal bytes, and any invalid file raises IntegradError."""

import json
import os
import re
import resource
import stat
import struct
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError, IntegradNote
from integrad.files import write_atomically
from integrad.model_file import Model, load_model, save_model
from integrad.network.network import Network
from integrad.tensor_file import write_tensors
from integrad.training.checkpoint import KIND as CHECKPOINT
from integrad.training.specification import parse_spec

NAMES = ["yes", "no", "perhaps «ß»"]


def make_model(seed=0, **training):
    rng = np.random.default_rng(seed)
    raw = rng.integers(0, 256, (20, 8, 8), dtype=np.uint8)
    preprocessing = Preprocessing.fit(raw, "HW")
    network = Network((1, 8, 8), 3, parse_spec("cnn:c2,p2,d5", (1, 8, 8)))
    network.initialise(rng)
    return Model(network, preprocessing, NAMES, {"seed": seed, "accuracies": [0.5, None], **training})


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Bytes of a good model file."""
    path = tmp_path_factory.mktemp("model") / "good.model"
    save_model(make_model(), path)
    return path.read_bytes()


def wide_model(sums, weight):
    """A network whose second block has 600 inputs within ±91."""
    network = Network((1, 8, 8), 3, parse_spec("mlp:600,2", (1, 8, 8)), sums=sums)
    network.blocks[1].weights[...] = weight
    return Model(network, make_model().preprocessing, NAMES)


@pytest.mark.parametrize(
    ("sums", "weight", "version"), [(32, 28_182, 1), (32, -28_183, 2), (32, 32_639, 2), (64, 0, 2)]
)
def test_the_version_is_the_oldest_that_reads_the_file(sums, weight, version, tmp_path):
    save_model(wide_model(sums, weight), tmp_path / "a.model")
    assert parts((tmp_path / "a.model").read_bytes())[1]["version"] == version
    again = load_model(tmp_path / "a.model")
    assert again.network.sums == sums and (again.network.blocks[1].weights == weight).all()
    assert again.network.describe() == wide_model(sums, weight).network.describe()


def parts(data):
    """(header, metadata document, tensor bytes) of a model file."""
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    return header, json.loads(header["__metadata__"]["integrad"]), data[8 + size :]


def assemble(header, document, tensors):
    text = document if isinstance(document, str) else json.dumps(document)
    header = {**header, "__metadata__": {"integrad": text}}
    return pack(json.dumps(header).encode(), tensors)


def pack(header, tensors):
    return struct.pack("<Q", len(header)) + header + tensors


def refuse(tmp_path, data, words=""):
    """The file must be rejected with a one-line message that names it and contains words."""
    path = tmp_path / "bad.model"
    path.write_bytes(data)
    with pytest.raises(IntegradError) as caught:
        load_model(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and words in text
    assert "\n" not in text and text.isprintable() and len(text) < 600


def test_round_trip(tmp_path):
    model = make_model(3)
    save_model(model, tmp_path / "a.model")
    read = load_model(tmp_path / "a.model")
    assert read.network.describe() == model.network.describe()
    assert read.network.weights_crc() == model.network.weights_crc()
    assert read.preprocessing == model.preprocessing
    assert read.class_names == NAMES
    assert read.training == model.training


def test_equal_models_give_equal_bytes_and_the_file_is_plain_safetensors(tmp_path, good):
    save_model(make_model(), tmp_path / "b.model")
    assert (tmp_path / "b.model").read_bytes() == good
    tensors = safetensors.numpy.load(good)
    assert {name: array.dtype for name, array in tensors.items()} == dict.fromkeys(
        ["block1.weights", "block1.head", "block2.weights", "block2.head", "output.weights"], np.int16
    )


def test_every_truncation_is_refused(tmp_path, good):
    for size in [*range(0, 40), *range(40, len(good), 97), len(good) - 1]:
        refuse(tmp_path, good[:size])
    refuse(tmp_path, good + b"x", "damaged")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_refused_or_harmless(tmp_path, good, data):
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.model"
    path.write_bytes(damaged)
    try:
        model = load_model(path)
    except IntegradError as error:
        assert "\n" not in str(error)
    else:  # a changed weight that is still in range, or a changed word in the record
        model.network.predict(np.zeros((1, 1, 8, 8), np.int8))


def test_foreign_files(tmp_path):
    refuse(tmp_path, b"", "truncated or not a safetensors file")
    refuse(tmp_path, b"PK\x03\x04" + bytes(1000), "truncated or not")
    refuse(tmp_path, b"{}" * 100, "truncated or not")
    refuse(tmp_path, safetensors.numpy.save({"a": np.zeros(3, np.int16)}), "not written by integrad")
    refuse(tmp_path, safetensors.numpy.save({}, {"format": "pt"}), "not written by integrad")


def test_hostile_headers(tmp_path, good):
    header, document, tensors = parts(good)
    refuse(tmp_path, struct.pack("<Q", 2**63) + good[8:], "truncated or not")
    refuse(tmp_path, pack(b" " * (2**25 + 1), b""), "too large")
    refuse(tmp_path, pack(b"[" * 100_000, b""), "damaged")
    refuse(tmp_path, pack(b'{"a":' * 100_000, b""), "damaged")
    name = "output.weights"
    for change in (
        {"shape": [3, -5]},
        {"shape": [2**40, 2**40]},
        {"shape": [3, 1e3]},
        {"shape": "no"},
        {"data_offsets": [0, 2**60]},
        {"data_offsets": [40, 10]},
        {"dtype": "I17"},
        {"dtype": 3},
    ):
        refuse(tmp_path, assemble({**header, name: header[name] | change}, document, tensors), "damaged")
    refuse(tmp_path, assemble({**header, name: header[name] | {"dtype": "F16"}}, document, tensors), "F16")
    refuse(tmp_path, assemble({**header, name: header[name] | {"dtype": "U16"}}, document, tensors), "U16")


def test_hostile_documents(tmp_path, good):
    header, _, tensors = parts(good)
    for text, words in (
        ("", "JSON metadata is damaged"),
        ("[" * 100_000, "JSON metadata is damaged"),
        ('{"a":' * 100_000, "JSON metadata is damaged"),
        ("3", "has no format"),
        ("[]", "has no format"),
        ('{"format": 3}', "has no format"),
        ('{"format": "integrad-model", "version": NaN}', "NaN is not a number"),
        ('{"format": "integrad-model", "version": -Infinity}', "is not a number"),
        ('{"format": "integrad-model", "version": ' + "9" * 5000 + "}", "JSON metadata is damaged"),
        ('{"format": "integrad-model", "version": true}', "version is not a positive integer"),
        ('{"format": "integrad-model", "version": 0}', "version is not a positive integer"),
        ('{"format": "integrad-model", "version": 3}', "newer than 2; update integrad"),
        ('{"format": "integrad-model", "version": 1}', "must have the fields"),
        ('{"format": "onnx\\u001b[2J", "version": 1}', "expected 'integrad-model'"),
    ):
        refuse(tmp_path, assemble(header, text, tensors), words)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"extra": 1}, "must have the fields"),
        ({"network": None}, "network"),
        ({"network": {"input_shape": [1, 8, 8], "classes": 3, "layers": "no"}}, "layers"),
        ({"network": {"input_shape": [1, 8, -8], "classes": 3, "layers": []}}, "input_shape"),
        ({"network": {"input_shape": [1, 8, 8], "classes": 3.0, "layers": []}}, "classes"),
        ({"network": {"input_shape": [1, 8, 8], "classes": 3, "layers": []}}, "is not part of its network"),
        (
            {
                "network": {
                    "input_shape": [65536],
                    "classes": 2,
                    "layers": [{"type": "dense", "units": 4096, "alpha_inv": 4}] * 256,
                }
            },
            "bytes of weights, more than",
        ),
        ({"preprocessing": {}}, "preprocessing"),
        ({"class_names": ["a", "b"]}, "3 names"),
        ({"class_names": ["a", "b", 3]}, "printable"),
        ({"class_names": ["a", "b", ""]}, "1 to 64"),
        ({"class_names": ["a", "b", "\x1b[2J"]}, "printable"),
        ({"class_names": ["a", "b", "c" * 65]}, "1 to 64"),
        ({"class_names": {"a": 1, "b": 2, "c": 3}}, "list of 3"),
        ({"training": []}, "training is not an object"),
        ({"training": {"a": "line\nline"}}, "not printable"),
        ({"training": {"line\nline": 1}}, "not printable"),
        ({"training": {"a": [[[[[1]]]]]}}, "nested too deeply"),
        ({"training": {"a": "x" * 1001}}, "too long"),
        ({"training": {str(n): n for n in range(1001)}}, "1,001 fields, more than the 1,000"),
        ({"training": {"a": {str(n): n for n in range(1001)}}}, "1,001 fields, more than the 1,000"),
        ({"training": {"hyper_parameters": 3}}, "training.hyper_parameters is not an object"),
        (
            {"training": {"hyper_parameters": {"decay_inv": -1}}},
            "training.hyper_parameters.decay_inv must be",
        ),
        ({"training": {"hyper_parameters": {"decay_inv": 2**31}}}, "from 0 to 2,147,483,647"),
        ({"training": {"hyper_parameters": {"batch_size": "16"}}}, "batch_size must be an integer from 1"),
        ({"training": {"hyper_parameters": {"epochs": True}}}, "epochs must be an integer from 1"),
        ({"training": {"hyper_parameters": {"learning_rate_inv": 11_184_811}}}, "from 1 to 11,184,810"),
        ({"training": {"hyper_parameters": {"augment_flip": 2}}}, "augment_flip must be an integer from 0"),
        ({"training": {"hyper_parameters": {"augment_by": ["sample"]}}}, "augment_by must be batch or"),
        ({"training": {"hyper_parameters": {"learn": 3}}}, "learn must be a string"),
        ({"training": {"hyper_parameters": {"learn": "some"}}}, "some"),
    ],
)
def test_document_with_a_wrong_field(tmp_path, good, change, words):
    header, document, tensors = parts(good)
    refuse(tmp_path, assemble(header, document | change, tensors), words)


def test_numbers_that_json_cannot_write_are_refused(tmp_path, good):
    """1e999 is valid JSON and is read as infinity, which JSON cannot represent."""
    header, document, tensors = parts(good)
    text = json.dumps(document | {"training": {"test_accuracy": "?"}}).replace('"?"', "1e999")
    refuse(tmp_path, assemble(header, text, tensors), "training contains a number that is not finite")
    for value, words in (
        (float("nan"), "not finite"),
        ({1, 2}, "of type set"),
        (np.int64(3), "of type int64"),
    ):
        with pytest.raises(IntegradError, match=words):
            save_model(make_model(odd=value), tmp_path / "odd.model")


def test_preprocessing_of_another_shape(tmp_path, good):
    header, document, tensors = parts(good)
    other = Preprocessing.fit(np.zeros((4, 8, 9), np.uint8), "HW").describe()
    refuse(
        tmp_path, assemble(header, document | {"preprocessing": other}, tensors), "yields samples of shape"
    )


def test_wrong_tensors(tmp_path):
    def write(change):
        model = make_model()
        document = {
            "network": model.network.describe(),
            "preprocessing": model.preprocessing.describe(),
            "class_names": NAMES,
            "training": {},
        }
        tensors = model.network.arrays()
        change(tensors)
        path = tmp_path / "tensors.model"
        write_tensors(path, "integrad-model", 1, document, tensors)
        return path.read_bytes()

    refuse(tmp_path, write(lambda t: t.pop("block1.head")), "tensor block1.head is missing")
    refuse(tmp_path, write(lambda t: t.update({"a\x1b[2J": np.zeros(1, np.int16)})), "not part of")
    refuse(tmp_path, write(lambda t: t.update({"output.weights": np.zeros((3, 5), np.int32)})), "int32")
    refuse(tmp_path, write(lambda t: t.update({"output.weights": np.zeros((5, 3), np.int16)})), "shape")
    refuse(tmp_path, write(lambda t: t["output.weights"].__setitem__((0, 0), -32768)), "exceeds the limit")
    refuse(tmp_path, write(lambda t: t["output.weights"].__setitem__((0, 0), 32640)), "exceeds the limit")


def test_other_paths(tmp_path, good):
    with pytest.raises(IntegradError, match="no such file"):
        load_model(tmp_path / "none.model")
    with pytest.raises(IntegradError, match="is a folder"):
        load_model(tmp_path)
    with pytest.raises(IntegradError, match="not a regular file"):
        load_model("/dev/zero")
    with pytest.raises(IntegradError):
        load_model("a\0b")
    with pytest.raises(IntegradError, match="contains 'integrad-checkpoint', expected 'integrad-model'"):
        write_tensors(tmp_path / "c", CHECKPOINT, 1, {}, {"a": np.zeros(1, np.int16)})
        load_model(tmp_path / "c")
    if os.geteuid():
        (tmp_path / "secret.model").write_bytes(good)
        os.chmod(tmp_path / "secret.model", 0)
        with pytest.raises(IntegradError, match="Permission denied"):
            load_model(tmp_path / "secret.model")


def test_full_disk_leaves_the_old_file(tmp_path):
    """A file size limit stands for the full disk: the write fails half-way."""
    path = tmp_path / "kept.model"
    path.write_bytes(b"old")
    code = (
        "import resource, sys; from integrad.files import write_atomically;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "write_atomically(sys.argv[1], bytes(100_000))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert "cannot be written: File too large; the old file is unchanged" in done.stderr
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["kept.model"]


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_failure_at_any_step_leaves_the_old_file(tmp_path, monkeypatch, failing):
    path = tmp_path / "kept.model"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    if failing == "write":
        monkeypatch.setattr("integrad.files._write_through", fail)
    else:
        monkeypatch.setattr(os, failing, fail)
    with pytest.raises(IntegradError, match=r"kept\.model: cannot be written: No space left"):
        save_model(make_model(), path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["kept.model"]


def test_writing_follows_links_and_refuses_what_is_no_file(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"
    with pytest.raises(IntegradError, match="is a folder"):
        write_atomically(tmp_path, b"")
    with pytest.raises(IntegradError, match="is a device"):
        write_atomically("/dev/null", b"")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(IntegradError, match="No such file or directory"):
        write_atomically(tmp_path / "nowhere" / "a", b"")


def test_a_file_that_claims_much_memory_costs_none(tmp_path):
    """A sparse file of maximum size is rejected by its header before it is read."""
    path = tmp_path / "sparse.model"
    with open(path, "wb") as file:
        file.truncate(2**31 + 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(IntegradError, match="too large"):
        load_model(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def flipped(data, start, stop):
    """The same bytes with one flipped bit, for each of some places."""
    for place in [*range(start, stop, 101), stop - 1]:
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        yield bytes(damaged)


def test_one_flipped_bit_of_the_weights_is_found(tmp_path, good):
    tensors = len(parts(good)[2])
    for data in flipped(good, len(good) - tensors, len(good)):
        refuse(tmp_path, data, "")
    header, document, tensors = parts(good)
    refuse(tmp_path, assemble(header, document, tensors[:-2] + b"\x01\x00"), "do not match its checksum")


def test_a_changed_number_of_the_record_is_found(tmp_path, good):
    header, document, tensors = parts(good)
    document["preprocessing"]["mean"][0] += 1
    refuse(tmp_path, assemble(header, document, tensors), "do not match its checksum")


def test_files_without_a_checksum_load_with_a_note(tmp_path, good):
    header, document, tensors = parts(good)
    assert re.fullmatch("[0-9a-f]{8}", document.pop("checksum"))
    path = tmp_path / "old.model"
    path.write_bytes(assemble(header, document, tensors))
    with pytest.warns(IntegradNote, match=r"old.model: has no checksum, because an older version wrote it"):
        model = load_model(path)
    save_model(model, tmp_path / "new.model")
    assert (tmp_path / "new.model").read_bytes() == good
    done = subprocess.run(
        [sys.executable, "-m", "integrad", "info", path], capture_output=True, text=True, check=True
    )
    assert (
        done.stderr == f"note: {path}: has no checksum, because an older version wrote it: "
        "damage may go unnoticed\n"
    )
