"""The types of layers that a network description names, one file a type."""
