"""What all faults have in common: whom they strike, when, and how often.

A rule counts, for each terminal, the attempts that pass its window, terminal and MTI: `nth` picks
one of them (from 1), `p` draws for each from a stream keyed by seed, rule, terminal and attempt,
so that it comes out alike in `sim` and `live` and however terminals interleave. What else a fault
draws (which bit, how much jitter) comes from a second stream, or it would lean on the first.

Windows are half-open: @5m..10m strikes at 5:00 and not at 10:00. Counters live in the rule, and
no rule sees what another one counts: build rules per run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import msgspec

from harness.events import FaultActed
from harness.keyed_random import Draw, key_of
from harness.wire.message import MONEY_CLASSES, Message, counterpart, function_of_mti

FOREVER = float("inf")
HOST = "HOST"  # on whom a fault acts, when it is not a terminal


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a fault.

    type: duration, share, count, mti, terminal, choice or operation. `default` is as it would be
    written, None if there is none. `least` and `most` bound a count, or a duration in seconds.
    """

    type: str
    default: str | None
    meaning: str
    least: float = 0.0
    most: float = FOREVER
    choices: tuple[str, ...] = ()


COMMON: dict[str, Parameter] = {
    "terminal": Parameter("terminal", None, "only this terminal, such as ATM00007"),
    "nth": Parameter("count", None, "only the n-th attempt of each terminal, from 1", least=1),
    "p": Parameter("share", None, "each attempt with this probability, such as 30%"),
}
MTI = {"mti": Parameter("mti", None, "only messages with exactly this MTI, such as 0210")}


class FaultSpec(msgspec.Struct, frozen=True):
    """One fault as it was asked for: parameters with their defaults, the window in run seconds
    (`until` may be infinite), and the text as it was written.
    """

    kind: str
    parameters: dict[str, Any]
    start: float
    until: float
    text: str


class Context(msgspec.Struct, frozen=True):
    """What rules know of their run. `host_response` is the contract's, in seconds."""

    seed: int
    host_response: float
    framing: str


class Mistake(NamedTuple):
    """Parameters that make no sense together: which one to mark, why, and what would."""

    parameter: str
    problem: str
    remedy: str


class Rule:
    """Base of all faults. A subclass names its kind, layer, summary and parameters.

    `variants` are settings of its parameters that are worth a search, as they would be written; the
    terminal, the attempt, the message and the operation a search chooses by itself. `withstood` is
    'request' or 'response' where nobody could withstand the other.
    `speaks` is 'request' or 'response' for a kind that touches only those; '' for both.
    `lasting` names the parameter that says for how long what it did goes on, where that may be
    longer than its window: an outage, after which machines take their time to come back.
    `where` it strikes is 'wire' (between the machines), 'host' or 'terminals'. `virtual` kinds need
    virtual time, and exist in `sim` only.

    `tell` is given by the run's FaultSet: it takes each effect when it has really taken place.
    """

    tell: Callable[[FaultActed], None]

    kind: ClassVar[str] = ""
    layer: ClassVar[str] = ""
    where: ClassVar[str] = "wire"
    summary: ClassVar[str] = ""
    speaks: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Parameter]] = COMMON
    variants: ClassVar[tuple[str, ...]] = ("",)
    withstood: ClassVar[str] = ""
    lasting: ClassVar[str] = ""
    virtual: ClassVar[bool] = False

    def __init__(self, spec: FaultSpec, index: int, context: Context) -> None:
        """`index` is the fault's place among the run's faults. What it draws is keyed by its text,
        so that it comes out alike whatever other faults there are.
        """
        del index
        given = spec.parameters
        self.spec = spec
        self.context = context
        self.start = spec.start
        self.until = spec.until
        self.terminal: str | None = given.get("terminal")
        self.nth: int | None = given.get("nth")
        self.p: float | None = given.get("p")
        self.mti: str | None = given.get("mti")
        self._attempts: dict[str, int] = {}

    @cached_property
    def _chance(self) -> int:
        """The key of what decides whether it strikes."""
        return key_of(self.context.seed, "fault", self.spec.text)

    @cached_property
    def _shape(self) -> int:
        """The key of what else it draws."""
        return key_of(self.context.seed, "fault's shape", self.spec.text)

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        """What is wrong with values that are each right; None if nothing is."""
        mti = parameters.get("mti")
        if mti is None or not cls.speaks or function_of_mti(mti) == cls.speaks:
            return None
        problem = f"{mti} is a {function_of_mti(mti)}, and {cls.kind} touches {cls.speaks}s"
        return Mistake("mti", problem, f"did you mean {counterpart(mti)}?")

    def value(self, name: str) -> Any:
        """A parameter's value; the grammar has filled in the defaults."""
        return self.spec.parameters.get(name)

    @property
    def lasts(self) -> float:
        """Seconds for which an effect goes on."""
        return float(self.value(self.lasting)) if self.lasting else 0.0

    def active(self, now: float) -> bool:
        return self.start <= now < self.until

    def meant(self, terminal: str) -> bool:
        return self.terminal is None or self.terminal == terminal

    def touches(self, message: Message) -> bool:
        """Is this message meant? Without mti=, financial and reversal ones are."""
        if self.mti is not None:
            return message.mti == self.mti
        return message.message_class in MONEY_CLASSES

    def lift(self, now: float) -> None:
        """The fault ends now."""
        self.until = min(self.until, now)

    def stands(self, now: float, terminal: str, since: float) -> None:
        """A connection of that terminal stands `since` then, as this rule is added to a run."""

    def unfinished(self) -> bool:
        """Its window is closed: is there still something that it has to do, such as to let go of
        what it holds back?
        """
        return False

    def strikes(self, now: float, terminal: str) -> bool:
        """Does this attempt meet the fault? Counts it if window and terminal are meant."""
        if not self.active(now) or not self.meant(terminal):
            return False
        struck = self.would_strike(terminal)
        self.count(terminal)
        return struck

    def would_strike(self, terminal: str) -> bool:
        """Will the terminal's next attempt meet the fault?"""
        attempt = self._attempts.get(terminal, 0) + 1
        if self.nth is not None and attempt != self.nth:
            return False
        return self.p is None or Draw(self._chance ^ key_of(terminal), attempt).chance(self.p)

    def count(self, terminal: str) -> None:
        self._attempts[terminal] = self._attempts.get(terminal, 0) + 1

    @property
    def counted(self) -> int:
        """The attempts of all terminals, struck or not."""
        return sum(self._attempts.values())

    def shape(self, terminal: str) -> Draw:
        """What else is drawn for the terminal's latest attempt."""
        return Draw(self._shape ^ key_of(terminal), self._attempts.get(terminal, 0))

    def acted(self, on: str, what: str) -> None:
        """Tell of an effect that really took place."""
        self.tell(self.effect(on, what))

    def effect(self, on: str, what: str) -> FaultActed:
        """An effect that is to be told when it takes place."""
        return FaultActed(self.spec.text, f"{on}: {what}", self.lasts)
