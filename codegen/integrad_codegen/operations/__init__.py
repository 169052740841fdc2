"""The kinds of operations of which a plan consists; one file for each kind."""
