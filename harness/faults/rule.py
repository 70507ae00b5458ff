"""What all faults have in common: whom they strike, when, and how often.

A rule counts, for each terminal, the attempts that pass its window, terminal and MTI: `nth` picks
one of them (from 1), `p` draws for each from a stream keyed by seed, rule, terminal and attempt,
so that the draw comes out alike in `sim` and `live` and however terminals interleave. Windows are
half-open: @5m..10m strikes at 5:00 and not at 10:00. Counters live in the rule: build rules per
run.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from harness.draw import Draw, key_of

FOREVER = float("inf")
MONEY_CLASSES = ("2", "4")  # financial and reversal: what faults touch unless told otherwise


class Parameter(msgspec.Struct, frozen=True):
    """type: duration, share, count, mti, terminal, word, bytes. `default` is text or None."""

    type: str
    default: str | None
    meaning: str


COMMON: dict[str, Parameter] = {
    "terminal": Parameter("terminal", None, "only this terminal, such as ATM00007"),
    "nth": Parameter("count", None, "only the n-th attempt of each terminal, from 1"),
    "p": Parameter("share", None, "strike with this probability, such as 30%"),
}
MTI = {"mti": Parameter("mti", None, "only messages with this MTI, such as 0210")}


class FaultSpec(msgspec.Struct, frozen=True):
    """One fault as it was asked for. Times in run seconds; `text` is what was written."""

    kind: str
    parameters: dict[str, Any]
    start: float
    until: float
    text: str

    @property
    def windowed(self) -> bool:
        """Was a window given?"""
        return self.start > 0.0 or self.until < FOREVER


class Context(msgspec.Struct, frozen=True):
    """What rules know of the run they are in."""

    seed: int
    host_response: float
    framing: str


class Rule:
    """Base of all faults. A subclass names its kind, layer and parameters."""

    kind: ClassVar[str] = ""
    layer: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Parameter]] = {}

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        given = spec.parameters
        self.spec = spec
        self.context = context
        self.start = spec.start
        self.until = spec.until
        self.terminal: str | None = given.get("terminal")
        self.nth: int | None = given.get("nth")
        self.p: float | None = given.get("p")
        self.mti: str | None = given.get("mti")
        self.effects: list[tuple[str, str, str]] = []
        self._key = key_of(context.seed, "fault", index, spec.kind)
        self._attempts: dict[str, int] = {}

    def value(self, name: str) -> Any:
        """A parameter's value; the grammar has filled in the defaults."""
        return self.spec.parameters.get(name)

    def active(self, now: float) -> bool:
        return self.start <= now < self.until

    def lift(self, now: float) -> None:
        """The fault ends now."""
        self.until = min(self.until, now)

    def strikes(self, now: float, terminal: str) -> bool:
        """Does this attempt meet the fault? Counts it if it is one."""
        if not self.active(now) or (self.terminal is not None and terminal != self.terminal):
            return False
        attempt = self._attempts[terminal] = self._attempts.get(terminal, 0) + 1
        if self.nth is not None and attempt != self.nth:
            return False
        return self.p is None or self.draw(terminal, attempt).chance(self.p)

    def draw(self, terminal: str, attempt: int | None = None) -> Draw:
        """The stream of a terminal's attempt (the latest one by default)."""
        number = self._attempts.get(terminal, 0) if attempt is None else attempt
        return Draw(self._key ^ key_of(terminal), number)

    def touches(self, mti: str, classes: tuple[str, ...] = MONEY_CLASSES) -> bool:
        """Is a message with this MTI meant? Without mti=, the given classes are."""
        return mti == self.mti if self.mti is not None else mti[1:2] in classes

    def acted(self, on: str, what: str = "") -> None:
        """Note an effect that really took place."""
        self.effects.append((self.spec.text, on, what))
