"""Network → Plan: the ordered, fixed-size operations that the templates print.

The plan knows shapes, widths and buffers; it knows neither C nor Python. Logic that a template
would need beyond a loop or an `if` is decided here.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from integrad.arithmetic import AMPLIFICATION, SCALE, SLOPES, weight_limit
from integrad.errors import UsageError
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network, Stage
from integrad.network.parameter import Parameter
from integrad_codegen import bounds
from integrad_codegen.memory import ALIGNMENT, Arena, Buffer, lay_out
from integrad_codegen.operations import Classifier, Operation, Pool
from integrad_codegen.workspace import forward_bytes, learn_errors, learn_rows, learn_values, training_bytes

MAX_BATCH = 4096


@dataclass(frozen=True)
class Plan:
    """Everything that is printed. `batch` is 0 where nothing learns.

    weights_by_pointer: the module holds no weights; its struct points to them, wherever they lie.
    """

    prefix: str
    network: Network
    learn: LearnSet
    batch: int
    operations: list[Operation]
    output: Classifier
    output_weights: np.ndarray
    inference_arena: Arena
    training_arena: Arena | None
    scratch: TrainingScratch | None = field(default=None)
    weights_by_pointer: bool = False

    @property
    def classes(self) -> int:
        return self.network.classes

    @property
    def inputs(self) -> int:
        return prod(self.network.input_shape)

    @property
    def blocks(self) -> list[Operation]:
        return [operation for operation in self.operations if operation.is_block]

    @property
    def learning_blocks(self) -> list[Operation]:
        return [operation for operation in self.blocks if operation.learns]

    @property
    def frozen_blocks(self) -> list[Operation]:
        """Blocks whose weights stay constants in flash, outside the struct that learns.

        With learn "none" there is no such struct to learn: all weights share one constant struct.
        """
        return [b for b in self.blocks if not b.learns] if self.learn.output_learns else []

    def takes_weights(self, operation: Operation) -> bool:
        """Whether an operation finds its weights through the struct that its caller passes."""
        return operation.is_block and (self.weights_by_pointer or operation not in self.frozen_blocks)

    @property
    def prefix_operations(self) -> list[Operation]:
        """Operations before the first one that learns: run sample by sample when training."""
        return self.operations[: self._first_learning()]

    @property
    def suffix_operations(self) -> list[Operation]:
        """Operations from the first block that learns."""
        return self.operations[self._first_learning() :]

    def _first_learning(self) -> int:
        return next((i for i, o in enumerate(self.operations) if o.learns), len(self.operations))

    @property
    def slopes(self) -> list[tuple[int, int]]:
        """(alpha_inv, mean) of every NITRO-ReLU in use."""
        return sorted({(b.alpha_inv, b.mean) for b in self.blocks})

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(o.macs for o in self.operations) + self.output.features * self.classes

    @property
    def training_macs(self) -> int:
        """Multiply-accumulates of one sample in a training step; 0 where nothing learns."""
        if not self.batch:
            return 0
        return sum(o.training_macs for o in self.operations) + 2 * self.output.features * self.classes

    @property
    def learn_work(self) -> int:
        """int16 values in the workspace of rows that learn."""
        return learn_values(self.batch)

    @property
    def amplification(self) -> int:
        return AMPLIFICATION * self.classes

    def parameters(self) -> list[Parameter]:
        """Those of the weights struct in its order: what learns, or all of them where nothing does."""
        if not self.learn.output_learns:
            return self._needed()
        return [parameter for parameter in self._needed() if parameter.learns(self.learn)]

    def frozen_parameters(self) -> list[Parameter]:
        """Those of the constant struct beside it."""
        if not self.learn.output_learns:
            return []
        return [parameter for parameter in self._needed() if not parameter.learns(self.learn)]

    def _needed(self) -> list[Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.is_needed(self.learn)]

    @property
    def weights_bytes(self) -> int:
        """Size of the weights struct: RAM where something learns."""
        return sum(parameter.array.nbytes for parameter in self.parameters())

    @property
    def inference_scratch_bytes(self) -> int:
        """sizeof the inference scratch: at least the word that aligns it."""
        return max(ALIGNMENT, self.inference_arena.bytes)

    @property
    def frozen_bytes(self) -> int:
        return sum(parameter.array.nbytes for parameter in self.frozen_parameters())


@dataclass(frozen=True)
class TrainingScratch:
    """Members of the training scratch struct besides the arena; 0 elements: no such member.

    wide_gradients, gradients: longest row of a convolution accumulated in int64 and in int32 (they
    share their bytes); deltas: errors of `rows` units over the batch, or of one channel's map, int32;
    errors: batch x classes, int16.
    """

    wide_gradients: int
    gradients: int
    deltas: int
    arena: int
    batch: int
    classes: int
    rows: int

    @property
    def bytes(self) -> int:
        """sizeof the struct, the same on x86-64 and on every Cortex-M."""
        row = max(8 * self.wide_gradients, 4 * self.gradients)
        alignment = 8 if self.wide_gradients else 4
        row = -(-row // alignment) * alignment
        size = row + 4 * self.deltas + 2 * self.batch * self.classes + self.arena
        return -(-size // alignment) * alignment


def make_plan(network: Network, prefix: str, learn: str = "none", batch: int = 16) -> Plan:
    """Lower a network.

    prefix: C identifier that opens every public name. learn: "none", "output", "last:K" or "all".
    batch: most samples of one training step, 1 to 4096. Raises UsageError for a bad prefix, learn
    set or batch, IntegradError where a bound fails.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", prefix):
        rule = "needs 1 to 40 lower-case letters, digits and _, beginning with a letter"
        raise UsageError(f"name {prefix!r}: {rule}")
    if is_taken(prefix):
        taken = "is a word, header or module of C, Python or MicroPython, or a file or layer of the export"
        raise UsageError(f"name {prefix!r}: {taken}; choose another --name")
    learn_set = LearnSet.parse(learn, len(network.blocks))
    if learn_set.output_learns and not 1 <= batch <= MAX_BATCH:
        raise UsageError(f"batch size {batch}: must be from 1 to {MAX_BATCH}")
    batch = batch if learn_set.output_learns else 0
    operations = _operations(network, learn_set, batch)
    output = _classifier("output", network.output.weights, batch)
    inference = _inference_arena(operations, output)
    training = _training_arena(operations, output, batch) if batch else None
    scratch = _training_scratch(operations, output, batch, training) if training else None
    return Plan(
        prefix,
        network,
        learn_set,
        batch,
        operations,
        output,
        network.output.weights,
        inference,
        training,
        scratch,
    )


def is_taken(prefix: str) -> bool:
    """Whether files, modules or names of the generated code already mean something else by this name."""
    return prefix in RESERVED_NAMES or re.fullmatch(r"(block|head|pool)\d+", prefix) is not None


def _operations(network: Network, learn_set: LearnSet, batch: int) -> list[Operation]:
    operations: list[Operation] = []
    blocks = pools = 0
    for stage in network.stages:
        if stage.kind == "dropout":  # inference and devices never drop
            continue
        if stage.block is None:
            pools += 1
            pool = Pool(stage.kind, stage.window, (0, 0), stage.input_shape, stage.output_shape)
            slope = 0
            if stage.kind == "max_pool" and operations and operations[-1].kind == "conv":
                operations[-1] = replace(operations[-1], pooled_first=True)
                slope = operations[-1].alpha_inv
            shapes = stage.input_shape, stage.output_shape
            operations.append(Operation(stage.kind, f"pool{pools}", *shapes, pool=pool, pooled_slope=slope))
        else:
            blocks += 1
            operations.append(_block(stage, blocks, learn_set.block_learns(blocks - 1), batch))
    return operations


def _block(stage: Stage, number: int, learns: bool, batch: int) -> Operation:
    block = stage.block
    where = f"block {number} ({stage.kind})"
    bounds.check_forward(where, block.fan_in)
    conv = stage.kind == "conv"
    head_pool = None
    if conv and prod(block.head_pooling.window) > 1:
        pooling = block.head_pooling
        kind = f"{pooling.kind}_pool"
        output_shape = (block.channels, *pooling.size)
        head_pool = Pool(kind, pooling.window, pooling.padding, stage.output_shape, output_shape)
    head, gradient_type = None, ""
    if learns:
        head = _classifier(f"head{number}", block.head, batch)
        errors = block.positions
        if head_pool is not None and head_pool.kind == "max_pool":
            errors = prod(head_pool.output_shape[1:])
        gradient_type = bounds.gradient_type(where, batch * errors, bounds.block_error(where, block))
    return Operation(
        stage.kind,
        f"block{number}",
        stage.input_shape if conv else (prod(stage.input_shape),),
        stage.output_shape,
        number=number,
        learns=learns,
        weights=block.weights,
        head_weights=block.head,
        alpha_inv=block.alpha_inv,
        mean=SLOPES[block.alpha_inv].mean,
        scale=SCALE * block.fan_in,
        limit=weight_limit(block.fan_in),
        kernel=block.kernel if conv else (1, 1),
        stride=block.stride if conv else (1, 1),
        padding=block.padding if conv else (0, 0),
        groups=block.groups if conv else 1,
        head=head,
        head_pool=head_pool,
        gradient_type=gradient_type,
    )


def _classifier(name: str, weights: np.ndarray, batch: int) -> Classifier:
    classes, features = weights.shape
    bounds.check_forward(name, features)
    bounds.check_classifier(name, batch)
    return Classifier(name, features, classes, SCALE * features, weight_limit(features))


def _inference_arena(operations: list[Operation], output: Classifier) -> Arena:
    """Every output lives from its own step to the next one, which reads it; workspaces only in theirs."""
    buffers = []
    for i, o in enumerate(operations):
        buffers.append(Buffer(o.name, o.outputs, i, i + 1))
        buffers += _workspace(o.name, forward_bytes(o), i)
    return lay_out([*buffers, *_workspace("output", forward_bytes(output), len(operations))])


def _workspace(name: str, size: int, step: int) -> list[Buffer]:
    return [Buffer(f"{name}_work", size, step, step)] if size else []


def _training_arena(operations: list[Operation], output: Classifier, batch: int) -> Arena:
    """Activations of one training step.

    Operations before the first that learns run sample by sample, into `prefix` for the whole batch;
    after that, a step is one operation over the batch, and a block's buffers die with it.
    """
    first = next((i for i, o in enumerate(operations) if o.learns), len(operations))
    buffers = [Buffer(o.name, o.outputs, i, i + 1) for i, o in enumerate(operations[: max(0, first - 1)])]
    for i, operation in enumerate(operations[:first]):
        buffers += _workspace(operation.name, forward_bytes(operation), i)
    if first:
        # The loop over the samples fills it while the single-sample buffers are in use again and again.
        buffers.append(Buffer(operations[first - 1].name, batch * operations[first - 1].outputs, 0, first))
    for i, operation in enumerate(operations[first:], first):
        size = batch * operation.outputs
        if operation.learns and operation.kind == "dense":
            buffers.append(Buffer(f"{operation.name}_scaled", size, i, i))
        buffers.append(Buffer(operation.name, size, i, i + 1))
        if operation.learns and operation.head_pool is not None:
            buffers.append(Buffer(f"{operation.name}_features", batch * operation.head.features, i, i))
        elif operation.learns and operation.kind == "conv":
            buffers.append(Buffer(f"{operation.name}_features", size, i, i))
        work = training_bytes(operation, batch) if operation.learns else forward_bytes(operation)
        buffers += _workspace(operation.name, work, i)
    work = max(forward_bytes(output), 2 * learn_values(batch))
    return lay_out([*buffers, *_workspace("output", work, len(operations))])


def _training_scratch(
    operations: list[Operation], output: Classifier, batch: int, arena: Arena
) -> TrainingScratch:
    rows: dict[str, list[int]] = {"int32_t": [0], "int64_t": [0]}
    convolutions = [o for o in operations if o.learns and o.kind == "conv"]
    for operation in convolutions:
        rows["int32_t"].append(operation.fan_in)  # unless errors are wild
        rows[operation.gradient_type].append(operation.fan_in)
    deltas = max([learn_errors(batch), *map(_map_errors, convolutions)])
    sizes = (max(rows["int64_t"]), max(rows["int32_t"]), deltas, max(ALIGNMENT, arena.bytes))
    return TrainingScratch(*sizes, batch, output.classes, learn_rows(batch))


def _map_errors(convolution: Operation) -> int:
    """Errors of one channel's map, and of what its head's pool made of it; from maxima, these and their
    places only."""
    pool = convolution.head_pool
    pooled = prod(pool.output_shape[1:]) if pool else 0
    return 2 * pooled if convolution.sparse else convolution.positions + pooled


_C_KEYWORDS = frozenset(
    (
        *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum"),
        *("extern", "float", "for", "goto", "if", "inline", "int", "long", "main", "register", "restrict"),
        *("return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union"),
        *("unsigned", "void", "volatile", "while"),
    )
)
_C_HEADERS = frozenset(
    (
        *("alloca", "arm_acle", "arm_mve", "assert", "complex", "ctype", "errno", "fenv", "inttypes"),
        *("iso646", "limits", "locale", "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic"),
        *("stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "tgmath", "threads"),
        *("time", "uchar", "unistd", "wchar", "wctype"),
    )
)
_MICROPYTHON_MODULES = frozenset(
    (
        *("argparse", "array", "asyncio", "binascii", "bluetooth", "btree", "builtins", "cmath"),
        *("collections", "cryptolib", "deflate", "dht", "ds18x20", "errno", "esp", "esp32", "espnow", "ffi"),
        *("flashbdev", "framebuf", "gc", "gzip", "hashlib", "heapq", "inisetup", "io", "json", "jni", "lwip"),
        *("machine", "marshal", "math", "micropython", "mimxrt", "mip", "neopixel", "network", "ntptime"),
        *("onewire", "openamp", "os", "platform", "pyb", "random", "re", "requests", "rp2", "samd", "select"),
        *("socket", "ssl", "stm", "struct", "sys", "termios", "thread", "time", "tls", "uctypes", "vfs"),
        *("webrepl", "websocket", "zephyr", "zlib", "zsensor"),
    )
)
"""In firmware of some port, or with _ before it: PREFIX.py or _PREFIX.py would hide it, or be hidden."""

_EXPORTED_FILES = frozenset(
    (
        *("boot", "example", "learnt"),  # boot.py, example.py, and learnt.weights that this saves
        *("checksum", "config", "memory", "runtime_abi", "together"),  # what native modules are built with
    )
)
RESERVED_NAMES = frozenset().union(
    _C_KEYWORDS | frozenset(keyword.kwlist) | _C_HEADERS | _EXPORTED_FILES | _MICROPYTHON_MODULES,
    [f"u{name}" for name in _MICROPYTHON_MODULES],  # older names of the same modules
)
"""No prefixes: files and modules are named after them."""
