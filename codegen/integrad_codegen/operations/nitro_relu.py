"""NITRO-ReLU, the activation of NITRO-D's blocks."""

from __future__ import annotations


def activation(alpha_inv: int) -> str:
    """The kernel that applies it: the usual slope has one of its own."""
    return "activate4" if alpha_inv == 4 else "activate"
