"""Compilers, linkers and what they make: firmware, native modules, MicroPython."""
