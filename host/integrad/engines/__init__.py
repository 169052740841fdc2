"""What computes a training step: one interface, the same bits, different machinery."""
