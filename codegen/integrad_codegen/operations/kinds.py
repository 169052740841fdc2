"""Type of a layer → the kind of operation that it is lowered to."""

from __future__ import annotations

from integrad_codegen.operations.conv import Conv
from integrad_codegen.operations.dense import Dense
from integrad_codegen.operations.operation import Operation
from integrad_codegen.operations.pool import Pool

KINDS: dict[str, type[Operation]] = {"dense": Dense, "conv": Conv, "max_pool": Pool, "avg_pool": Pool}
