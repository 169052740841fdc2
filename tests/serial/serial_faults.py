"""A conversation on an unreliable line, compared with NumPy.

python tests/serial/serial_faults.py [--frames 100000] [--seed 1] [--share 0.2]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from serial_program import UnreliableLine, build, export, make_model

from integrad.boards.c_board import device_of
from integrad.execute.session import Predict, Train
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.protocol.streams import ProgramStream

WAIT, LONGEST_WAIT = 0.004, 0.064
"""Seconds after which a request is repeated: the device answers faster, most of the time."""


def compare_on_unreliable_line(model, program, frames, seed, share=0.2):
    """Classify, learn, read, write, save and reset at random until so many frames were sent and received.

    Raises AssertionError if a result is not that of NumPy. Returns counts.
    """
    rng = np.random.default_rng(seed)
    with ProgramStream([str(program)]) as stream:
        line = UnreliableLine(stream, share, seed)
        client = Client(line, WAIT, patience=20, long_patience=20, longest_wait=LONGEST_WAIT)
        device = device_of(client, model)
        twin = Twin(device)
        actions = 0
        while line.sent + line.received < frames:
            actions += 1
            act(client, device, twin, rng)
        weights, steps = client.read_weights()
        assert weights == device.struct_of(twin.network) and steps == twin.steps
        counters = client.counters()
        return {
            "frames": line.sent + line.received,
            "actions": actions,
            "steps": twin.steps,
            "repeats": client.repeats,
            "damaged": counters.damaged,
            "answered again": counters.repeated,
        }


class Twin:
    """The network that the device should have now."""

    def __init__(self, device):
        self.network, self.steps, self.saves = device.model.network.copy(), 0, 0


def act(client, device, twin, rng):
    """One action on both, whose results must be equal."""
    batch, classes = device.plan.batch, device.plan.classes
    count = int(rng.integers(1, batch + 1))
    samples = rng.integers(-32768, 32768, (count, 12, 12), dtype=np.int16)
    labels = rng.integers(0, classes, count)
    schedule = device.model.schedule(batch)
    kind = rng.choice(["predict", "learn", "learn", "learn", "read", "write", "save", "reset"])
    if kind == "predict":
        client.send_sample(0, samples[0])
        expected = device._act(twin.network, Predict(samples[:1]))[0]
        predicted, scores = client.predict()
        assert np.array_equal(scores, expected) and predicted == int(expected.argmax())
    elif kind == "learn":
        for slot in range(count):
            client.send_sample(slot, samples[slot], int(labels[slot]))
        correct = client.learn(count, schedule.words(client.info.schedule_fields))
        assert correct == device._act(twin.network, Train(samples, labels, schedule))
        twin.steps += 1
    elif kind == "read":
        assert client.read_weights() == (device.struct_of(twin.network), twin.steps)
    elif kind == "write":
        mixed = bytearray(device.struct_of(twin.network))
        mixed[int(rng.integers(len(mixed)))] = int(rng.integers(100))
        twin.network = device.network_with(bytes(mixed))
        twin.steps = int(rng.integers(1000))
        client.write_weights(bytes(mixed), twin.steps)
    elif kind == "save":
        twin.saves += 1
        assert client.save() == twin.saves
    elif rng.random() < 0.2:
        client.reset(What.WEIGHTS)
        twin.network, twin.steps = device.model.network.copy(), 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, model = Path(name), make_model()
        export(folder, model)
        program, began = build(folder), time.monotonic()
        found = compare_on_unreliable_line(model, program, options.frames, options.seed, options.share)
    print(", ".join(f"{name}: {count:,}" for name, count in found.items()), end="")
    print(f"; {time.monotonic() - began:.0f} s, everything equal to NumPy")


if __name__ == "__main__":
    main()
