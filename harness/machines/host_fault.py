"""What can go wrong inside a host, as the host is told of it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from harness.events import FaultActed
from harness.wire.message import Message


class HostFault(NamedTuple):
    """What a fault makes of a message.

    It is not processed at all; or processed and not answered; or answered `delay` seconds later;
    or, a request, decided `late` seconds later; or refused with the code that goes by the name
    `refusal`. `effects` are what the host reports to its faults (`HostFaults.came_about`) once it
    has come to that: a host that crashes before it would have answered was not slow.
    """

    process: bool = True
    answer: bool = True
    delay: float = 0.0
    late: float = 0.0
    refusal: str = ""
    effects: tuple[FaultActed, ...] = ()

    def and_then(self, other: HostFault) -> HostFault:
        """What this fault and another one make of a message together."""
        return HostFault(
            self.process and other.process,
            self.answer and other.answer,
            self.delay + other.delay,
            self.late + other.late,
            self.refusal or other.refusal,
            self.effects + other.effects,
        )


NO_FAULT = HostFault()
"""The message is processed as usual."""


class HostFaults(Protocol):
    """The faults inside a host. All times are run seconds."""

    def hears(self, now: float, message: Message) -> HostFault:
        """What becomes of a message that the host has read."""

    def came_about(self, effects: tuple[FaultActed, ...]) -> None:
        """It has come to what the host was told of a message."""

    def crash(self, now: float, message: Message, phase: str) -> float | None:
        """For how many seconds the host is down that crashes over a message in that phase
        ('at_the_reading', 'before_commit', 'after_commit'); None: it does not crash.
        """

    def part(self, now: float, message: Message, wanted: int) -> int:
        """How much of a wanted amount (minor units) is approved."""

    def ordered_code(self, now: float, message: Message, decided: str) -> str:
        """The response code that is answered instead of the `decided` one; '' if none is."""

    def hang(self, now: float, terminal: str) -> float | None:
        """For how many seconds the host stands still before it reads a message; None: it does
        not.
        """

    def reaches_issuer(self, now: float, message: Message) -> bool:
        """Does a message that needs the issuer get there, and its answer back?"""
