"""Faults: rules that give a frame, a link, a device, a person or the mains its fate."""
