"""Which engine computes: the fastest one that this machine has, unless the user names one."""

from __future__ import annotations

from integrad.engines.engine import Engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.errors import IntegradError, UsageError
from integrad.network import Network

ENGINES = ("auto", "native", "torch", "numpy")


def make_engine(name: str, network: Network, threads: int | None = None) -> Engine:
    """The engine `name` for this network; "auto" takes the first of native and numpy that works here.

    threads: of the native and the Torch engine; None lets them choose. Raises UsageError for
    an unknown name, IntegradError where the machine lacks what the engine needs.
    """
    if name not in ENGINES:
        raise UsageError(f"engine {name!r}: expected {', '.join(ENGINES)}")
    if name in ("auto", "native"):
        from integrad.engines.native_engine import NativeEngine

        try:
            return NativeEngine(network, threads)
        except IntegradError:
            if name == "native":
                raise
    if name == "torch":
        from integrad.engines.torch_engine import TorchEngine

        return TorchEngine(network, threads=threads)
    return NumpyEngine(network)
