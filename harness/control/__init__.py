"""The control plane of a fleet, without any input or output: topics, payloads, commands, and what
a terminal does with them.

It shares nothing with the host: a fleet is told to stop, and tells of its faults, while the host is
dead. Nothing here imports an MQTT library. `harness.fleet` carries the payloads to a broker, and a
simulation carries them itself. docs/mqtt.md is the page for people.
"""
