"""What comes to a host in a terminal's name, and that no terminal of ours sends: the host has to
refuse it.

Each message is made with the right key from one that the terminal has sent. Where it is about a
transaction of its own, it has a STAN that the terminal does not use. So nobody waits for its
answer, and a terminal that takes no answer for its own by the STAN alone goes on as before.
"""

from __future__ import annotations

from typing import ClassVar

from harness.contract import MOST_NAMES
from harness.errors import EncodeError, LocalProtocolError
from harness.faults.fate import Act, Close, Deliver, Passing
from harness.faults.rule import COMMON, WHOSE, Parameter
from harness.faults.wire import TO_HOST, WireRule
from harness.wire.kinds import ASKING
from harness.wire.message import REVERSALS, Kind, Message, Outcome

_AWAY = 300_000  # distance from a STAN in use to one of the stranger's, ...
_APART = 10_000  # ... who uses another one for each thing that comes
_MORE = 10_00  # minor units
_ENDS_AFTER = 2.0  # run seconds from a false sign-off to the end of its connection
_CURRENCY = "840"  # DE 49 of US dollars, which no ledger of ours has
_OF_REQUESTS = ("currency", "incomplete", "sign_off")
_OF_REVERSALS = ("other_amount", "second_reversal", "no_original")
_WHAT = (*_OF_REQUESTS, *_OF_REVERSALS, "used_stan", "key_change", "file_update")


class StrangerAsks(WireRule):
    """Each message of the kind that is copied is an attempt: a withdrawal, a reversal, or either.

    A reversal of another amount comes ahead of the right one, as it would be a second one behind
    it. All else comes behind the message. The connection that was signed off soon ends, as the
    terminal knows nothing of that and would not sign on again.
    """

    kind = "stranger_asks"
    summary = "something comes to the host in the terminal's name that it has to refuse"
    speaks = "request"
    to = TO_HOST
    parameters: ClassVar[dict[str, Parameter]] = {
        "what": Parameter("choice", "currency", "what comes", choices=_WHAT),
        **WHOSE,
        **COMMON,
    }

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._asked: dict[str, Message] = {}  # the last withdrawal of each terminal ...
        self._approved: dict[str, Message] = {}  # ... and the last one that was approved

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        acts = super().fate(now, passing)
        message, name = passing.message, passing.terminal
        if message is None:
            return acts
        if passing.to == TO_HOST and _is_withdrawal(message):
            if name in self._asked or len(self._asked) < MOST_NAMES:
                self._asked[name] = message
        elif message.kind is Kind.ANSWER and message.outcome is Outcome.APPROVED:
            asked = self._asked.get(name)
            if asked is not None and (asked.stan, asked.sent) == (message.stan, message.sent):
                self._approved[name] = asked
        return acts

    def touches(self, message: Message) -> bool:
        what = self.value("what")
        if what in _OF_REQUESTS:
            return _is_withdrawal(message)
        if what in _OF_REVERSALS:
            return message.kind in REVERSALS
        return message.kind in ASKING

    def means(self, passing: Passing) -> bool:
        if self.value("what") == "used_stan":
            approved, message = self._approved.get(passing.terminal), passing.message
            if approved is None or message is None or message.stan == approved.stan:
                return False  # the host may not know it, or it is still waited for
        return super().means(passing)

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        message = passing.message
        if message is None or not (message.stan.isascii() and message.stan.isdigit()):
            return None
        digits = len(message.stan)
        away = _AWAY + _APART * _WHAT.index(self.value("what"))
        stan = f"{(int(message.stan) + away) % 10**digits:0{digits}d}"
        asked = self._made(message, stan, passing.terminal)
        try:
            made = [passing.frame_builder.reseal(x.fields, passing.data) for x in asked]
        except (EncodeError, LocalProtocolError):
            return None  # the specification or the framing cannot carry it
        if not made:
            return None  # the dialect knows no such message
        what = self.value("what")
        told = f"a stranger sent {asked[0].mti} ({what}), STAN {asked[0].stan}"
        effect = self.effect(passing.terminal, told)
        false = [Deliver(0.0, data) for data in made]
        false[0] = false[0]._replace(effects=(effect,))
        right = Deliver(0.0, passing.data)
        if what == "sign_off":
            return [right, *false, Close(_ENDS_AFTER, "fin")]
        return [*false, right] if what == "other_amount" else [right, *false]

    def _made(self, message: Message, stan: str, terminal: str) -> list[Message]:
        """What comes; nothing where the dialect knows no such message."""
        what = self.value("what")
        own = message.replaced(stan=stan, rrn="8" * len(message.rrn) or None)
        if what == "currency":
            return [own.replaced(currency=_CURRENCY)]
        if what == "incomplete":
            return [own.replaced(processing_code=None)]
        if what == "other_amount":
            return [_of_another_amount(message.replaced(stan=stan))]
        if what == "second_reversal":
            return [message.replaced(stan=stan)]
        if what == "no_original":
            return [message.replaced(stan=stan, original=None)]
        if what == "used_stan":
            return [_of_another_amount(self._approved[terminal])]
        asks = message.HOSTS.asks
        if what == "sign_off":
            off = asks(message, what, f"{int(stan) ^ 1:0{len(stan)}d}")
            return [] if off is None else [off, own]
        asked = asks(message, what, stan)
        return [] if asked is None else [asked]


def _is_withdrawal(message: Message) -> bool:
    return message.kind is Kind.REQUEST and message.is_withdrawal


def _of_another_amount(message: Message) -> Message:
    text = message.amount_text
    return message.replaced(amount=f"{message.amount + _MORE:0{len(text)}d}")


STRANGER_RULES: tuple[type[WireRule], ...] = (StrangerAsks,)
