"""Real MicroPython boards."""
