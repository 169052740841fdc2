"""The native engine: C for the host, compiled where it runs."""
