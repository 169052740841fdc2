"""Emulators: they run firmware and return its results and exact instruction counts."""
