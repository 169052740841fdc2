"""The MicroPython printers."""
