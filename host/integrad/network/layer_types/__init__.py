"""The layer types of network descriptions, one module per type."""
