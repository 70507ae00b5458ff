"""What the host says of itself. It explains a verdict and proves nothing."""

from __future__ import annotations

from typing import ClassVar

from harness.events.base import Event


class HostEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "host"


class SignedOn(HostEvent, frozen=True, gc=False):
    """The terminal has signed on."""

    terminal: str


class RequestDecided(HostEvent, frozen=True, gc=False):
    """A withdrawal or balance was decided: DE 39 and why."""

    terminal: str
    stan: str
    code: str
    why: str


class TombstoneLaid(HostEvent, frozen=True, gc=False):
    """A reversal came before its original: the host keeps a tombstone for that."""

    terminal: str
    original: str


class TombstoneHit(HostEvent, frozen=True, gc=False):
    """The original came after its reversal, and was declined."""

    terminal: str
    stan: str


class DuplicateHeard(HostEvent, frozen=True, gc=False):
    """A message came that had come before: answered from the record, nothing posted."""

    terminal: str
    mti: str
    stan: str


class MessageRefused(HostEvent, frozen=True, gc=False):
    """A message was not served: `code` is what it was answered with, '' where there was no answer.
    `elements` are the data elements that were missing, wrong or different.
    """

    terminal: str
    mti: str
    stan: str
    code: str
    why: str
    elements: tuple[str, ...] = ()


class DisagreementHeard(HostEvent, frozen=True, gc=False):
    """A message was served although its `elements` do not fit what the host knows."""

    terminal: str
    mti: str
    stan: str
    why: str
    elements: tuple[str, ...] = ()


class SignedOff(HostEvent, frozen=True, gc=False):
    """The terminal has signed off."""

    terminal: str


class HostDamaged(HostEvent, frozen=True, gc=False):
    """The host dropped a message it could not trust."""

    why: str


class HostHung(HostEvent, frozen=True, gc=False):
    """The host stands still: it reads nothing until `HostThawed`."""


class HostThawed(HostEvent, frozen=True, gc=False):
    """The host goes on, and finds `unread` messages."""

    unread: int


class Overdrawn(HostEvent, frozen=True, gc=False):
    """The issuer posted what stand-in had approved, and the account did not have the money."""

    terminal: str
    stan: str


class FailedOver(HostEvent, frozen=True, gc=False):
    """The standby goes on alone. `how` is 'failover' (the other host died) or 'split_brain' (it
    lives, and its commits are replicated to nobody).
    """

    how: str


class CommitsLost(HostEvent, frozen=True, gc=False):
    """The standby that took over lacks `count` commits of the other host."""

    count: int


class HostCrashed(HostEvent, frozen=True, gc=False):
    """The host's process ended; `phase` says at what point."""

    phase: str


class HostStarted(HostEvent, frozen=True, gc=False):
    """A process of the host has started."""
