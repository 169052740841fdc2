"""Sessions, and the executors that perform them."""
