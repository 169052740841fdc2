"""The structs of the native engine, with the fields of native/model.h, and its functions."""

from __future__ import annotations

from ctypes import CDLL, POINTER, Structure, c_char_p, c_double, c_int32, c_int64, c_size_t, c_void_p

DENSE, CONV, MAX_POOL, AVERAGE_POOL, DROPOUT = range(5)


def _integers(*names: str) -> list[tuple[str, type]]:
    return [(name, c_int32) for name in names]


class Classifier(Structure):
    """A learning head or the output layer."""

    _fields_ = [
        ("weights", c_void_p),
        ("gradient", c_void_p),
        *_integers("features", "limit", "wide", "learns"),
    ]


class Pooling(Structure):
    """Pooling windows; height and width are those of the result."""

    _fields_ = _integers(
        "average", "window_height", "window_width", "padding_height", "padding_width", "height", "width"
    )


class Stage(Structure):
    """One stage of the network."""

    _fields_ = [
        *_integers("kind", "channels", "height", "width", "out_channels", "out_height", "out_width"),
        *_integers("kernel_height", "kernel_width", "stride_height", "stride_width"),
        *_integers(
            "padding_height", "padding_width", "groups", "alpha_inv", "mean", "limit", "wide", "learns"
        ),
        ("weights", c_void_p),
        ("gradient", c_void_p),
        ("head", Classifier),
        ("pool", Pooling),
        ("keep_scale", c_int32),
        ("kept", c_void_p),
    ]


class NetworkStruct(Structure):
    """A network; its stages are owned by the caller."""

    _fields_ = [
        ("stages", POINTER(Stage)),
        *_integers("count", "classes"),
        ("output", Classifier),
    ]


class RuleStruct(Structure):
    """Inverse divisors, 0 for no decay."""

    _fields_ = [(name, c_double) for name in ("rate", "head_rate", "decay", "head_decay")]


class Score(Structure):
    """The result of a step."""

    _fields_ = [("loss", c_int64), ("correct", c_int64)]


def declare(library: CDLL) -> CDLL:
    """Declare the argument and result types of the functions; returns the library."""
    network, workspace, array = POINTER(NetworkStruct), c_void_p, c_void_p
    entries = {
        "integrad_description": (c_char_p, []),
        "integrad_reserve": (workspace, [network, c_int32, c_int32]),
        "integrad_release": (None, [workspace]),
        "integrad_use_threads": (None, [workspace, c_int32]),
        "integrad_step": (
            None,
            [POINTER(Score), workspace, network, array, array, c_int32, POINTER(RuleStruct)],
        ),
        "integrad_logits": (None, [array, workspace, network, array, c_int32]),
        "integrad_descend": (None, [array, array, c_size_t, c_int32, c_double, c_double]),
    }
    for name, (result, arguments) in entries.items():
        entry = getattr(library, name)
        entry.restype, entry.argtypes = result, arguments
    return library
