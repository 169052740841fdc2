"""Contents of 100 KB that make a careless reader slow: each is read or refused within a second."""

import time

import container_mutations
import format_board
import format_model_file
import format_npz
import format_store_image
import npz_mutations
import pytest
from fuzz_limits import seconds
from fuzz_table import TARGETS

COUNT = 100_000


def wide_table(rows="0;" * 16_999 + "x\n"):
    return ";".join(map(str, range(16_999))).encode() + b";y\n" + rows.encode()


def many_layers():
    return b"cnn:" + b"c1," * (COUNT // 3) + b"c1"


def nested(opening, count, rest=b""):
    return b"a = " + opening * count + rest


def many_members():
    members = npz_mutations.members_of(format_npz.seeds()[0])
    return npz_mutations.archive(members + [(f"k{n}.npy", members[1][1]) for n in range(350)], 0)


def many_fields():
    text, tensors = container_mutations.taken_apart(format_model_file.seeds()[0])
    more = ",".join(f'"k{n}":[{n},{n}]' for n in range(6000))
    return container_mutations.put_together(
        text.replace('"training":{', '"training":{' + more + ","), tensors
    )


def overlapping_saves():
    """Each claims all bytes that follow."""
    header = format_store_image.slot(b"", 1, 1)[: format_store_image.HEADER_BYTES]
    image = bytearray(header * (COUNT // len(header)))
    for at in range(0, len(image) - 300, len(header)):
        image[at + 16 : at + 20] = (len(image) - at - 200).to_bytes(4, "little")
        image[at + 20] = 1
        checked = bytes(image[at : at + format_store_image.CHECKED_BYTES])
        image[at : at + len(header)] = format_store_image.with_crc(checked)
    return bytes(image)


def record_question():
    return format_board.QUESTIONS.index(format_board.record)


LARGE = {
    "csv: columns": ("csv", wide_table),
    "csv: columns without a row": ("csv", lambda: wide_table("")),
    "csv: rows": ("csv", lambda: b"a,y\n" + b"1,x\n2,y\n" * (COUNT // 8)),
    "csv: one value": ("csv", lambda: b"a,y\n" + b"1" * COUNT),
    "spec: layers": ("spec", many_layers),
    "toml: arrays": ("toml", lambda: nested(b"[", COUNT)),
    "toml: tables": ("toml", lambda: nested(b"{a=", COUNT // 3)),
    "toml: layers": ("toml", lambda: b'[[layer]]\ntype="dense"\nunits=1\n' * (COUNT // 31)),
    "toml: keys": ("toml", lambda: b"".join(b"k%d=1\n" % n for n in range(COUNT // 9))),
    "toml: a text": ("toml", lambda: b'learner = "' + b"\\u00e9" * (COUNT // 6) + b'"'),
    "npz: members": ("npz", many_members),
    "model: fields": ("model", many_fields),
    "weights: nothing": ("weights", lambda: bytes(8) + bytes(COUNT)),
    "store: saves": ("store-image", overlapping_saves),
    "store: marks": ("store-image", lambda: b"iSTO" * (COUNT // 4)),
    "board: one line": ("board", lambda: bytes([record_question()]) + b"s" * COUNT),
    "board: lines": (
        "board",
        lambda: bytes([record_question()]) + b"sample a: 1 2 3 4 5 6 7 8 9 10\n" * (COUNT // 31),
    ),
    "board: an answer": ("board", lambda: b"\0" + b"[" * COUNT),
    "session: words": ("session", lambda: b"\1" + b"1 " * (COUNT // 2)),
    "session: counts": ("session", lambda: b"\2region 1:1\n" * (COUNT // 13)),
}


@pytest.mark.parametrize("what", LARGE)
def test_large_inputs_take_no_longer_than_their_size(what):
    name, make = LARGE[what]
    target, data = TARGETS[name], make()
    target.run(target.seeds()[0])
    began = time.process_time()
    target.run(data)
    assert time.process_time() - began < seconds(data)
