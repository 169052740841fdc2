"""Choice of the engine: the fastest one that is available, unless the user chooses one."""

from __future__ import annotations

import warnings

from integrad.engines.engine import Engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.errors import IntegradError, IntegradNote, UsageError
from integrad.network.network import Network

ENGINES = ("auto", "native", "torch", "numpy")


MOST_THREADS = 256
"""More threads would slow a training step down; thousands would end the process."""

LARGE = 50_000_000
"""Multiply-accumulates per sample from which "auto" looks for a GPU. A batch of such samples takes a tenth of
a second on all processors of a laptop, whereas asking Torch for a GPU takes seconds."""


class UnsupportedError(IntegradError):
    """An engine that works, but not for this network."""


def make_engine(name: str, network: Network, threads: int | None = None, gpu: bool = True) -> Engine:
    """The engine `name` for this network; "auto" chooses Torch for large networks if there is a GPU, else the
    first of native and numpy that is available.

    "auto" passes over engines that do not support the network's learner or one of its layers, and notes why
    the others do not work. threads: of
    the native and the Torch engine, at most MOST_THREADS; None lets them choose. gpu: whether "auto" may take
    one. Raises UsageError for an unknown name or too many threads, IntegradError where the machine lacks what
    the engine needs, or the engine does not support the network's learner or one of its layers.
    """
    if name not in ENGINES:
        raise UsageError(f"engine {name!r}: expected {', '.join(ENGINES)}")
    if threads is not None and not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"{threads} threads: must be from 1 to {MOST_THREADS}")
    if name == "torch":
        return _torch(network, threads)
    if name == "native":
        return _native(network, threads)
    if name == "auto":
        large = gpu and network.block_macs >= LARGE and _has_gpu()
        for make in (_torch, _native) if large else (_native,):
            try:
                return make(network, threads)
            except UnsupportedError:
                continue
            except IntegradError as error:
                warnings.warn(f"{error}; using a slower engine", IntegradNote, stacklevel=2)
    return NumpyEngine(network)


def _torch(network: Network, threads: int | None) -> Engine:
    from integrad.engines.torch.engine import TORCH_ENGINES, TorchEngine

    engine = TORCH_ENGINES.get(network.learner, TorchEngine)
    _require_support(engine, network)
    return engine(network, threads=threads)


def _native(network: Network, threads: int | None) -> Engine:
    from integrad.engines.native.engine import NativeEngine
    from integrad.engines.native.table import NATIVE_ENGINES

    engine = NATIVE_ENGINES.get(network.learner, NativeEngine)
    _require_support(engine, network)
    return engine(network, threads)


def _require_support(engine: type[Engine], network: Network) -> None:
    if network.learner not in engine.learners:
        raise UnsupportedError(
            f"the {engine.name} engine does not support the learner {network.learner}; take numpy"
        )
    if unknown := sorted({stage.kind for stage in network.stages} - set(engine.layer_types)):
        raise UnsupportedError(
            f"the {engine.name} engine does not support layers of type {unknown[0]}; take numpy"
        )


def _has_gpu() -> bool:
    try:
        from integrad.engines.torch.engine import find_device
    except IntegradError:
        return False
    return find_device(None).type == "cuda"
