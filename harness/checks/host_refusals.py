"""What a host of ours must not serve it refuses (H22), whoever sent it.

What came to the host is read at the host's end of the line, from the bytes that it had before it.
So it does not matter here whether a terminal had sent a message or a fault had made it: a host
knows no more than the message says, and its MAC.
"""

from __future__ import annotations

from typing import NamedTuple

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.base import NOBODY
from harness.checks.evidence import TerminalEvidence
from harness.checks.host_conduct import HostCheck
from harness.checks.transaction_evidence import APPROVING
from harness.wire.message import (
    CURRENCY,
    REQUESTS,
    REVERSALS,
    AdviceOutcome,
    Kind,
    Message,
    Outcome,
)
from harness.wire.particulars import Particulars, differing_from_original, differing_in_repeat

_KEPT = 1_000  # transactions of a terminal, and messages that came from it
_ALIKE = 4  # messages of one identity that differ
_DECISIVE = ("pan", "amount", "currency")
_SERVED = ("sign_on", "sign_off", "echo")


class _Approved(NamedTuple):
    """A request as it came to the host, and how much of it was approved, in minor units."""

    particulars: Particulars
    amount: int


class _Asked(NamedTuple):
    """A message that came to the host, and why the host has to refuse it; '' if it does not."""

    message: Message
    why: str


class _Book:
    """What came to the host from one terminal, and what of it the host has approved or reversed, by
    STAN and time of the request.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str, str], list[_Asked]] = {}  # by MTI class, STAN and time
        self._approved: dict[tuple[str, str], _Approved] = {}
        self._reversed: dict[tuple[str, str], tuple[str, str]] = {}  # ... and by which reversal

    def comes(self, message: Message) -> bool:
        """A message comes to the host. Has the host to refuse it?"""
        asked = self._asked.setdefault(_key(message), [])
        keep_latest(self._asked, _KEPT)
        why = self._wrong(message)
        if all(message.fields != known.message.fields for known in asked):
            asked.append(_Asked(message, why))
            del asked[:-_ALIKE]
        return bool(why)

    def _wrong(self, message: Message) -> str:
        """Why a message has to be refused; '' if it may be served."""
        if message.kind in REQUESTS:
            return self._wrong_request(message)
        if message.kind in REVERSALS:
            return self._wrong_reversal(message)
        if message.kind is Kind.NETWORK:
            return "" if message.function in _SERVED else "asks for what is not served"
        return "is of a kind that is not served"

    def _wrong_request(self, message: Message) -> str:
        if message.missing():
            return f"lacks DE {', DE '.join(message.missing())}"
        if message.currency not in ("", CURRENCY):
            return f"is in currency {message.currency}"
        first = self._approved.get((message.stan, message.sent))
        if first is None:
            return ""
        unlike = "amount" in differing_in_repeat(first.particulars, message.particulars)
        return "has the STAN of another one" if unlike else ""

    def _wrong_reversal(self, message: Message) -> str:
        original = message.original
        if message.missing() or original is None:
            return "names no original"
        named = original.stan, original.sent
        first = self._approved.get(named)
        if first is None:
            return ""  # of what was declined nothing is given back, however often
        if self._reversed.get(named, (message.stan, message.sent)) != (message.stan, message.sent):
            return "is a second one of its original"
        of_part = first.amount if message.amount == first.amount else None
        said = message.particulars
        if of_part is not None:
            said = said._replace(amount=first.particulars.amount)
        unlike = differing_from_original(first.particulars, said)
        if any(meaning in _DECISIVE for meaning in unlike):
            return "does not agree with its original"
        if (message.amount_taken or 0) > first.amount:
            return "says that more was taken than was approved"
        return ""

    def leaves(self, answer: Message) -> tuple[_Asked | None, bool]:
        """What an answer is to, if that had to be refused, and whether it was served. Where several
        messages had one identity, nobody can say which of them an answer is to, unless all had to
        be refused; an approval is of the one with its amount.
        """
        asked, served = self._asked.get(_key(answer), []), _serves(answer)
        if served and answer.kind is Kind.ANSWER:
            asked = [x for x in asked if x.message.amount == answer.amount or _in_part(answer)]
        right = next((x for x in asked if not x.why), None)
        if right is None:
            return (asked[0] if asked else None), served
        if served:
            self._learn(right.message, answer)
        return None, served

    def _learn(self, message: Message, answer: Message) -> None:
        """The host has approved a request, or taken a reversal."""
        own, original = (message.stan, message.sent), message.original
        if message.kind in REQUESTS:
            self._approved.setdefault(own, _Approved(message.particulars, answer.amount))
            keep_latest(self._approved, _KEPT)
        elif message.kind in REVERSALS and original is not None:
            self._reversed.setdefault((original.stan, original.sent), own)
            keep_latest(self._reversed, _KEPT)


def _key(message: Message) -> tuple[str, str, str]:
    """The same for a message and its answer."""
    return message.message_class, message.stan, message.sent


def _in_part(answer: Message) -> bool:
    return answer.outcome is Outcome.PARTIAL


def _serves(answer: Message) -> bool:
    """Does the answer say that what was asked for was done?"""
    if answer.kind is Kind.ANSWER:
        return answer.outcome in APPROVING
    if answer.kind is Kind.REVERSAL_ANSWER:
        return answer.advice_outcome is AdviceOutcome.ACCEPTED
    return answer.code == answer.CODES["approved"]


class RefusesWhatIsWrong(HostCheck):
    """H22. A request that lacks an element or is in another currency, or that has the STAN of
    another one which was approved, is not approved. A reversal that names no original, does not
    agree with what was approved, or is a second one of that under another STAN is not accepted.
    What the host does not carry out it answers with no success.
    """

    id = "H22"
    rare = True
    needs = (*HostCheck.needs, "ledger")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._books: dict[str, _Book] = {}

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "host" or event.problem:
            return
        message = terminal.wire.message
        book = self._books.setdefault(terminal.name, _Book())
        if event.to == "host":
            trusted = event.mac == "good" or (event.mac == "none" and not terminal.wire.wants_mac)
            if trusted and message.wants_answer and not event.wrong:
                self.tried += book.comes(message)
            return
        asked, served = book.leaves(message) if message.is_answer else (None, False)
        if asked is not None and served:
            what = f"{asked.message.mti}, STAN {asked.message.stan}, {asked.why}"
            self.fail(terminal, at, f"{what}, and was answered {message.code}", of=NOBODY)
