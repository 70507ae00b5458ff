"""A message by its meaning, whatever version of ISO 8583 it is written in.

Machines, checks, reports and faults speak of kinds, amounts and originals. Only a dialect
(`wire/dialects/`) knows which message type indicator (MTI) and which data elements (DE) carry
them. A `Message` is a thin view: it holds the fields as the codec gives them, and a meaning is
worked out only when somebody asks for it.

Which transaction a message is about, and so which messages are repeats of each other, is
`Message.identity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Self

from harness.shown import shown
from harness.shown.masking import SHORTEST
from harness.wire.describe import FIELD_NAMES, describe
from harness.wire.host_habits import HostHabits
from harness.wire.identity import TransactionId
from harness.wire.kinds import (
    ADVICES,
    MONEY_CLASSES,
    NETWORK_KINDS,
    REQUESTS,
    REVERSALS,
    AdviceOutcome,
    Kind,
    MessageClass,
    Outcome,
    counterpart,
    function_of_mti,
    message_class_of,
)
from harness.wire.particulars import (
    Particulars,
    pan_of_tracks,
    particulars,
)
from harness.wire.subjects import CURRENCY, SUBJECTS, Station, Subject

__all__ = [
    "ADVICES", "CURRENCY", "MAC_ELEMENTS", "MONEY_CLASSES", "NETWORK_KINDS", "REQUESTS",
    "REVERSALS", "AdviceOutcome", "Fields", "Kind", "Message", "MessageClass", "Outcome", "Station",
    "Subject", "counterpart", "function_of_mti", "message_class_of",
]  # fmt: skip

Fields = dict[str, str]
"""Data elements by number, as text; 't' is the MTI, 'p' and '1' the bitmaps."""


MAC_ELEMENTS = ("64", "128")
"""The data elements that hold a MAC: the last of the first bitmap, and of the second."""


LONGEST = 18
"""Digits of an amount: what is longer is none, and a peer may send thousands."""

_CLASSES = tuple("12345678")  # the digits 0 and 9 are reserved


class Message:
    """One message. A dialect has a subclass of it, which says where each meaning stands.

    The elements that are read here have the same number in every version of the standard; where
    a version differs, its subclass overrides the property and its row in `ELEMENTS`.
    """

    __slots__ = ("fields", "kind")

    KINDS: ClassVar[Mapping[str, Kind]] = {}
    """MTI to kind. A message type that is new is a row here."""
    OUTCOMES: ClassVar[Mapping[str, Outcome]] = {}
    """Response code (DE 39) to its class. Unlisted codes are unknown, and never a capture."""
    ADVICE_OUTCOMES: ClassVar[Mapping[str, AdviceOutcome]] = {}
    """Response code (DE 39) of an advice to its class. Unlisted codes park the advice."""
    HOSTS: ClassVar[HostHabits] = HostHabits()
    """What hosts do beside the plain answers."""
    MANDATORY: ClassVar[Mapping[Kind, tuple[str, ...]]] = {}
    """The meanings (keys of `ELEMENTS`) that a message of each kind must carry."""
    ELEMENTS: ClassVar[Mapping[str, str]] = {
        "pan": "2",
        "processing_code": "3",
        "amount": "4",
        "sent": "7",
        "stan": "11",
        "expiry": "14",
        "acquirer": "32",
        "track2": "35",
        "rrn": "37",
        "approval": "38",
        "code": "39",
        "terminal": "41",
        "acceptor": "42",
        "track1": "45",
        "currency": "49",
        "pin_block": "52",
    }
    """The data element in which each of the meanings that are plain text stands."""
    CODES: ClassVar[Mapping[str, str]] = {}
    """Response code (DE 39) by its name: 'approved', 'insufficient_funds', ..."""
    VERSION: ClassVar[str] = ""
    """The first digit of the MTIs of this version of the standard."""
    SENT_FORMAT: ClassVar[str] = "%m%d%H%M%S"
    """How the time that names a transaction (`sent`) is written, as `strptime` has it."""
    NAMES: ClassVar[Mapping[str, str]] = FIELD_NAMES
    """What people call each data element."""
    TRANSMITTED: ClassVar[str] = "7"
    """The data element of the transmission date and time, MMDDhhmmss in UTC."""
    PLACE: ClassVar[str] = "43"
    """The data element of the card acceptor's name and place."""
    SUBJECTS: ClassVar[Mapping[str, Subject]] = SUBJECTS
    """What each data element of a terminal's message is about; what is not listed is about the
    terminal itself.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.kind = self.KINDS.get(fields.get("t", ""), Kind.OTHER)

    def __repr__(self) -> str:
        return shown(f"<{self.mti} {self.kind.value}, STAN {self.stan}>")  # never a secret

    # --- what it is ------------------------------------------------------------------------

    @property
    def mti(self) -> str:
        """The message type indicator as text; '' if there is none."""
        return self.fields.get("t", "")

    @property
    def message_class(self) -> str:
        """The class digit of the MTI, to be compared with `MessageClass`; '' if there is none."""
        return self.fields.get("t", "")[1:2]

    @property
    def is_answer(self) -> bool:
        """Does the MTI's function digit say that this answers a request or an advice?"""
        return self.fields.get("t", "")[2:3] in ("1", "3")

    @property
    def is_repeat(self) -> bool:
        """Does the MTI's last digit say that this was sent before?"""
        return self.fields.get("t", "")[3:4] in ("1", "3", "5")

    @property
    def wants_answer(self) -> bool:
        """Does the MTI, known or not, say that this is a request or an advice of this version, in a
        class that there is?
        """
        mti = self.fields.get("t", "")
        return mti[:1] == self.VERSION and mti[1:2] in _CLASSES and mti[2:3] in ("0", "2")

    @property
    def is_network_management(self) -> bool:
        return self.fields.get("t", "")[1:2] == "8"

    @property
    def identity(self) -> TransactionId:
        """Names the message so that exactly its repeats have the same name."""
        fields = self.fields
        return TransactionId(
            fields.get("t", "")[1:2],
            fields.get("41", ""),
            fields.get("32", "").lstrip("0"),
            fields.get("11", ""),
            self.sent,
        )

    @property
    def original(self) -> TransactionId | None:
        """The transaction that a reversal names; None if it names none that can be read."""
        raise NotImplementedError

    @property
    def particulars(self) -> Particulars:
        """What makes the message the transaction that it is, whoever repeats or reverses it."""
        original = self.original
        return particulars(
            pan=self.pan,
            processing_code=self.text("processing_code"),
            amount=self.amount or self.amount_text,  # an amount of nothing is not a missing one
            currency=self.currency,
            rrn=self.rrn,
            original=original.cause if original is not None else "",
            taken=self.amount_taken,
        )

    def elements_of(self, meanings: tuple[str, ...]) -> tuple[str, ...]:
        """The data elements in which meanings stand; of the PAN the one that holds it."""
        found = [self.ELEMENTS[meaning] for meaning in meanings]
        if "pan" in meanings and self.ELEMENTS["pan"] not in self.fields and self.pan:
            track = "track2" if self.text("track2") else "track1"
            found[meanings.index("pan")] = self.ELEMENTS[track]
        return tuple(found)

    def missing(self) -> tuple[str, ...]:
        """The data elements that a message of this kind must carry, and this one does not. The PAN
        may stand on a track, and a balance inquiry needs no amount.
        """
        needless = {"pan"} if self.pan or self.text("track1") else set()
        needless |= {"amount"} if self.transaction_type == "balance" else set()
        return tuple(
            self.ELEMENTS[meaning]
            for meaning in self.MANDATORY.get(self.kind, ())
            if meaning not in needless and not self.text(meaning)
        )

    def unreadable(self) -> tuple[str, ...]:
        """The data elements that say what was dispensed, and that cannot be read."""
        return ()

    # --- plain texts, '' where they are missing ------------------------------------------------

    @property
    def terminal(self) -> str:
        """The terminal's id (DE 41). It names an actor in journals and reports, so that it is given
        as it may be shown.
        """
        text = self.fields.get("41", "")
        return text if len(text) < SHORTEST and text.isprintable() else shown(text)

    @property
    def stan(self) -> str:
        """The system trace audit number (DE 11)."""
        return self.fields.get("11", "")

    @property
    def sent(self) -> str:
        """The time that names the transaction together with the STAN (DE 7 in 1987)."""
        return self.fields.get("7", "")

    @property
    def acquirer(self) -> str:
        """The acquirer's id (DE 32)."""
        return self.fields.get("32", "")

    @property
    def rrn(self) -> str:
        """The retrieval reference number (DE 37)."""
        return self.fields.get("37", "")

    @property
    def code(self) -> str:
        """The response code (DE 39)."""
        return self.fields.get("39", "")

    @property
    def pan(self) -> str:
        """The card's number (DE 2); where that is missing, the one on a track (DE 35, 45)."""
        fields = self.fields
        return fields.get("2") or pan_of_tracks(fields.get("35", ""), fields.get("45", ""))

    @property
    def expiry(self) -> str:
        """The card's expiry date, YYMM (DE 14)."""
        return self.fields.get("14", "")

    @property
    def currency(self) -> str:
        """The currency's number (DE 49)."""
        return self.fields.get("49", "")

    @property
    def day(self) -> str:
        """The business day to which the host has posted, MMDD (DE 15)."""
        raise NotImplementedError

    @property
    def amount_text(self) -> str:
        """The amount as it stands in the message (DE 4)."""
        return self.fields.get("4", "")

    # --- meanings ----------------------------------------------------------------------------

    @property
    def amount(self) -> int:
        """The amount in minor units (DE 4); 0 where it is missing or not decimal."""
        text = self.fields.get("4", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else 0

    @property
    def is_withdrawal(self) -> bool:
        """Does the processing code (DE 3) ask for cash?"""
        return self.fields.get("3", "")[:2] == "01"

    @property
    def transaction_type(self) -> str:
        """'withdrawal', 'balance' or '' for another one (DE 3)."""
        raise NotImplementedError

    @property
    def outcome(self) -> Outcome:
        """What the response code of an answer to a request means."""
        return self.OUTCOMES.get(self.fields.get("39", ""), Outcome.UNKNOWN)

    @property
    def advice_outcome(self) -> AdviceOutcome:
        """What the response code of an answer to an advice or a reversal means."""
        return self.ADVICE_OUTCOMES.get(self.fields.get("39", ""), AdviceOutcome.PARK)

    @property
    def network_accepted(self) -> bool:
        """Does the answer to a network management message accept it?"""
        raise NotImplementedError

    @property
    def network_at_work(self) -> bool:
        """Does an answer of network management come from a host that works? It may not serve what
        it was asked for. One that asks for another try later does not work yet.
        """
        retries = self.advice_outcome is AdviceOutcome.RETRY
        return self.network_accepted or bool(self.code.strip() and not retries)

    @property
    def function(self) -> str:
        """'sign_on', 'sign_off', 'echo', or '' for another network management message."""
        raise NotImplementedError

    @property
    def amount_taken(self) -> int | None:
        """Minor units that a partial reversal says were dispensed; None in a full reversal."""
        raise NotImplementedError

    @property
    def pin_block(self) -> str | None:
        """The encrypted PIN block in hexadecimal (DE 52); None where there is none."""
        return self.fields.get("52")

    @property
    def mac_element(self) -> str:
        """The data element that holds a MAC, '64' or '128'; '' where there is none."""
        return "128" if "128" in self.fields else "64" if "64" in self.fields else ""

    def contents(self) -> str:
        """All elements but the header, the MTI, the bitmaps and the MAC as one text: an advice and
        its repeats have the same.
        """
        left_out = ("h", "t", "p", "1", "64", "128")
        return "\x1f".join(f"{k}={v}" for k, v in self.fields.items() if k not in left_out)

    def without_card_data(self) -> Fields:
        """What may be told of an advice: only elements that hold nothing of the card."""
        told = ("t", "4", "7", "11", "37", "39", "41")
        return {name: self.fields[name] for name in told if name in self.fields}

    def sent_earlier(self, days: int) -> str:
        """What `sent` would say so many days earlier; '' where it is no time."""
        form = self.SENT_FORMAT
        yearless = "%y" not in form  # then a leap year is assumed, in which each date exists
        text, form = (f"00{self.sent}", f"%y{form}") if yearless else (self.sent, form)
        try:
            moment = datetime.strptime(text, form) - timedelta(days=days)
        except ValueError:
            return ""
        return moment.strftime(self.SENT_FORMAT)

    def described(self, *, mac: bool = True) -> list[tuple[str, str, str]]:
        """(data element, its name, its value) by number, with every secret masked. The message
        type is left out, and the MAC as well where `mac` is False.
        """
        told = {"t"} if mac else {"t", *MAC_ELEMENTS}
        return [part for part in describe(self.fields, self.NAMES) if part[0] not in told]

    # --- another message like it ------------------------------------------------------------------

    def element(self, meaning: str) -> str:
        """The number of the data element in which a meaning stands."""
        return self.ELEMENTS[meaning]

    def text(self, meaning: str) -> str:
        """The text of a meaning as it stands in the message; '' where it is missing."""
        return self.fields.get(self.ELEMENTS[meaning], "")

    def replaced(self, **texts: str | None) -> Self:
        """The same message with other texts for some meanings; None leaves the element out."""
        fields = self.fields.copy()
        for meaning, text in texts.items():
            if text is None:
                fields.pop(self.ELEMENTS[meaning], None)
            else:
                fields[self.ELEMENTS[meaning]] = text
        return type(self)(fields)

    def with_original(self, original: TransactionId) -> Self:
        """The same reversal, naming another original."""
        raise NotImplementedError

    def made_full(self) -> Self:
        """The same reversal without the amount that was taken: a full one."""
        raise NotImplementedError
