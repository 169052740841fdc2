"""Emulators: firmware in, results and exact instruction counts out."""
