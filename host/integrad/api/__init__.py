"""The Python API: what `import integrad` offers. Its names are public as attributes of `integrad` alone."""
