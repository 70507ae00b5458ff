"""What a terminal says in its messages, held against what it had to say (M1).

Where the terminal is the harness's own, the message is made a second time: by the dialect, from
what the device, the customer, the wire and the run's configuration show. Each element in which the
two differ is untrue, and an element that only one of them has is missing or too much. What only
the terminal can know is taken over from its message: its numbers (DE 11 and 37), which M2 judges,
and the reason of a reversal. Where the link has MACs, each message has to have a right one as it
leaves.

Of somebody else's terminal only the wire is seen, and networks differ. There it is judged whether a
message agrees with itself and with the ones before, and whether its clock is roughly right.

What T13, T14 and T16 judge is left to them: repeats, whether a reversal agrees with its request,
and elements that are missing by the standard or do not hold what their class says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness import events as e
from harness.checks.base import FAILURES_KEPT, NOBODY, Whose
from harness.checks.device_evidence import DeviceEvidence
from harness.checks.operating_time import OperatingTime
from harness.checks.run_configuration import RunConfiguration
from harness.checks.transaction_evidence import TransactionEvidence
from harness.checks.transactions import TerminalTransactions
from harness.contract import Contract
from harness.wire.calendar import Stamp
from harness.wire.codec import PRIVATE
from harness.wire.describe import mask_fields
from harness.wire.dialects.base import Dialect
from harness.wire.message import REVERSALS, Kind, Message, Station, Subject
from harness.wire.particulars import differing_from_original, masked_alike

STRANGE_CLOCK = 900.0
"""Run seconds by which DE 7 of somebody else's terminal may differ from the harness's clock. No
time zone is less than half an hour from another one.
"""

_FIRST = (Kind.REQUEST, Kind.REVERSAL, Kind.NETWORK)
_NEVER_JUDGED = frozenset(("h", "t", "p", "1", "64", "128"))
_HALF_HOUR = 1800.0
_FARTHEST_ZONE = 28  # half-hours from UTC
_ABOUT = 60.0  # seconds: so near to a whole half-hour it is a time zone


class Untrue(NamedTuple):
    """Something untrue that was said at that run second, and whom it concerns."""

    at: float
    what: str
    whose: Whose


class SaidByTerminal:
    """One terminal's messages. By subject ('card', 'amount', 'clock', 'original', 'terminal', and
    'elements' for which there are), `tried` counts the messages that were judged, and `untrue` are
    the first ones that were wrong.
    """

    __slots__ = (
        "_clock_is_right", "_configuration", "_contract", "_device", "_dialect", "_name",
        "_station", "_time", "_transactions", "tried", "untrue",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        contract: Contract,
        dialect: Dialect,
        configuration: RunConfiguration,
        time: OperatingTime,
        transactions: TerminalTransactions,
        device: DeviceEvidence,
    ) -> None:
        self._name = name
        self._contract = contract
        self._dialect = dialect
        self._configuration = configuration
        self._time = time
        self._transactions = transactions
        self._device = device
        self._station: Station | None = None
        self._clock_is_right = True
        self.tried: dict[str, int] = {}
        self.untrue: dict[str, list[Untrue]] = {}

    def clock_set_wrong(self) -> None:
        """A fault of ours has set the terminal's clock: what it says of the time proves nothing,
        nor did it in the instant in which the fault acted.
        """
        self._clock_is_right = False
        self.tried.pop("clock", None)
        self.untrue.pop("clock", None)

    def sent(
        self, at: float, message: Message, event: e.FrameSeen, subject: TransactionEvidence | None
    ) -> None:
        """A message leaves the terminal. `subject` is the transaction that a request or a reversal
        is about.
        """
        kind = message.kind
        if self._transactions.device_seen:
            self._judge_mac(at, message, event.mac, subject)
        if kind not in _FIRST:
            return  # a repeat, which has to be as the first was, or an answer
        if kind is Kind.NETWORK:
            subject = None
        elif subject is None or _times(subject, kind) != 1:
            return
        moment = self._configuration.moment(message, at)
        if moment is not None and self._clock_is_right:
            self._judge_clock(at, moment, message, subject)
        if subject is not None:
            self._judge_card(at, message, event, subject)
        if not self._transactions.device_seen:
            if kind is Kind.REVERSAL and subject is not None:
                self._judge_approval_code(at, message, subject)
            return
        self._count(message, subject)
        right, left_to_others = self._right(message, moment, subject)
        if event.wrong:
            left_to_others |= {element for element, _ in event.wrong}
        self._compare(at, message, right, left_to_others, subject or NOBODY)

    def _count(self, message: Message, subject: TransactionEvidence | None) -> None:
        """The subjects of which there is something to judge in this message."""
        wanted, kind = self._device.wanted, message.kind
        reverses = kind is Kind.REVERSAL and subject is not None and subject.requested
        asks = kind is Kind.REQUEST and wanted is not None
        tried = self.tried
        for what, judged in (
            ("elements", True),
            ("terminal", self._right_station(message) is self._station),
            ("original", reverses),
            ("amount", asks or (reverses and message.amount_taken is not None)),
        ):
            if judged:
                tried[what] = tried.get(what, 0) + 1

    # --- the message that it should have been ----------------------------------------------------

    def _right(
        self, message: Message, moment: float | None, subject: TransactionEvidence | None
    ) -> tuple[Message, set[str]]:
        """The message made anew, and the elements in which it may differ all the same."""
        station = self._right_station(message)
        kind = message.kind
        if subject is None:
            return self._network(message, station), set()  # its time is taken over
        stamp, skipped = self._stamp(message, moment)
        if kind is Kind.REQUEST:
            right = self._request(message, station, stamp)
        else:
            right = self._reversal(message, station, stamp, subject)
            if subject.particulars is not None:
                differing = differing_from_original(subject.particulars, message.particulars)
                skipped |= set(message.elements_of(differing))
                skipped |= set(right.elements_of(differing))
        return right, skipped

    def _stamp(self, message: Message, moment: float | None) -> tuple[Stamp, set[str]]:
        """What a right clock showed when the message's time was read from it. Without such a clock
        the elements of the time are not judged.
        """
        stamp = self._configuration.stamp(moment) if moment is not None else None
        if stamp is not None and self._clock_is_right and self._configuration.knows_local:
            return stamp, set()
        clock = {name for name, what in message.SUBJECTS.items() if what == "clock"}
        if stamp is None or not self._clock_is_right:
            return Stamp(message.fields.get(message.TRANSMITTED, ""), "0" * 6, "0" * 6), clock
        return stamp, clock

    def _right_station(self, message: Message) -> Station:
        if self._station is None:
            self._station = self._configuration.station(self._name)
        if self._station is not None:
            return self._station
        fields = message.fields
        acceptor, place = message.text("acceptor"), fields.get(message.PLACE, "")
        return Station(self._name, acceptor, place, message.acquirer, message.currency)

    def _request(self, message: Message, station: Station, stamp: Stamp) -> Message:
        wanted = self._device.wanted
        wants, amount = message.transaction_type or "withdrawal", message.amount
        if wanted is not None and wanted.customer == self._device.customer:
            wants, amount = wanted.wants, wanted.amount
        return self._dialect.request(
            station,
            kind=wants,
            pan=message.text("pan"),
            expiry=message.expiry,
            track2=message.text("track2"),
            pin_block=message.pin_block or "",
            amount=amount if wants == "withdrawal" else 0,
            stan=message.stan,
            rrn=message.rrn,
            stamp=stamp,
        )

    def _reversal(
        self, message: Message, station: Station, stamp: Stamp, subject: TransactionEvidence
    ) -> Message:
        original = message.original
        known = subject.requested
        return self._dialect.reversal(
            station,
            pan=message.text("pan"),
            amount=subject.amount if known else message.amount,
            taken=_right_taken(message, subject),
            stan=message.stan,
            stamp=stamp,
            rrn=subject.rrn if known else message.rrn,
            code=_right_code(message, subject),
            reason=message.text("reason"),
            original_stan=original.stan if original is not None else subject.stan,
            original_sent=original.sent if original is not None else subject.sent,
        )

    def _network(self, message: Message, station: Station) -> Message:
        """Network management of a function that there is; without one there is nothing to say."""
        sent = message.fields.get(message.TRANSMITTED, "")
        if not message.function:
            return message
        return self._dialect.network(station, message.function, stan=message.stan, sent=sent)

    # --- in what it differs ------------------------------------------------------------------

    def _compare(
        self, at: float, message: Message, right: Message, skipped: set[str], whose: Whose
    ) -> None:
        subjects = message.SUBJECTS
        said, must = message.fields, right.fields
        for name, text in must.items():
            have = said.get(name)
            if have == text or name in skipped or name in _NEVER_JUDGED:
                continue
            if have is None:
                if self._configuration.standard and name not in message.missing():
                    subject = _of_which(name, subjects)
                    self._tell(subject, at, message, f"lacks DE {name}", whose)
            elif not self._alike(have, text):
                less = [mask_fields({name: x}).get(name, "") or "empty" for x in (have, text)]
                what = f"DE {name} is {less[0]} instead of {less[1]}"
                self._tell(subjects.get(name, "terminal"), at, message, what, whose)
        for name in said:
            if name in must or name in _NEVER_JUDGED or name in PRIVATE or name in skipped:
                continue
            what = f"has DE {name}, which does not belong there"
            self._tell(_of_which(name, subjects), at, message, what, whose)

    def _alike(self, said: str, right: str) -> bool:
        """May they be the same? A journal masks what is secret, and what was fitted to a
        specification of somebody else's has another length.
        """
        if masked_alike(said, right):
            return True
        return not self._configuration.standard and len(said) != len(right)

    def _tell(self, subject: str, at: float, message: Message, what: str, whose: Whose) -> None:
        found = self.untrue.setdefault(subject, [])
        if len(found) < FAILURES_KEPT:
            name = f"{message.mti} of STAN {message.stan or '(none)'}"
            found.append(Untrue(at, f"{name}: {what}", whose))

    def _judge_mac(
        self, at: float, message: Message, mac: str, subject: TransactionEvidence | None
    ) -> None:
        """As it leaves the terminal no fault of the line has touched it yet."""
        if self._contract.mac and mac != "good":
            what = "has no MAC" if mac == "none" else "has a MAC that is wrong"
            self._tell("elements", at, message, what, subject or NOBODY)

    # --- what the wire alone shows ---------------------------------------------------------------

    def _judge_card(
        self, at: float, message: Message, event: e.FrameSeen, subject: TransactionEvidence
    ) -> None:
        """The card in the reader, by its token; and one card in all elements."""
        if not isinstance(event.card, str):
            return
        self.tried["card"] = self.tried.get("card", 0) + 1
        inserted = subject.card if self._transactions.device_seen else ""
        agrees = subject.particulars is None or subject.particulars.pan in ("", message.pan)
        if inserted and event.card != inserted and (agrees or message.kind is Kind.REQUEST):
            what = "the card that it names is not the one that was in the reader"
            self._tell("card", at, message, what, subject)
        elif event.unlike:
            elements = ", ".join(f"DE {name}" for name in event.unlike)
            what = f"{elements} does not belong to the card that it names"
            self._tell("card", at, message, what, subject)
        elif inserted and message.kind is Kind.REQUEST:
            typed, sent = self._device.typed, event.pin
            if typed is not None and isinstance(sent, str) and typed is not (sent == "right"):
                what = f"DE {message.element('pin_block')} does not hold the PIN that was typed"
                self._tell("card", at, message, what, subject)

    def _judge_clock(
        self, at: float, moment: float, message: Message, subject: TransactionEvidence | None
    ) -> None:
        """A request and network management are sent when they are stamped, within the time that a
        terminal waits for an answer. A reversal may wait in its queue for as long as the host is
        away, and its time lies between that of its original and now.
        """
        self.tried["clock"] = self.tried.get("clock", 0) + 1
        own = self._transactions.device_seen
        tolerance = self._contract.wait if own else STRANGE_CLOCK
        off = moment - at
        early = -off > tolerance
        if message.kind in REVERSALS:
            begun = subject.start if own and subject is not None and subject.requested else None
            early = begun is not None and moment < begun - tolerance
        elif early and own:
            early = self._time.between(moment, at) > tolerance  # the process may have stood still
        if early or off > tolerance:
            element = message.TRANSMITTED
            said = message.fields.get(element, "")
            stamp = self._configuration.stamp(at)
            right = stamp.sent if stamp is not None else ""
            what = f"DE {element} is {said} at {right} UTC: {_in_words(off)}"
            self._tell("clock", at, message, what, subject or NOBODY)

    def _judge_approval_code(
        self, at: float, message: Message, subject: TransactionEvidence
    ) -> None:
        """A reversal that has an approval code has that of the answer to its request."""
        said = message.text("approval").strip()
        if not said or not subject.approval_code.strip():
            return
        self.tried["original"] = self.tried.get("original", 0) + 1
        if said != subject.approval_code.strip():
            element = message.element("approval")
            what = f"DE {element} is {said} instead of {subject.approval_code}"
            self._tell("original", at, message, what, subject)


def _times(subject: TransactionEvidence, kind: Kind) -> int:
    """How often the request, or the reversal, of a transaction has left by now."""
    return subject.requests if kind is Kind.REQUEST else subject.reversals_sent


def _of_which(element: str, subjects: Mapping[str, Subject]) -> str:
    """Of which subject it is that an element is missing or too much. Whether an answer is repeated,
    or an amount that was taken, depends on what happened, and the others on the kind of message.
    """
    subject = subjects.get(element, "terminal")
    return subject if subject in ("original", "amount") else "elements"


def _right_taken(message: Message, subject: TransactionEvidence) -> int | None:
    """The minor units that a reversal has to say were dispensed. Whether it should have been a
    partial one at all is T8's and H3's business, and more than was approved T14's.
    """
    said = message.amount_taken
    unknown = not subject.requested or subject.uncounted or subject.before
    if said is None or unknown or said > subject.approved:
        return said
    return subject.taken or None


def _right_code(message: Message, subject: TransactionEvidence) -> str:
    """The response code that a reversal has to repeat: that of the answer, and none where the
    request was given up without one. What the power or a pause took from the terminal, and what
    came in the moment in which it gave up, it may know or not.
    """
    said, known = message.code, subject.answer_code
    doubtful = subject.cut or subject.shaken or subject.stood_still or bool(subject.aborted)
    if not subject.requested or subject.answer_unseen or (doubtful and said in ("", known)):
        return said
    return known


def _in_words(off: float) -> str:
    """By how much a clock is off, and that it may be a time zone."""
    halves = round(off / _HALF_HOUR)
    way = "ahead" if off > 0 else "behind"
    if halves and abs(off - halves * _HALF_HOUR) <= _ABOUT:
        zone = abs(halves) <= _FARTHEST_ZONE
        return f"{abs(halves) / 2:g} h {way}" + (
            ", so that it may be another time zone's" if zone else ""
        )
    return f"{abs(off):.0f} s {way}"
