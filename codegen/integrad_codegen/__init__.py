"""Lowers a trained network to a plan of fixed-size operations and prints it as C or Python."""
