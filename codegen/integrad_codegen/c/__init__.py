"""The C printer."""
