"""ISO 8583:1987 as single-message ATM traffic uses it.

Sources: docs/domain.md, "Messages", "Data elements" and "Response codes". What networks do
differently (function codes of network management, reasons of a reversal in DE 60) is a row or an
attribute here, never a literal in a machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from harness.wire.calendar import Stamp
from harness.wire.dialects.base import Dialect, Form
from harness.wire.dialects.hosts1987 import HOSTS_1987
from harness.wire.identity import TransactionId
from harness.wire.message import (
    REVERSALS,
    AdviceOutcome,
    Fields,
    Kind,
    Message,
    Outcome,
    Station,
    Subject,
    counterpart,
)

KINDS = {
    "0200": Kind.REQUEST,
    "0201": Kind.REQUEST_REPEAT,
    "0210": Kind.ANSWER,
    "0220": Kind.ADVICE,
    "0221": Kind.ADVICE_REPEAT,
    "0230": Kind.ADVICE_ANSWER,
    "0420": Kind.REVERSAL,
    "0421": Kind.REVERSAL_REPEAT,
    "0430": Kind.REVERSAL_ANSWER,
    "0400": Kind.REVERSAL,  # in some networks a reversal is a request
    "0401": Kind.REVERSAL_REPEAT,
    "0410": Kind.REVERSAL_ANSWER,
    "0800": Kind.NETWORK,
    "0801": Kind.NETWORK,
    "0810": Kind.NETWORK_ANSWER,
}

ANSWER_MTIS = {
    "0200": "0210",
    "0201": "0210",
    "0220": "0230",
    "0221": "0230",
    "0420": "0430",
    "0421": "0430",
    "0400": "0410",
    "0401": "0410",
    "0800": "0810",
    "0801": "0810",
}

_CODES_OF = {
    Outcome.APPROVED: "00",
    Outcome.PARTIAL: "10",
    Outcome.CAPTURE: "04 07 33 34 35 36 37 38 41 43 67",
    Outcome.PIN_AGAIN: "55",
    Outcome.DECLINED: "01 02 03 05 12 13 14 15 39 40 42 44 51 52 53 54 56 57 58 59 61 62 "
    "64 65 66 75 78 93",
    Outcome.SYSTEM_ERROR: "30 68 90 91 92 94 96",
    Outcome.SECURITY_ERROR: "63",
}

OUTCOMES = {code: outcome for outcome, codes in _CODES_OF.items() for code in codes.split()}

ADVICE_OUTCOMES = {
    "00": AdviceOutcome.ACCEPTED,
    "25": AdviceOutcome.FLAGGED,
    "94": AdviceOutcome.FLAGGED,
} | dict.fromkeys(["68", "90", "91", "92", "96"], AdviceOutcome.RETRY)

_REQUEST = ("pan", "processing_code", "amount", "sent", "stan", "terminal")
MANDATORY = {
    Kind.REQUEST: _REQUEST,
    Kind.REQUEST_REPEAT: _REQUEST,
    Kind.ANSWER: ("stan", "code", "terminal"),
    Kind.REVERSAL: ("amount", "sent", "stan", "terminal", "original"),
    Kind.REVERSAL_REPEAT: ("amount", "sent", "stan", "terminal", "original"),
    Kind.REVERSAL_ANSWER: ("stan", "code", "terminal"),
    Kind.ADVICE: ("processing_code", "amount", "sent", "stan", "terminal"),
    Kind.ADVICE_REPEAT: ("processing_code", "amount", "sent", "stan", "terminal"),
    Kind.ADVICE_ANSWER: ("stan", "code"),
    Kind.NETWORK: ("stan", "function"),
    Kind.NETWORK_ANSWER: ("stan", "code"),
}

FUNCTIONS = {"sign_on": "001", "sign_off": "002", "echo": "301"}
_FUNCTION_NAMES = {number: name for name, number in FUNCTIONS.items()}

PROCESSING = {"withdrawal": "010000", "balance": "310000"}
_TYPES = {code[:2]: name for name, code in PROCESSING.items()}

CODES: Mapping[str, str] = {
    "approved": "00",
    "partial": "10",
    "insufficient_funds": "51",
    "pin_again": "55",
    "pin_tries_exceeded": "75",
    "expired_card": "54",
    "lost_card": "41",
    "not_permitted": "58",
    "invalid_transaction": "12",
    "invalid_amount": "13",
    "not_supported": "40",
    "do_not_honour": "05",
    "unknown_card": "14",
    "issuer_down": "91",
    "duplicate": "94",
    "system_error": "96",
    "security": "63",
    "no_original": "25",
    "format_error": "30",
}

FORMS: Mapping[str, Form] = {
    "2": Form("number", 0),
    "3": Form("exact", 6),
    "4": Form("number", 12),
    "7": Form("exact", 10),
    "11": Form("number", 6),
    "12": Form("exact", 6, matters=False),
    "13": Form("exact", 4, matters=False),
    "14": Form("exact", 4, matters=False),
    "15": Form("exact", 4, matters=False),
    "18": Form("number", 4, matters=False),
    "22": Form("number", 3, matters=False),
    "25": Form("number", 2, matters=False),
    "32": Form("number", 0),
    "35": Form("track", 0),
    "37": Form("number", 12),
    "38": Form("text", 6, matters=False),
    "39": Form("exact", 2),
    "41": Form("text", 8),
    "42": Form("text", 15, matters=False),
    "43": Form("place", 40, matters=False),
    "49": Form("number", 3),
    "52": Form("exact", 16),
    "54": Form("text", 20, matters=False),
    "60": Form("text", 4, matters=False),
    "70": Form("number", 3),
    "90": Form("exact", 42),
    "95": Form("exact", 42),
}

_ORIGINAL = 42  # DE 90: MTI 4, STAN 6, DE 7 10, DE 32 11, DE 33 11
_TAKEN = 12  # the first part of DE 95


class Message1987(Message):
    """Where each meaning stands in 1987."""

    __slots__ = ()

    KINDS = KINDS
    OUTCOMES = OUTCOMES
    ADVICE_OUTCOMES = ADVICE_OUTCOMES
    HOSTS = HOSTS_1987
    MANDATORY = MANDATORY
    CODES = CODES
    VERSION = "0"
    ELEMENTS: ClassVar[Mapping[str, str]] = dict(Message.ELEMENTS) | {
        "day": "15",
        "function": "70",
        "original": "90",
        "replacement_amounts": "95",
        "reason": "60",
    }
    SUBJECTS: ClassVar[Mapping[str, Subject]] = dict(Message.SUBJECTS) | {
        "90": "original",
        "95": "amount",
    }

    @property
    def original(self) -> TransactionId | None:
        """Read from DE 90. None if it is not there, or not whole, or names neither a STAN nor a
        time. An acquirer of zeros means that none is given: then it is the reversal's own (DE 32).
        """
        text = self.fields.get("90", "")
        if len(text) != _ORIGINAL or not (text.isascii() and text.isdigit()):
            return None
        if not text[4:20].strip("0"):  # a STAN of zeros is one, where a counter begins with it
            return None
        acquirer = text[20:31].lstrip("0") or self.fields.get("32", "").lstrip("0")
        return TransactionId(text[1], self.fields.get("41", ""), acquirer, text[4:10], text[10:20])

    @property
    def day(self) -> str:
        return self.fields.get("15", "")

    @property
    def transaction_type(self) -> str:
        return _TYPES.get(self.fields.get("3", "")[:2], "")

    @property
    def network_accepted(self) -> bool:
        return self.fields.get("39") == "00"

    @property
    def function(self) -> str:
        return _FUNCTION_NAMES.get(self.fields.get("70", ""), "")

    @property
    def amount_taken(self) -> int | None:
        """DE 95, the first twelve digits."""
        text = self.fields.get("95", "")[:_TAKEN]
        return int(text) if text.isascii() and text.isdigit() else None

    def unreadable(self) -> tuple[str, ...]:
        """Of a reversal DE 95: what was dispensed must not be taken for nothing."""
        element = self.ELEMENTS["replacement_amounts"]
        there = self.kind in REVERSALS and element in self.fields
        return (element,) if there and self.amount_taken is None else ()

    def with_original(self, original: TransactionId) -> Message1987:
        old = self.fields.get("90", "")
        whole = f"{old[:4]}{original.stan}{original.sent}{old[20:]}"
        return Message1987({**self.fields, "90": whole})

    def made_full(self) -> Message1987:
        return self.replaced(replacement_amounts=None)


class Dialect1987(Dialect):
    """Makes the messages of 1987. DE 22 is 901, stripe; DE 60 of a reversal carries its reason."""

    name = "1987"
    message: ClassVar[type[Message]] = Message1987
    FORMS: ClassVar[Mapping[str, Form]] = FORMS

    def _local(self, stamp: Stamp) -> Fields:
        """DE 12 and 13. Some networks have the date in DE 12 too, as in 1993, and the year in
        either.
        """
        day, time = stamp.date, stamp.time
        times = {12: f"{day}{time}", 14: f"20{day}{time}", 10: f"{day[-4:]}{time}"}
        days = {6: day, 8: f"20{day}"}
        widths = self.widths
        return {
            "12": times.get(widths.get("12", 0), time),
            "13": days.get(widths.get("13", 0), day[-4:]),
        }

    def sent(self, stamp: Stamp) -> str:
        """DE 7."""
        return stamp.sent

    def message_types(self) -> tuple[str, ...]:
        return ("0200", "0420", "0421", "0800", "0210", "0430", "0810")

    # --- what a terminal sends -----------------------------------------------------

    def request(
        self,
        station: Station,
        *,
        kind: str,
        pan: str,
        expiry: str,
        track2: str,
        pin_block: str,
        amount: int,
        stan: str,
        rrn: str,
        stamp: Stamp,
    ) -> Message:
        """0200: kind 'withdrawal' (DE 3 01) or 'balance' (31)."""
        return Message1987(
            {
                "t": "0200",
                "2": pan,
                "3": PROCESSING[kind],
                "4": f"{amount:012d}",
                "7": stamp.sent,
                "11": stan,
                **self._local(stamp),
                "14": expiry,
                "18": "6011",
                "22": "901",
                "25": "00",
                "32": station.acquirer,
                "35": track2.replace("=", "D") if self.packed_track2 else track2,
                "37": rrn,
                "41": station.terminal,
                "42": station.acceptor,
                "43": station.place,
                "49": station.currency,
                "52": pin_block,
                "60": "ATM1",
            }
        )

    def reversal(
        self,
        station: Station,
        *,
        pan: str,
        amount: int,
        taken: int | None,
        stan: str,
        stamp: Stamp,
        rrn: str,
        code: str,
        reason: str,
        original_stan: str,
        original_sent: str,
    ) -> Message:
        """0420. DE 39 stands in it only if the original was answered, DE 95 only if it is
        partial; DE 60 carries the reason.
        """
        fields = {
            "t": "0420",
            "2": pan,
            "3": PROCESSING["withdrawal"],
            "4": f"{amount:012d}",
            "7": stamp.sent,
            "11": stan,
            **self._local(stamp),
            "32": station.acquirer,
            "37": rrn,
            "41": station.terminal,
            "42": station.acceptor,
            "49": station.currency,
            "60": reason,
            "90": f"0200{original_stan}{original_sent}{station.acquirer:0>11}{0:011d}",
        }
        if code:
            fields["39"] = code
        if taken is not None:
            fields["95"] = f"{taken:012d}{0:012d}C{0:08d}C{0:08d}"
        return Message1987(fields)

    def repeat(self, advice: Message) -> Message:
        """0421 or 0221."""
        return Message1987({**advice.fields, "t": advice.mti[:3] + "1"})

    def advice(self, request: Message, amount: int) -> Message:
        """0220, under the request's own DE 7, 11 and 37."""
        fields: Fields = {"t": "0220"}
        for name in ("2", "3", "4", "7", "11", "12", "13", "32", "37", "41", "42", "49"):
            if name in request.fields:
                fields[name] = request.fields[name]
        return Message1987({**fields, "4": f"{amount:012d}", "39": self.codes["approved"]})

    def network(self, station: Station, function: str, *, stan: str, sent: str) -> Message:
        """0800, with the function in DE 70."""
        number = FUNCTIONS[function]
        return Message1987(
            {"t": "0800", "7": sent, "11": stan, "41": station.terminal, "70": number}
        )

    # --- what a host sends ---------------------------------------------------------

    def answer(
        self,
        request: Message,
        code: str,
        *,
        amount: int | None = None,
        approval: str = "",
        balance: int | None = None,
        day: str = "",
    ) -> Message:
        """The balance goes into DE 54 (account type 10, available 02), the day into DE 15."""
        asked = request.fields
        fields: Fields = {"t": ANSWER_MTIS.get(asked["t"]) or counterpart(asked["t"])}
        for name in ("h", "3", "4", "7", "11", "12", "13", "32", "37"):
            if name in asked:
                fields[name] = asked[name]
        if amount is not None:
            fields["4"] = f"{amount:012d}"
        if day:
            fields["15"] = day
        if approval:
            fields["38"] = approval
        fields["39"] = code
        for name in ("41", "42", "49", "70"):
            if name in asked:
                fields[name] = asked[name]
        if balance is not None:
            sign = "C" if balance >= 0 else "D"
            fields["54"] = f"1002{asked.get('49', '978')}{sign}{abs(balance):012d}"
        return Message1987(fields)
