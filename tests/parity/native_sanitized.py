"""Run sessions on a library with sanitizers, under LD_PRELOAD: native_sanitized.py LIBRARY SESSION..."""

import sys
from pathlib import Path

import backprop_sessions
import engine_sessions

from integrad.engines.native.library import open_library
from integrad.engines.native.table import NATIVE_ENGINES

library = open_library(Path(sys.argv[1]))
sessions = engine_sessions.SESSIONS | backprop_sessions.SESSIONS
for name in sys.argv[2:]:
    engine_sessions.compare(
        sessions[name], lambda network: NATIVE_ENGINES[network.learner](network, 1, library)
    )
print("all sessions are equal")
