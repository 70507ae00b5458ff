"""A message on its way to the broker."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Publication(NamedTuple):
    """A message that is to be published with QoS 1, or with QoS 0 for telemetry. Without a payload
    it removes what is retained there. `expires` is for how many seconds it counts (0: without
    end); that, `correlation` and `response_topic` are properties of MQTT 5.
    """

    topic: str
    payload: msgspec.Struct | None
    retain: bool = False
    qos: int = 1
    correlation: bytes = b""
    expires: float = 0.0
    response_topic: str = ""
