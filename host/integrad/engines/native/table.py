"""The native engines by learner."""

from __future__ import annotations

from integrad.engines.engine import Engine
from integrad.engines.native.backprop_engine import BackpropEngine
from integrad.engines.native.engine import NativeEngine

NATIVE_ENGINES: dict[str, type[Engine]] = {
    learner: engine for engine in (NativeEngine, BackpropEngine) for learner in engine.learners
}
