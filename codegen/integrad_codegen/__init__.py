"""Lower a trained network to a plan of fixed-size operations and print it as C."""
