"""The Torch engine."""
