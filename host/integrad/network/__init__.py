"""What a network is: its description, notation, blocks and layers."""
