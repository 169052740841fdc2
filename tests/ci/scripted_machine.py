"""A machine without a core, which does what a script says, for tests of what drives machines."""

from dataclasses import dataclass

from integrad.emulate.machine import Machine, Reason, Stop

STEP = 1000
"""Instructions that each step of a script takes."""


@dataclass
class Hears:
    """The step that takes place when these bytes have arrived."""

    data: bytes


class ScriptedMachine(Machine):
    """script: bytes to send; Hears; a Stop, at which the machine stays unless it is for output; a number of
    instructions without an effect. After the last step it waits for input."""

    name = "a script"
    console = b""

    def __init__(self, *script):
        self.script, self.done, self.written, self.starts, self.ended = script, 0, b"", 0, False
        self.restart()

    def power_off(self):
        self.is_on = False

    def restart(self, flash=None):
        self.is_on = True
        self.steps, self.sent, self.heard, self.starts = list(self.script), b"", b"", self.starts + 1

    def run(self, instructions, until_output=False):
        end = self.done + instructions
        while self.done < end:
            if until_output and self.sent:
                return Stop(Reason.OUTPUT, "")
            if not self.steps:
                return Stop(Reason.WAITING, "waits for input in main", "main (pc 0x00000100)")
            step = self.steps[0]
            if isinstance(step, Stop):
                if step.reason is Reason.OUTPUT:
                    self.steps.pop(0)
                return step
            if isinstance(step, Hears):
                if step.data not in self.heard:
                    return Stop(Reason.WAITING, "waits for input in receive", "receive (pc 0x00000200)")
                self.heard = self.heard.partition(step.data)[2]
            if isinstance(step, bytes):
                self.sent += step
            if isinstance(step, int) and step > end - self.done:
                self.steps[0] -= end - self.done
                self.done = end
                break
            self.done += step if isinstance(step, int) else STEP
            self.steps.pop(0)
        return Stop(Reason.INSTRUCTIONS, "", "main, called by start (pc 0x00000100)")

    @property
    def instructions(self):
        return self.done

    def take_output(self):
        sent, self.sent = self.sent, b""
        return sent

    def read(self, most, timeout):
        raise AssertionError("machines are read in runs")

    def write(self, data):
        self.written += data
        self.heard += data

    def registers(self):
        return {"pc": 0x100, "sp": 0x20001000}

    def read_memory(self, address, size):
        return bytes(size)

    def break_at(self, address, times=1):
        pass

    def close(self):
        self.ended = True
