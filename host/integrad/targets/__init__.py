"""What a model is exported for: cores, parts, and the names of generated files."""
