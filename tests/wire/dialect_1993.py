"""ISO 8583:1993 as another dialect, in one module, to prove that nothing else has to know of it.

It says what differs from 1987: message types that begin with 1, the local date and time in one
element (DE 12) by which a transaction is named, function codes (DE 24) in network management and
in reversals, the reason of a reversal (DE 25), three-digit action codes (DE 39), the original data
(DE 56), and a partial reversal whose amount (DE 4) is what was dispensed, with the original amount
in DE 30.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from harness.wire.calendar import Stamp
from harness.wire.dialects.base import Dialect
from harness.wire.identity import TransactionId
from harness.wire.message import AdviceOutcome, Fields, Kind, Message, Outcome, Station, Subject
from harness.wire.spec import Spec, load_spec

KINDS = {
    "1200": Kind.REQUEST,
    "1201": Kind.REQUEST_REPEAT,
    "1210": Kind.ANSWER,
    "1220": Kind.ADVICE,
    "1221": Kind.ADVICE_REPEAT,
    "1230": Kind.ADVICE_ANSWER,
    "1420": Kind.REVERSAL,
    "1421": Kind.REVERSAL_REPEAT,
    "1430": Kind.REVERSAL_ANSWER,
    "1804": Kind.NETWORK,
    "1814": Kind.NETWORK_ANSWER,
}

_PIN_AGAIN, _SECURITY = ("117",), ("122", "916", "917")
_SYSTEM = ("904", "906", "907", "908", "909", "911", "912", "913")
OUTCOMES: dict[str, Outcome] = {
    "000": Outcome.APPROVED,
    "002": Outcome.PARTIAL,
    "902": Outcome.DECLINED,
    **{f"1{number:02}": Outcome.DECLINED for number in range(100)},
    **{f"2{number:02}": Outcome.CAPTURE for number in range(100)},
    **dict.fromkeys(_SYSTEM, Outcome.SYSTEM_ERROR),
    **dict.fromkeys(_PIN_AGAIN, Outcome.PIN_AGAIN),
    **dict.fromkeys(_SECURITY, Outcome.SECURITY_ERROR),
}

ADVICE_OUTCOMES = {
    "000": AdviceOutcome.ACCEPTED,
    "400": AdviceOutcome.ACCEPTED,
    "900": AdviceOutcome.ACCEPTED,
    "901": AdviceOutcome.ACCEPTED,
    "913": AdviceOutcome.FLAGGED,
    "914": AdviceOutcome.FLAGGED,
    "907": AdviceOutcome.RETRY,
    "909": AdviceOutcome.RETRY,
    "911": AdviceOutcome.RETRY,
}

_KEYS = ("processing_code", "amount", "sent", "stan", "terminal", "function")
MANDATORY = {
    Kind.REQUEST: _KEYS,
    Kind.REQUEST_REPEAT: _KEYS,
    Kind.ANSWER: ("stan", "code", "terminal"),
    Kind.REVERSAL: (*_KEYS[1:], "original", "reason"),
    Kind.REVERSAL_REPEAT: (*_KEYS[1:], "original", "reason"),
    Kind.REVERSAL_ANSWER: ("stan", "code", "terminal"),
    Kind.ADVICE: _KEYS,
    Kind.ADVICE_REPEAT: _KEYS,
    Kind.ADVICE_ANSWER: ("stan", "code"),
    Kind.NETWORK: ("stan", "function"),
    Kind.NETWORK_ANSWER: ("stan", "code"),
}

FUNCTIONS = {"sign_on": "801", "sign_off": "802", "echo": "831"}
PROCESSING = {"withdrawal": "010000", "balance": "310000"}
FULL, PARTIAL = "400", "401"

CODES: Mapping[str, str] = {
    "approved": "000",
    "partial": "002",
    "insufficient_funds": "116",
    "pin_again": "117",
    "pin_tries_exceeded": "106",
    "expired_card": "101",
    "lost_card": "208",
    "not_permitted": "119",
    "invalid_transaction": "902",
    "invalid_amount": "110",
    "not_supported": "115",
    "do_not_honour": "100",
    "unknown_card": "111",
    "issuer_down": "907",
    "duplicate": "913",
    "system_error": "909",
    "security": "916",
    "no_original": "914",
    "format_error": "904",
}

_ACCEPTED = {Kind.REVERSAL: "400", Kind.REVERSAL_REPEAT: "400", Kind.NETWORK: "800"}
_ACCEPTED |= {Kind.ADVICE: "900", Kind.ADVICE_REPEAT: "900"}


def spec_1993() -> Spec:
    """The shipped printable specification, with the elements of which 1993 has another format."""
    spec = load_spec("iso87-ascii")
    for element, size in (("12", 12), ("15", 6), ("22", 12), ("25", 4), ("26", 4), ("30", 24)):
        spec[element] = {**spec["3"], "max_len": size, "desc": f"1993's {element}"}
    spec["39"] = {**spec["3"], "max_len": 3, "desc": "action code"}
    spec["43"] = {**spec["32"], "max_len": 99, "class": "ans", "desc": "acceptor name and place"}
    spec["56"] = {**spec["32"], "max_len": 35, "desc": "original data elements"}
    return spec


class Message1993(Message):
    """Where each meaning stands in 1993."""

    __slots__ = ()

    KINDS = KINDS
    OUTCOMES = OUTCOMES
    ADVICE_OUTCOMES = ADVICE_OUTCOMES
    MANDATORY = MANDATORY
    CODES = CODES
    VERSION = "1"
    SENT_FORMAT = "%y%m%d%H%M%S"
    ELEMENTS: ClassVar[Mapping[str, str]] = dict(Message.ELEMENTS) | {
        "sent": "12",
        "day": "15",
        "function": "24",
        "reason": "25",
        "original_amounts": "30",
        "original": "56",
        "replacement_amounts": "4",
    }
    SUBJECTS: ClassVar[Mapping[str, Subject]] = dict(Message.SUBJECTS) | {
        "24": "amount",
        "30": "amount",
        "56": "original",
    }
    NAMES: ClassVar[Mapping[str, str]] = dict(Message.NAMES) | {
        "12": "local date and time",
        "13": "effective date",
        "24": "function code",
        "25": "message reason",
        "26": "merchant type",
        "30": "original amounts",
        "39": "action code",
        "56": "original data",
    }

    @property
    def sent(self) -> str:
        return self.fields.get("12", "")

    @property
    def original(self) -> TransactionId | None:
        text = self.fields.get("56", "")
        if len(text) < 24 or not (text.isascii() and text.isdigit()):
            return None
        acquirer = text[24 : 24 + int(text[22:24])].lstrip("0") or self.acquirer.lstrip("0")
        return TransactionId(text[1], self.fields.get("41", ""), acquirer, text[4:10], text[10:22])

    @property
    def day(self) -> str:
        return self.fields.get("15", "")[2:]

    @property
    def amount_text(self) -> str:
        """Of a partial reversal the original amount, as its DE 4 is what was dispensed."""
        if self.fields.get("24") == PARTIAL:
            return self.fields.get("30", "")[:12]
        return self.fields.get("4", "")

    @property
    def amount(self) -> int:
        text = self.amount_text or "0"
        return int(text) if text.isascii() and text.isdigit() else 0

    @property
    def transaction_type(self) -> str:
        types = {code[:2]: name for name, code in PROCESSING.items()}
        return types.get(self.fields.get("3", "")[:2], "")

    @property
    def network_accepted(self) -> bool:
        return self.fields.get("39") == "800"

    @property
    def function(self) -> str:
        names = {number: name for name, number in FUNCTIONS.items()}
        return names.get(self.fields.get("24", ""), "")

    @property
    def amount_taken(self) -> int | None:
        text = self.fields.get("4", "")
        partial = self.fields.get("24") == PARTIAL
        return int(text) if partial and text.isascii() and text.isdigit() else None

    def with_original(self, original: TransactionId) -> Message1993:
        old = self.fields.get("56", "")
        whole = f"{old[:4]}{original.stan}{original.sent}{old[22:]}"
        return Message1993({**self.fields, "56": whole})

    def made_full(self) -> Message1993:
        fields = {**self.fields, "24": FULL, "4": self.amount_text}
        fields.pop("30", None)
        return Message1993(fields)


class Dialect1993(Dialect):
    """Makes the messages of 1993."""

    name = "1993"
    message: ClassVar[type[Message]] = Message1993

    def sent(self, stamp: Stamp) -> str:
        """DE 12: the local date and time."""
        return stamp.date + stamp.time

    def message_types(self) -> tuple[str, ...]:
        return ("1200", "1420", "1421", "1804", "1210", "1430", "1814")

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
        return Message1993(
            {
                "t": "1200",
                "2": pan,
                "3": PROCESSING[kind],
                "4": f"{amount:012d}",
                "7": stamp.sent,
                "11": stan,
                "12": self.sent(stamp),
                "14": expiry,
                "22": "210101210120",
                "24": "200",
                "26": "6011",
                "32": station.acquirer,
                "35": track2,
                "37": rrn,
                "41": station.terminal,
                "42": station.acceptor,
                "43": station.place,
                "49": station.currency,
                "52": pin_block,
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
        acquirer = station.acquirer
        fields = {
            "t": "1420",
            "2": pan,
            "3": PROCESSING["withdrawal"],
            "4": f"{amount if taken is None else taken:012d}",
            "7": stamp.sent,
            "11": stan,
            "12": self.sent(stamp),
            "24": FULL if taken is None else PARTIAL,
            "25": reason,
            "32": acquirer,
            "37": rrn,
            "41": station.terminal,
            "42": station.acceptor,
            "49": station.currency,
            "56": f"1200{original_stan}{original_sent}{len(acquirer):02d}{acquirer}",
        }
        if code:
            fields["39"] = code
        if taken is not None:
            fields["30"] = f"{amount:012d}{0:012d}"
        return Message1993(fields)

    def repeat(self, advice: Message) -> Message:
        return Message1993({**advice.fields, "t": advice.mti[:3] + "1"})

    def advice(self, request: Message, amount: int) -> Message:
        kept = ("2", "3", "4", "7", "11", "12", "32", "37", "41", "42", "49")
        fields: Fields = {"t": "1220"}
        fields |= {name: request.fields[name] for name in kept if name in request.fields}
        return Message1993({**fields, "4": f"{amount:012d}", "24": "200", "39": "000"})

    def network(self, station: Station, function: str, *, stan: str, sent: str) -> Message:
        number = FUNCTIONS[function]
        return Message1993(
            {"t": "1804", "7": sent, "11": stan, "24": number, "41": station.terminal}
        )

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
        """An approval has a code of its own in each class: 000, 400, 800 or 900."""
        asked = request.fields
        mti = asked["t"]
        fields: Fields = {"t": f"{mti[:2]}{int(mti[2]) + 1}{'4' if mti[3] == '4' else '0'}"}
        kept = ("3", "4", "7", "11", "12", "24", "32", "37", "41", "42", "49")
        fields |= {name: asked[name] for name in kept if name in asked}
        if amount is not None:
            fields["4"] = f"{amount:012d}"
        if day:
            fields["15"] = asked.get("12", "")[:2] + day
        if approval:
            fields["38"] = approval
        fields["39"] = _ACCEPTED.get(request.kind, code) if code == "000" else code
        if balance is not None:
            sign = "C" if balance >= 0 else "D"
            fields["54"] = f"1002{asked.get('49', '978')}{sign}{abs(balance):012d}"
        return Message1993(fields)
