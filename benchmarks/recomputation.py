"""Memory of a training step of integer backpropagation if it kept no activations and computed them again.

    python benchmarks/recomputation.py

The plans of generated code, and the same steps changed as if the activations that a layer reads, and the
positions of its maxima, were forgotten in the forward pass and computed again for the whole batch right
before that layer learns; all layers below it still have their old weights then, so that no bit would change.
Both are laid out by the same search. Prints a Markdown table: bytes of the arenas, of those with a packed
stash, and the multiply-accumulates of all forward passes relative to those of one.
"""

from __future__ import annotations

from dataclasses import replace

from integrad.network.backprop_stash import PACKED_STASH
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.training.specification import load_spec
from integrad_codegen.lowering.backprop import lower_backprop
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.memory import lay_out
from integrad_codegen.program import Call, Place, Step, lifetimes

SHAPE, CLASSES = (1, 32, 32), 10
NETWORKS = (
    "mlp:96,48",
    "cnn:a2,c8,p2,c24,p2,d32",
    "cnn:a2,c8,c16,p2,c24,p2,d32",
    "cnn:a2,c8,c16,c24,p2,d32",
    "cnn:a2,c8,dw,c16k1,p2,dw,c32k1,p2,d32",
    "cnn:c8s2,dw,c16k1,dw,c32k1s2,dw,c32k1,d32",
)
BATCHES = (1, 4, 16)


def lowered(spec: str, batch: int, **options: str) -> Lowered:
    layers = load_spec(spec, SHAPE, "backprop").layers
    network = Network(SHAPE, CLASSES, layers, "backprop")
    return lower_backprop(network, LearnSet.parse("all", len(network.blocks)), batch, **options)


def arena(steps: list[Step]) -> int:
    return lay_out(lifetimes(steps, {})).bytes


def recomputed(steps: list[Step], batch: int) -> list[Step]:
    """The same training step without anything that the forward pass keeps."""
    forward, *back = steps
    chain = [call for call in forward.each if call.action == "forward"]
    score = forward.each[-1]
    alone = {"x": _renamed(score.places["x"], ""), "out": score.places["out"]}
    first = [*_passed(chain, None, "", batch), Call(score.operation, "score", alone)]
    return [Step("", first), *(_with_inputs(step, chain, batch) for step in back)]


def _with_inputs(step: Step, chain: list[Call], batch: int) -> Step:
    """A step back, after the forward pass that computes what it reads."""
    operation = step.then[-1].operation
    outs = {call.places["out"].name for call in chain}

    def again(place: Place) -> Place:
        is_kept = place.name in outs or place.name.endswith("_winners")
        return replace(place, name=f"{place.name} {operation.name}") if is_kept else place

    then = [
        Call(call.operation, call.action, {role: again(place) for role, place in call.places.items()})
        for call in step.then
    ]
    wanted = {place.name for call in then for place in call.places.values()}
    return Step("", [*step.each, *_passed(chain, wanted, operation.name, batch)], then)


def _passed(chain: list[Call], wanted: set[str] | None, reader: str, batch: int) -> list[Call]:
    """The forward calls of one sample up to the last one with an output that is wanted for the batch, all
    calls if wanted is None. Outputs that nobody wants exist for one sample."""
    found, last = [], len(chain) if wanted is None else 0
    for number, call in enumerate(chain, 1):
        places = {role: _renamed(place, reader) for role, place in call.places.items()}
        for role, place in places.items():
            if wanted and place.name in wanted and role in ("out", "winners"):
                places[role] = replace(place, batch=batch)
                last = number
        operation = replace(call.operation, name=f"{call.operation.name} again")
        found.append(Call(operation, "forward", places))
    return found[:last]


def _renamed(place: Place, reader: str) -> Place:
    """The place for one sample; samples and workspaces stay what they are."""
    if place.is_workspace or not place.in_arena:
        return place
    return replace(place, name=f"{place.name} {reader}", batch=0)


def forward_passes(steps: list[Step]) -> float:
    """Multiply-accumulates of all forward calls relative to those of the first pass."""
    macs = [
        sum(
            call.operation.macs
            for call in step.calls
            if call.action in ("forward", "score") and call.operation.has_weights
        )
        for step in steps
    ]
    return sum(macs) / macs[0]


def main():
    print(
        "| network | batch | kept | computed again | kept in 2 bits | forward passes |\n"
        "|---|---:|---:|---:|---:|---:|"
    )
    for spec in NETWORKS:
        for batch in BATCHES:
            steps = lowered(spec, batch).training
            changed = recomputed(steps, batch)
            kept, again = arena(steps), arena(changed)
            packed = arena(lowered(spec, batch, stash=PACKED_STASH).training)
            cells = (f"{again:,} ({again / kept - 1:+.0%})", f"{packed:,} ({packed / kept - 1:+.0%})")
            print(f"| `{spec}` | {batch} | {kept:,} | {' | '.join(cells)} | {forward_passes(changed):.1f} |")


if __name__ == "__main__":
    main()
