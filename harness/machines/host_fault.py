"""What can go wrong inside a host, as it sees it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from harness.events import FaultActed
from harness.wire.message import Message


class HostFault(NamedTuple):
    """What a fault makes of a message: processed at all, answered at all, answered later by
    `delay`, decided later by `late` (a request), or refused with the code that goes by that name.
    `effects` are what the host tells its fate once it has come to that: a host that dies before it
    would have answered was not slow.
    """

    process: bool = True
    answer: bool = True
    delay: float = 0.0
    late: float = 0.0
    refusal: str = ""
    effects: tuple[FaultActed, ...] = ()

    def and_then(self, other: HostFault) -> HostFault:
        """What both make of it."""
        return HostFault(
            self.process and other.process,
            self.answer and other.answer,
            self.delay + other.delay,
            self.late + other.late,
            self.refusal or other.refusal,
            self.effects + other.effects,
        )


UNTOUCHED = HostFault()


class HostFaults(Protocol):
    """What can go wrong inside a host; faults are such."""

    def hears(self, now: float, message: Message) -> HostFault: ...

    def came_about(self, effects: tuple[FaultActed, ...]) -> None: ...

    def crash(self, now: float, message: Message, phase: str) -> float | None: ...

    def part(self, now: float, message: Message, wanted: int) -> int: ...

    def hang(self, now: float, terminal: str) -> float | None: ...

    def reaches_issuer(self, now: float, message: Message) -> bool: ...
