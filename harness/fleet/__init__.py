"""The control plane on a real broker (MQTT 5): brokers of our own, connections, and the commands of
operators. What is said, and what follows from it, is in `harness.control`.
"""
