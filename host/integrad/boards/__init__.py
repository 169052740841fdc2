"""Real boards that run MicroPython."""
