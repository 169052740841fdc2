"""The structs of backpropagation in the native engine, with the fields of native/backprop_model.h, and its
functions."""

from __future__ import annotations

from ctypes import CDLL, POINTER, Structure, c_int32, c_void_p

from integrad.engines.native.structs import Score

NO_MAXIMUM = -1


def _integers(*names: str) -> list[tuple[str, type]]:
    return [(name, c_int32) for name in names]


class Layer(Structure):
    """A layer of the network; the output layer is the last one."""

    _fields_ = [
        *_integers("kind", "is_output"),
        *_integers("channels", "height", "width", "out_channels", "out_height", "out_width"),
        *_integers("kernel_height", "kernel_width", "stride_height", "stride_width"),
        *_integers("padding_height", "padding_width", "groups", "leak", "window_height", "window_width"),
        *_integers("keep_scale", "learns", "sum_bits", "error_bits"),
        ("weights", c_void_p),
        ("fraction", c_void_p),
        ("bias", c_void_p),
        ("bias_fraction", c_void_p),
        ("scales", c_void_p),
        ("gradient", c_void_p),
        ("bias_gradient", c_void_p),
        ("kept", c_void_p),
    ]


class Chain(Structure):
    """All layers, which are owned by the caller."""

    _fields_ = [("layers", POINTER(Layer)), *_integers("count", "classes")]


class RuleStruct(Structure):
    """See backprop_model.h."""

    _fields_ = _integers("cross_entropy", "normalised", "rate", "delayed")


def declare(library: CDLL) -> CDLL:
    """Declare the argument and result types of the functions; returns the library."""
    chain, buffers, array = POINTER(Chain), c_void_p, c_void_p
    entries = {
        "backprop_reserve": (buffers, [chain, c_int32, c_int32]),
        "backprop_release": (None, [buffers]),
        "backprop_use_threads": (None, [buffers, c_int32]),
        "backprop_step": (
            None,
            [POINTER(Score), buffers, chain, array, array, c_int32, POINTER(RuleStruct)],
        ),
        "backprop_logits": (None, [array, buffers, chain, array, c_int32]),
    }
    for name, (result, arguments) in entries.items():
        entry = getattr(library, name)
        entry.restype, entry.argtypes = result, arguments
    return library
