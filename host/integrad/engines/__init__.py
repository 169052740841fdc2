"""Engines, which compute training steps: one interface and the same bits, but different implementations."""
