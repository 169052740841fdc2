"""Self-test of a board: after some inferences and training steps, its checksums must equal those of the
host."""

from __future__ import annotations

from integrad.boards.connection import Connection
from integrad.execute.self_test import PREDICTIONS, STEPS, Checksums
from integrad_codegen.plan import Plan

SCRIPT = """\
import gc, {p}
from array import array
model = {p}.Model("{file}")
backend = {p}.backend
state = 1
def sample():
    global state
    for i in range(len(data)):
        state = state * 75 % 65537
        data[i] = state & 255
    return data
data, out = bytearray(backend.SAMPLE_BYTES), bytearray(backend.CLASSES)
scores = 0
for n in range({predictions}):
    model.logits(sample(), out)
    scores = backend.crc32(out, scores)
for n in range({steps}):
    model.train_step(sample(), n % backend.CLASSES)
gc.collect()
print(scores, model.crc(), gc.mem_alloc())
del model, data, out
"""


def run_self_test(connection: Connection, plan: Plan, file: str) -> tuple[Checksums, int]:
    """(checksums of the board, bytes of its heap in use). file: the weights file on the board."""
    steps = STEPS if plan.batch else 0
    script = SCRIPT.format(p=plan.prefix, file=file, predictions=PREDICTIONS, steps=steps)
    scores, weights, heap = connection.numbers(script, 3, time_limit=300)
    return Checksums(scores, weights), heap
