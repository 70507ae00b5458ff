"""The common part of all faults: which terminals they strike, when, and how often.

A rule counts, for each terminal, the attempts that match its window, terminal and MTI. `nth` picks
one of them (from 1), and `row` those that follow it as well. `p` draws for each from a random
stream keyed by seed, rule, terminal and attempt, so that the result is the same in `sim` and `live`
and for any interleaving of terminals.
Other draws of a fault (which bit, how much jitter) use a second stream, to be independent of `p`.

Windows are half-open: @5m..10m strikes at 5:00 and not at 10:00. Counters live in the rule, and
no rule sees what another one counts: build rules per run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import msgspec
from msgspec import UNSET

from harness.contract import MOST_NAMES
from harness.events import FaultActed
from harness.keyed_random import Draw, key_of
from harness.wire.message import MONEY_CLASSES, Message, counterpart, function_of_mti

FOREVER = float("inf")


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a fault.

    type: duration, share, count, mti, terminal, pan, stan, code, choice or operation. `default` is
    as it would be written, None if there is none. `least` and `most` bound a count, or a duration
    in seconds.
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
    "row": Parameter("count", None, "so many attempts in a row, from the n-th on", least=1),
    "p": Parameter("share", None, "each attempt with this probability, such as 30%"),
}
WHOSE: dict[str, Parameter] = {
    "pan": Parameter("pan", None, "only messages of the card that ends so, such as ...0014"),
    "stan": Parameter("stan", None, "only messages with this STAN, such as 000002"),
}
MTI: dict[str, Parameter] = {
    "mti": Parameter("mti", None, "only messages with exactly this MTI, such as 0210"),
    **WHOSE,
}


class FaultSpec(msgspec.Struct, frozen=True):
    """One fault as the user requested it: parameters with their defaults, the window in run seconds
    (`until` may be infinite), and the text as it was written.
    """

    kind: str
    parameters: dict[str, Any]
    start: float
    until: float
    text: str


class Context(msgspec.Struct, frozen=True):
    """The facts about the run that rules use. `host_response` is the contract's, in seconds;
    `sign_on`: a connection carries requests only after a sign-on.
    """

    seed: int
    host_response: float
    framing: str
    sign_on: bool = True


class Mistake(NamedTuple):
    """Parameters that contradict each other: which one to mark, why, and a valid alternative."""

    parameter: str
    problem: str
    remedy: str


class Rule:
    """Base of all faults. A subclass names its kind, layer, summary and parameters.

    `variants` are parameter settings, in the notation of `--fault`, that a search should try; the
    search itself chooses terminal, attempt, message and operation. `withstood` is 'request' or
    'response' if no system could withstand the fault on the other of the two.
    `speaks` is 'request' or 'response' for a kind that touches only those; '' for both.
    `lasting` names the parameter that gives the duration of the effect, where that may exceed the
    window: an outage, after which machines need time to come back into service.
    `where` the fault strikes is 'wire' (between the machines), 'host' or 'terminals'. `virtual`
    kinds need virtual time, and exist in `sim` only.

    `tell` is set by the run's FaultSet and receives each effect when it has really taken place.
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
        """`index` is the fault's place among the run's faults. Its random draws are keyed by its
        text, so that they do not depend on the other faults.
        """
        del index
        given = spec.parameters
        self.spec = spec
        self.context = context
        self.start = spec.start
        self.until = spec.until
        self.terminal: str | None = given.get("terminal")
        self.nth: int | None = given.get("nth")
        self.row: int | None = given.get("row")
        self.p: float | None = given.get("p")
        self.mti: str | None = given.get("mti")
        self.pan: str | None = given.get("pan")
        self.stan: str | None = given.get("stan")
        self._attempts: dict[str, int] = {}

    @cached_property
    def _chance(self) -> int:
        """The key of the random stream that decides whether the fault strikes."""
        return key_of(self.context.seed, "fault", self.spec.text)

    @cached_property
    def _shape(self) -> int:
        """The key of the random stream for all other draws."""
        return key_of(self.context.seed, "fault's shape", self.spec.text)

    @classmethod
    def check(cls, parameters: dict[str, Any]) -> Mistake | None:
        """What is wrong with a combination of values that are each valid; None if nothing is."""
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
        """True if the fault concerns that terminal. On the wire an id may end in spaces."""
        return self.terminal is None or self.terminal == terminal.rstrip()

    def about(self, message: Message, card: str) -> bool:
        """True if the message is of the card, and has the STAN, that the fault names if it does.
        `card` is how the number of the message's card ends (`CardsSeen`).
        """
        if self.stan is not None and self.stan != message.stan.lstrip("0"):
            return False
        return self.pan is None or self.pan == card

    def touches(self, message: Message) -> bool:
        """True if the fault concerns this message. Without mti=: financial and reversal ones."""
        if self.mti is not None:
            return message.mti == self.mti
        return message.message_class in MONEY_CLASSES

    def lift(self, now: float) -> None:
        """The fault ends now."""
        self.until = min(self.until, now)

    def stands(self, now: float, terminal: str, since: float) -> None:
        """Tell a rule that is added at `now` that the terminal is connected since `since`."""

    def unfinished(self) -> bool:
        """True if the rule still has work to do after its window has closed, such as to release
        frames that it holds back.
        """
        return False

    def strikes(self, now: float, terminal: str) -> bool:
        """True if the fault strikes this attempt. Counts it if window and terminal match."""
        if not self.active(now) or not self.meant(terminal):
            return False
        struck = self.would_strike(terminal)
        self.count(terminal)
        return struck

    def would_strike(self, terminal: str) -> bool:
        """True if the fault will strike the terminal's next attempt."""
        attempt = self._attempts.get(self._counted_as(terminal), 0) + 1
        if self.nth is not None or self.row is not None:
            first = self.nth or 1
            if not first <= attempt < first + (self.row or 1):
                return False
        return self.p is None or Draw(self._chance ^ key_of(terminal), attempt).chance(self.p)

    def count(self, terminal: str) -> None:
        counted = self._counted_as(terminal)
        self._attempts[counted] = self._attempts.get(counted, 0) + 1

    def _counted_as(self, terminal: str) -> str:
        """Its own name; when a peer has thought up too many, those that follow count together."""
        known = terminal in self._attempts or len(self._attempts) < MOST_NAMES
        return terminal if known else ""

    @property
    def counted(self) -> int:
        """The attempts of all terminals, struck or not."""
        return sum(self._attempts.values())

    def shape(self, terminal: str) -> Draw:
        """The second random stream, for the terminal's latest attempt."""
        return Draw(self._shape ^ key_of(terminal), self._attempts.get(terminal, 0))

    def acted(self, on: str, what: str) -> None:
        """Report an effect that really took place."""
        self.tell(self.effect(on, what))

    def effect(self, on: str, what: str) -> FaultActed:
        """An effect, to be reported when it takes place."""
        name = on if ":" in on else UNSET
        return FaultActed(self.spec.text, f"{on}: {what}", self.lasts, name)
