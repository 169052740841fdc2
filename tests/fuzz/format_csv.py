"""Data sets in tables."""

from __future__ import annotations

from contextlib import suppress

from fuzz_target import File, Target

from integrad.datasets import TableOptions, load_dataset, load_samples
from integrad.errors import IntegradError

FILE = File("file.csv")
OPTIONS = [
    TableOptions(),
    TableOptions("y", "g", ("d",)),
    TableOptions("y", features=("a", "b"), floats=True),
    TableOptions("y"),
]


def read(data: bytes) -> None:
    path = FILE.holding(data)
    with suppress(IntegradError):
        load_samples(path, TableOptions(drop_if_there=("y", "g")))
    for options in OPTIONS[:-1]:
        with suppress(IntegradError):
            load_dataset(path, table=options)
    dataset = load_dataset(path, table=OPTIONS[-1])
    assert dataset.x.size and all(name.isprintable() for name in (*dataset.class_names, *dataset.ignored))


def seeds() -> list[bytes]:
    return [
        b"a,b,y\n1,2,cat\n3,4,dog\n-5,6,cat\n7,80,dog\n",
        b'a;b;"y";g;d\r\n1.5;2e3;0;k;x\r\n3;4;"1";l;x\r\n1;1;0;k;x\r\n2;2;1;l;"x;""y"\r\n',
        b"\xef\xbb\xbf\ta\ty\n0\t1\tb\xc3\xa9\n1\t2\tc\n2\t3\tc\n3\t4\tb\xc3\xa9\n",
        b"a,y\n1,10\n2,9\n?,10\n4,9\n",
    ]


TARGET = Target("csv", read, seeds)
