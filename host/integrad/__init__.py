"""Train neural networks with integers only, on a host and on the microcontroller itself."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("integrad")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
