"""Tests of an application's firmware on emulated cores: its settings, its build, its budgets.

From the settings to a test: an Application is a built program for a core. CoreFirmware is an application and
the emulator that runs it, BoardFirmware the same for a board; both start a Chip, which for a core is a
Machine that stands still between two calls. A Device starts one when a test needs it, and several tests may
share it. A Dut is what a test drives: it waits for what the chip sends, which a Reception keeps. A Session is
the conversation with the model in the firmware, over the serial protocol.
"""
