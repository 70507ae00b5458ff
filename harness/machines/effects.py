"""What a terminal asks of its owner: the network and the store.

What it asks of its device (show, eject, stack ...) stands in inputs.py, beside what comes back.
"""

from __future__ import annotations

from harness import events as e
from harness.machines import inputs as i
from harness.machines import store as s


class Transmit(i.Effect, frozen=True, gc=False):
    data: bytes
    mti: str


class Connect(i.Effect, frozen=True, gc=False):
    pass


class Disconnect(i.Effect, frozen=True, gc=False):
    pass


class Write(i.Effect, frozen=True, gc=False):
    """Record number `number` to the store. `urgent` ones are synced at once, the others with the
    next urgent one.
    """

    number: int
    record: s.Record
    urgent: bool


class Tell(i.Effect, frozen=True, gc=False):
    """What is told is durable: write it down in the journal."""

    event: e.Event


class Enqueue(i.Effect, frozen=True, gc=False):
    """The reversal is durable: hand it to store and forward."""

    record: s.ReversalRecord
