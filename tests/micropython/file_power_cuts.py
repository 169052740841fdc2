"""Cuts the power at every operation on the files of Model.save and Model.confirm.

Runs in CPython and in MicroPython, in a folder with the wrapper `toy`, its backend, toy.weights and
other.weights, those of another model:

python file_power_cuts.py DEPTH [START …]    DEPTH: cuts after one another, 1 or 2; START: files at the start

Prints how many cuts were tried, and how many different states of the files they led to. Ends with an
AssertionError that names the trial if what is loaded is neither what was saved before nor what was being
saved.
"""

import struct
import sys
from binascii import crc32

HOW = ("before", "first half", "last half", "garbage", "unreadable", "after", "full")
"""What has become of a write when the power failed; all other operations have happened or not. The last: the
operation reports that the disk is full, and the program goes on."""

REMAINS = ("kept", "lost", "zeros")
"""With a cache: what has become of data that were not synchronised."""

SAVE, UNCONFIRMED, CONFIRMED = "save", "save unconfirmed", "save unconfirmed and confirm"


OTHER = 9
"""The number of the weights that another model saved."""


class PowerCut(Exception):
    pass


class File:
    """data: bytes, None if reading them reports an error; synced: what a cache cannot lose any more."""

    def __init__(self, data=b""):
        self.data, self.synced, self.bad = data or b"", None, data is None


class Disk:
    """os and open for the wrapper. Directories change in the order of the operations; with a cache, the last
    changes and all data since the last sync may be lost."""

    def __init__(self, contents):
        self.names = {name: File(contents[name]) for name in contents}
        self.fail_at(0, None)
        self._sync()

    def contents(self):
        """Name → data of a file, None if it cannot be read."""
        return {name: None if file.bad else file.data for name, file in self.names.items()}

    def fail_at(self, operation, how):
        self.cut_at, self.how, self.operations = operation, how, 0

    def operate(self, change, torn=None):
        """change: does the operation; torn: does what a name of HOW says, if it is a write."""
        self.operations += 1
        if self.operations != self.cut_at:
            change()
            return
        if self.how == "after":
            change()
        elif self.how == "full":
            raise OSError(28)
        elif torn and self.how:
            torn(self.how)
        raise PowerCut

    def sync(self):
        self.operate(self._sync)

    def _sync(self):
        for name in self.names:
            file = self.names[name]
            file.synced = file.data
        self.base, self.changes = dict(self.names), []

    def change_names(self, change):
        def apply():
            change(self.names)
            self.changes.append(change)

        self.operate(apply)

    def remove(self, name):
        assert name in self.names
        self.change_names(lambda names: names.pop(name))

    def rename(self, name, to):
        assert name in self.names and to not in self.names  # as file systems without replacement require

        def change(names):
            names[to] = names.pop(name)

        self.change_names(change)

    def stat(self, name):
        if name not in self.names:
            raise OSError(2)

    def open(self, name, mode):
        if mode == "wb":
            file = File()

            def change(names):
                names[name] = file

            self.change_names(change)
        elif name not in self.names:
            raise OSError(2)
        return Handle(self, self.names[name])

    def after_cut(self, changes, remains):
        """What a start finds if only the first `changes` of the directory survived, and `remains` of the
        data."""
        names = dict(self.base)
        for change in self.changes[:changes]:
            change(names)
        found = {}
        for name in names:
            file = names[name]
            lost = file.synced or b""
            versions = {"kept": file.data, "lost": lost, "zeros": lost or bytes(len(file.data))}
            found[name] = versions[remains]
        return found


class Handle:
    """An open file, which reaches the disk with every write."""

    def __init__(self, disk, file):
        self.disk, self.file, self.at = disk, file, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def seek(self, at):
        self.at = at

    def flush(self):
        pass

    def read(self, count):
        if self.file.bad:
            raise OSError(5)
        data = self.file.data[self.at : self.at + count]
        self.at += len(data)
        return data

    def readinto(self, out):
        data = self.read(len(out))
        out[: len(data)] = data
        return len(data)

    def write(self, data):
        data, file, begin = bytes(data), self.file, self.at
        whole, middle = file.data, len(data) // 2
        end = begin + len(data)
        before = (whole + bytes(len(data)))[begin:end]

        def put(part):
            file.data, file.bad = whole[:begin] + part + whole[end:], False

        def tear(how):
            if how == "first half":
                put(data[:middle] if end > len(whole) else data[:middle] + before[middle:])
            elif how == "last half":
                put(before[:middle] + data[middle:])
            elif how == "garbage":
                put(bytes([(7 * byte + 90) & 255 for byte in data]))
            elif how == "unreadable":
                put(data)
                file.bad = True

        self.disk.operate(lambda: put(data), tear)
        self.at = end


class Saves:
    """The saves of a model. The weights of save number n have that number in every byte."""

    def __init__(self, module, weights, other):
        self.module, self.whole = module, weights
        self.model, self.disk = module.Model(weights), None
        self.factory = bytes(self.model.weights)
        self.other = module.Model(other)
        self.cuts = self.states = 0
        self.checked = set()

    def start(self, disk):
        """Power is back: a new Model, as far as it can be told apart from the old one."""
        self.disk = disk
        disk.cut_at = 0
        self.module.os, self.module.open = disk, disk.open
        self.model._saved = 0

    def act(self, action, number, model=None):
        model = model or self.model
        model.weights[:] = bytes([number]) * len(self.factory)
        model.save("w", action == SAVE)
        if action == CONFIRMED:
            model.confirm("w")

    def load(self):
        """The number that is loaded, twice; None if there is no complete save."""
        numbers = []
        for _ in range(2):
            self.model.weights[:] = self.factory
            try:
                self.model.load("w")
                numbers.append(self.model.weights[0])
                assert bytes(self.model.weights) == bytes([numbers[-1]]) * len(self.factory), "torn weights"
                assert numbers[-1] != OTHER, "another model's weights"
            except (OSError, ValueError):
                assert bytes(self.model.weights) == self.factory, "changed weights"
                numbers.append(None)
        assert numbers[0] == numbers[1], "two starts differ"
        return numbers[0]

    def contents(self, *numbers, action=SAVE, model=None):
        """What saves leave behind: name → bytes."""
        self.start(Disk({}))
        for number in numbers:
            self.act(action, number, model)
        return self.disk.contents()

    def older(self, number):
        weights = bytes([number]) * len(self.factory)
        return older_file(self.model._origins[-1], self.module.backend.LAYOUT, weights)

    def starts(self):
        """Name → files, of which 3 is the newest number."""
        one, two, three = [self.contents(*range(1, n + 1))["w"] for n in (1, 2, 3)]
        unsure = self.contents(3, action=UNCONFIRMED)["w"]
        other = self.contents(OTHER, model=self.other)["w"]
        part, old, older = one[:150], self.older(2), self.older(1)
        of_c = two + bytes(-len(two) % 64) + bytes(256) + three  # slots of a file that generated C wrote
        return {
            "nothing": {},
            "path": {"w": one},
            "path and .old": {"w": two, "w.old": one},
            "only .new": {"w.new": one},
            "only a part of .new": {"w.new": part},
            "path and a newer .new": {"w": two, "w.new": three},
            "path and a remaining .new": {"w": three, "w.new": two},
            "path, .new and .old": {"w": two, "w.new": three, "w.old": one},
            "path and a part of .new": {"w": two, "w.new": part},
            "between the renames": {"w.new": three, "w.old": two},
            "unconfirmed": {"w": unsure},
            "unconfirmed and .old": {"w": unsure, "w.old": two},
            "unconfirmed .new": {"w": two, "w.new": unsure, "w.old": one},
            "unconfirmed .new and .old": {"w.new": unsure, "w.old": one},
            "another model's": {"w": other},
            "another model's and .new": {"w": other, "w.new": one},
            "another model's, .new and .old": {"w": other, "w.new": one, "w.old": other},
            "a damaged path, .new and .old": {"w": part, "w.new": three, "w.old": two},
            "a damaged path and .old": {"w": part, "w.old": two},
            "written by C": {"w": of_c, "w.old": one},
            "of an older export": {"w": old},
            "of an older export and .old": {"w": old, "w.old": older},
            "of an older export, .new": {"w.new": old, "w.old": older},
            "of an older export and a remaining .new": {"w": old, "w.new": older},
            "after the first new save": {"w": three, "w.old": old},
            "amid the first new save": {"w": old, "w.new": three, "w.old": older},
            "amid a save by an older export": {"w": three, "w.new": old},
        }

    def cut(self, files, action, number, depth, trial):
        """Every cut of an action on these files. Files that were tried before are not tried again."""
        if self.is_known(files, action, number, depth):
            return
        self.start(Disk(files))
        before = self.load()
        self.act(action, number)
        count = self.disk.operations
        expected = before if action == UNCONFIRMED else number
        assert self.load() == expected, trial
        for cut in range(1, count + 1):
            for how in HOW:
                disk = self.until(files, action, number, cut, how)
                self.check(disk, (before, expected), depth, (trial, action, cut, how))
        for cut in range(1, count + 2):
            done = self.until(files, action, number, cut, None)
            for changes in range(len(done.changes) + 1):
                for remains in REMAINS:
                    disk = Disk(done.after_cut(changes, remains))
                    allowed = (expected,) if cut > count else (before, expected)
                    self.check(disk, allowed, depth, (trial, action, cut, changes, remains))

    def is_known(self, files, *what):
        key = what + tuple(sorted(files.items()))
        known = key in self.checked
        self.checked.add(key)
        return known

    def until(self, files, action, number, cut, how):
        """The disk after a cut."""
        self.start(Disk(files))
        self.disk.fail_at(cut, how)
        try:  # noqa: SIM105
            self.act(action, number)
        except (PowerCut, OSError):
            pass
        return self.disk

    def check(self, disk, allowed, depth, trial):
        self.cuts += 1
        files = disk.contents()
        if self.is_known(files, allowed, depth):
            return
        self.states += 1
        self.start(disk)
        found = self.load()
        assert found in allowed, (trial, found)
        if depth > 1:
            for action in (SAVE, CONFIRMED):
                self.cut(files, action, 5, depth - 1, trial)
        else:
            self.act(SAVE, 6)
            assert self.load() == 6, trial

    def flip_bits(self):
        """Every bit that is used of the newest save. Returns how many there are."""
        files = self.contents(1, 2)
        whole = files["w"]
        used = list(range(48)) + list(range(128, len(whole)))
        for byte in used:
            for bit in range(8):
                data = bytearray(whole)
                data[byte] ^= 1 << bit
                files["w"] = bytes(data)
                self.start(Disk(files))
                assert self.load() == 1, (byte, bit)
        return 8 * len(used)


def older_file(origin, layout, weights):
    """A file as it was written before the format of the weight store. origin: the CRC-32 of the model."""
    fields = struct.pack("<4sHHIIIII", b"iWGT", 1, 32, layout, origin, 0, len(weights), crc32(weights))
    return fields + struct.pack("<I", crc32(fields)) + weights


def try_all(module, weights, other, depth=1, names=None):
    """(cuts, different states of the files after them)"""
    saves = Saves(module, weights, other)
    starts = saves.starts()
    for name in names or starts:
        for action in (SAVE, UNCONFIRMED, CONFIRMED):
            saves.cut(starts[name], action, 4, depth, name)
    return saves.cuts, saves.states


def main():
    import toy

    contents = []
    for name in ("toy.weights", "other.weights"):
        with open(name, "rb") as file:
            contents.append(file.read())
    cuts, states = try_all(toy, *contents, depth=int(sys.argv[1]), names=sys.argv[2:])
    print(f"{cuts} cuts, {states} states")


if __name__ == "__main__":
    main()
