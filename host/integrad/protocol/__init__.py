"""The serial protocol of docs/serial-protocol.md, on the side of the host."""
