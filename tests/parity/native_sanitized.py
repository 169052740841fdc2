"""Run sessions on a library with sanitizers, under LD_PRELOAD: native_sanitized.py LIBRARY SESSION..."""

import sys
from pathlib import Path

from engine_sessions import SESSIONS, compare

from integrad.engines.native.engine import NativeEngine
from integrad.engines.native.library import open_library

library = open_library(Path(sys.argv[1]))
for name in sys.argv[2:]:
    compare(SESSIONS[name], lambda network: NativeEngine(network, 1, library))
print("all sessions are equal")
