"""The messages that a journal's entries hold, read by the dialect of the run."""

from __future__ import annotations

from harness import events as e
from harness.journal import Header
from harness.wire.dialects import load_dialect
from harness.wire.dialects.base import Dialect
from harness.wire.message import Message


def dialect_of(header: Header) -> Dialect:
    """The dialect in which the messages of that journal are written."""
    return load_dialect(header.link.dialect_name)


def message_in(event: e.Event, dialect: Dialect) -> Message | None:
    """The message that an event tells of; None for an event that tells of none."""
    if isinstance(event, e.FrameSeen | e.AdviceSeen):
        return dialect.read(event.fields)
    return None
