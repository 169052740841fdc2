"""What a device needs, before anything is built."""
