"""What a terminal asks of its owner: the network and the store.

What it asks of its device (show, eject, stack, ...) is in inputs.py, beside what the device
reports.
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
    """Write a record with that number to the store. Urgent records are synced at once, the others
    together with the next urgent one.
    """

    number: int
    record: s.Record
    urgent: bool


class Tell(i.Effect, frozen=True, gc=False):
    """Report an event to the journal. It waits until what it tells of is durable."""

    event: e.Event


class Enqueue(i.Effect, frozen=True, gc=False):
    """Put a reversal into the queue. It waits until the reversal is durable."""

    record: s.ReversalRecord


class LosePower(i.Effect, frozen=True, gc=False):
    """The logic has lost its power. The owner records that, in its place among the effects, and
    drops the connection and all records that were not synced. `phase` is the operation at which it
    happened.
    """

    phase: str


class WantBoot(i.Effect, frozen=True, gc=False):
    """The power is back: the owner answers with `boot(image)`."""
