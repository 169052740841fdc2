"""Names that mean something else to MicroPython, or in its export: no model may be called so."""

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
"""In firmware of some port, or with _ before it: PREFIX.py or _PREFIX.py would hide it, or be hidden."""

FILES = frozenset(
    (
        *("boot", "example", "learnt"),  # boot.py, example.py, and learnt.weights that this saves
        *("config", "memory", "runtime_abi", "together"),  # what native modules are built with
    )
)
RESERVED = MODULES | FILES | frozenset(keyword.kwlist) | {f"u{name}" for name in MODULES}
"""u…: older names of the same modules."""
