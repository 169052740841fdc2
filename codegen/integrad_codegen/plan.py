"""Network → Plan: the ordered, fixed-size operations that the printers turn into text.

A plan contains shapes, widths, buffers and calls, and nothing that is specific to C or Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from integrad.arithmetic import AMPLIFICATION
from integrad.errors import IntegradError, UsageError
from integrad.learners.learner import Learner
from integrad.learners.schedule import ScheduleField
from integrad.learners.table import learner_of
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import Parameter
from integrad_codegen.encodings import bytes_of, require_updates
from integrad_codegen.lowering import LOWERINGS
from integrad_codegen.memory import ALIGNMENT, Arena, lay_out
from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Step, lifetimes
from integrad_codegen.scratch import TrainingScratch
from integrad_codegen.workspace import learn_values

MAX_BATCH = 4096


@dataclass(frozen=True)
class Plan:
    """Everything that is printed. `batch` is 0 if nothing learns.

    operations: of the main path, without the output layer. inference: calls from the inputs to the scores.
    training: the parts of a training step, none if nothing learns. repeated: see Lowered.
    weights_by_pointer: whether the module contains no weights, but a struct of pointers to them. constants:
    hyper-parameters that are constants of a training step, without those that have their defaults.
    """

    prefix: str
    network: Network
    learn: LearnSet
    batch: int
    operations: list[Operation]
    output: Operation
    inference: list[Call]
    training: list[Step]
    inference_arena: Arena
    training_arena: Arena | None
    scratch: TrainingScratch | None = field(default=None)
    repeated: list[Operation] = field(default_factory=list)
    weights_by_pointer: bool = False
    constants: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        return self.network.classes

    @property
    def learner(self) -> Learner:
        return learner_of(self.network)

    @property
    def schedule_fields(self) -> list[ScheduleField]:
        """The parameters of a training step."""
        return self.learner.schedule_fields(self.classes)

    @property
    def inputs(self) -> int:
        return prod(self.network.input_shape)

    @property
    def all_operations(self) -> list[Operation]:
        """Operations of the main path, each followed by those attached to it, and the output layer."""
        return _with_attached(self.operations, self.output)

    @property
    def blocks(self) -> list[Operation]:
        return [operation for operation in self.operations if operation.is_block]

    @property
    def learning_blocks(self) -> list[Operation]:
        return [operation for operation in self.blocks if operation.learns]

    def is_frozen(self, operation: Operation) -> bool:
        """Whether its weights are constants in flash, outside the struct of trainable weights.

        With learn "none" there is no such struct: all weights share one constant struct.
        """
        return self.learn.output_learns and operation.has_weights and not operation.learns

    def takes_weights(self, operation: Operation) -> bool:
        """Whether an operation accesses its weights through the struct passed by the caller."""
        return operation.has_weights and (self.weights_by_pointer or not self.is_frozen(operation))

    @property
    def prefix_operations(self) -> list[Operation]:
        """Operations before the first one that learns; training executes them sample by sample."""
        return self.operations[: self._first_learning()]

    @property
    def suffix_operations(self) -> list[Operation]:
        """Operations from the first block that learns on."""
        return self.operations[self._first_learning() :]

    def _first_learning(self) -> int:
        return next((i for i, o in enumerate(self.operations) if o.learns), len(self.operations))

    @property
    def slopes(self) -> list[tuple[int, int]]:
        """(alpha_inv, mean) of every NITRO-ReLU in use."""
        return sorted({operation.slope for operation in self.operations if operation.slope})

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(operation.macs for operation in [*self.operations, self.output])

    @property
    def training_macs(self) -> int:
        """Multiply-accumulates per sample of a training step; 0 if nothing learns."""
        if not self.batch:
            return 0
        macs = sum(operation.training_macs for operation in [*self.operations, self.output])
        return macs + self.repeated_macs

    @property
    def repeated_macs(self) -> int:
        """Those of forward passes that a training step repeats."""
        return sum(operation.macs for operation in self.repeated)

    @property
    def learn_work(self) -> int:
        """int16 values in the workspace for updating rows."""
        return learn_values(self.batch)

    @property
    def amplification(self) -> int:
        return AMPLIFICATION * self.classes

    def parameters(self) -> list[Parameter]:
        """Parameters in the weights struct, in order: the trainable ones, or all of them if nothing
        learns."""
        if not self.learn.output_learns:
            return self._required()
        return [parameter for parameter in self._required() if parameter.learns(self.learn)]

    def frozen_parameters(self) -> list[Parameter]:
        """Parameters in the constant struct."""
        if not self.learn.output_learns:
            return []
        return [parameter for parameter in self._required() if not parameter.learns(self.learn)]

    def _required(self) -> list[Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.is_needed(self.learn)]

    @property
    def weights_bytes(self) -> int:
        """Bytes of the weights struct, which is in RAM if something learns."""
        return bytes_of(self.parameters())

    @property
    def frozen_bytes(self) -> int:
        return bytes_of(self.frozen_parameters())

    @property
    def inference_scratch_bytes(self) -> int:
        """sizeof of the inference scratch: at least the word that aligns it."""
        return max(ALIGNMENT, self.inference_arena.bytes)


def make_plan(
    network: Network,
    prefix: str,
    learn: str = "none",
    batch: int = 16,
    constants: Mapping[str, int | str] | None = None,
) -> Plan:
    """Lower a network.

    prefix: C identifier with which every public name begins. learn: "none", "output", "last:K" or "all".
    batch: maximum number of samples in a training step, 1 to 4096. constants: see Model.constants. Raises
    UsageError for an invalid prefix, learn set or batch, and IntegradError if a bound is exceeded.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", prefix):
        rule = "must consist of 1 to 40 lower-case letters, digits and _, and begin with a letter"
        raise UsageError(f"name {prefix!r}: {rule}")
    learn_set = LearnSet.parse(learn, len(network.blocks))
    if learn_set.output_learns and not 1 <= batch <= MAX_BATCH:
        raise UsageError(f"batch size {batch}: must be from 1 to {MAX_BATCH}")
    batch = batch if learn_set.output_learns else 0
    if network.learner not in LOWERINGS:
        raise IntegradError(f"networks of the learner {network.learner} cannot be exported")
    require_updates((p for p in network.parameters() if p.learns(learn_set)), network.learner)
    constants = dict(constants or {})
    lowered = LOWERINGS[network.learner](network, learn_set, batch, **constants)
    operations, output = lowered.operations, lowered.output
    owners = {attached.name: o.name for o in operations for attached in o.attached}
    inference = lay_out(lifetimes([Step("", lowered.inference)], owners))
    training = scratch = None
    if batch:
        training = lay_out(lifetimes(lowered.training, owners))
        learning = [o for o in _with_attached(operations, output) if o.learns]
        scratch = TrainingScratch.of(learning, training, batch, network.classes)
    return Plan(
        prefix,
        network,
        learn_set,
        batch,
        operations,
        output,
        lowered.inference,
        lowered.training,
        inference,
        training,
        scratch,
        lowered.repeated,
        constants=constants,
    )


def _with_attached(operations: list[Operation], output: Operation) -> list[Operation]:
    return [found for o in operations for found in (o, *o.attached)] + [output]
