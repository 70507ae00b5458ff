"""Frames as lines of a log, one line each: every element, with secrets masked."""

from __future__ import annotations

from harness.events import FrameSeen
from harness.report.event_text import frame_label
from harness.units import format_clock
from harness.wire.dialects.base import Dialect

_MAC = {"good": " MAC good", "bad": " MAC BAD", "none": ""}


def frame_line(at: float, actor: str, event: FrameSeen, dialect: Dialect) -> str:
    """'00:00:04.120 ATM00001 -> 0200 withdrawal 000002 50.00 [2=999999******0014 ...]'."""
    arrow = "->" if event.to == "host" else "<-"
    begin = f"{format_clock(at)} {actor} {arrow} "
    if event.problem:
        return f"{begin}{event.size} bytes that do not read: {event.problem}"
    message = dialect.read(event.fields)
    described = message.described(mac=False)  # the verdict on the MAC stands beside the label
    fields = " ".join(f"{element}={value.strip()}" for element, _, value in described)
    return f"{begin}{frame_label(message)}{_MAC[event.mac]} [{fields}]"
