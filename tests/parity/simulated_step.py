"""A training step of integer backpropagation on labels in place of numbers: what lies where, what is read.

Checks that each call reads what it must, from an arena in which buffers overwrite each other, and that no
layer computes with weights that have already learnt.
"""

from __future__ import annotations

from integrad_codegen.plan import Plan
from integrad_codegen.program import Call, Place


class SimulatedStep:
    """contents: (buffer, sample) → what is there."""

    def __init__(self, plan: Plan):
        self.plan, self.arena = plan, plan.training_arena
        self.sizes = {buffer.name: buffer.size for buffer in self.arena.buffers}
        self.names = [o.name for o in (*plan.operations, plan.output)]
        self.samples = range(min(2, plan.batch))
        self.contents: dict[tuple[str, int], tuple] = {("x", b): ("values", "x", b) for b in self.samples}
        self.learnt: list[str] = []

    def run(self) -> None:
        for step in self.plan.training:
            for calls, repeated in step.loops:
                for b in self.samples if repeated else [None]:
                    for call in calls:
                        self._call(call, b)
        learning = [o.name for o in (*self.plan.operations, self.plan.output) if o.learns]
        assert sorted(self.learnt) == sorted(learning)

    def _call(self, call: Call, b: int | None) -> None:
        operation, places = call.operation, call.places
        ranges = [self._range(place) for place in places.values() if place.in_arena]
        for number, (start, end) in enumerate(ranges):
            assert all(end <= other or stop <= start for other, stop in ranges[:number]), "places overlap"
        name, before = operation.name, self._before(operation.name)
        samples = self.samples if b is None else [b]
        if call.action != "pack":
            assert name not in self.learnt, f"{name} computes with new weights"
        for sample in samples:
            for role in set(places) - {"out", "work", "sums", "index"}:
                if call.action in ("pack", "forward") and role in ("packed", "signs", "winners"):
                    continue
                owner = name if role in ("error", "winners", "packed", "signs") else before
                what = {"x": "values"}.get(role, role)
                assert self._read(places[role], sample) == (what, owner, sample), (
                    f"{name}: {call.action}, {role}"
                )
        for role in ("work", "sums", "index"):
            if role in places:
                self._write(places[role], -1, ())
        for sample in samples:
            if call.action == "pack":
                for role in ("packed", "signs"):
                    if role in places:
                        self._write(places[role], sample, (role, name, sample))
            elif call.action == "forward":
                self._write(places["out"], sample, ("values", name, sample))
                if "winners" in places:
                    self._write(places["winners"], sample, ("winners", name, sample))
            elif call.action in ("score", "back"):
                self._write(
                    places["out"], sample, ("error", name if call.action == "score" else before, sample)
                )
        if call.action == "learn":
            self.learnt.append(name)

    def _before(self, name: str) -> str:
        number = self.names.index(name)
        return self.names[number - 1] if number else "x"

    def _range(self, place: Place) -> tuple[int, int]:
        start = self.arena.offsets[place.name]
        assert place.bytes <= self.sizes[place.name]
        return start, start + place.bytes

    def _read(self, place: Place, sample: int) -> tuple | None:
        return self.contents.get((place.name, sample if place.batch else -1))

    def _write(self, place: Place, sample: int, what: tuple) -> None:
        """Whatever else lies there is lost."""
        start, end = self._range(place)
        for other in [name for name, _ in self.contents if name not in ("x", place.name)]:
            at = self.arena.offsets[other]
            if at < end and start < at + self.sizes[other]:
                self.contents = {key: value for key, value in self.contents.items() if key[0] != other}
        self.contents[place.name, sample if place.batch else -1] = what
