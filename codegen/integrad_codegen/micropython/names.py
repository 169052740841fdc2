"""Names with another meaning in MicroPython or in its export, which no model may have."""

from __future__ import annotations

import keyword

MODULES = frozenset(
    (
        *("argparse", "array", "asyncio", "binascii", "bluetooth", "btree", "builtins", "cmath"),
        *("collections", "cryptolib", "deflate", "dht", "ds18x20", "errno", "esp", "esp32", "espnow", "ffi"),
        *("flashbdev", "framebuf", "gc", "gzip", "hashlib", "heapq", "inisetup", "io", "json", "jni", "lwip"),
        *("machine", "marshal", "math", "micropython", "mimxrt", "mip", "neopixel", "network", "ntptime"),
        *("onewire", "openamp", "os", "platform", "pyb", "random", "re", "requests", "rp2", "samd", "select"),
        *("socket", "ssl", "stm", "struct", "sys", "termios", "thread", "time", "tls", "uctypes", "vfs"),
        *("webrepl", "websocket", "zephyr", "zlib", "zsensor"),
    )
)
"""Modules in firmware of some port, or with a preceding _. PREFIX.py or _PREFIX.py would hide them or be
hidden by them."""

FILES = frozenset(
    (
        *("boot", "example", "learnt"),  # boot.py, example.py, and learnt.weights, which example.py saves
        *("config", "memory", "runtime_abi", "together"),  # files used for building native modules
    )
)
RESERVED = MODULES | FILES | frozenset(keyword.kwlist) | {f"u{name}" for name in MODULES}
"""u…: the older names of the same modules."""
