"""A version of ISO 8583 as the machines see it: meanings in, fields out.

Machines speak of 'approved', 'original transaction' and 'echo'. The dialect owns
every version's MTIs, response and network codes, the layouts of original data and
replacement amounts, and which field carries which meaning. Adding 1993, 2003 or
EBCDIC means another `Dialect`, and no change in a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

import msgspec

Fields = dict[str, str]


class Kind(Enum):
    """What a message is, whatever its version's MTI says."""

    REQUEST = "request"
    REQUEST_REPEAT = "request repeat"
    ANSWER = "answer"
    REVERSAL = "reversal"
    REVERSAL_REPEAT = "reversal repeat"
    REVERSAL_ANSWER = "reversal answer"
    ADVICE = "advice"
    ADVICE_REPEAT = "advice repeat"
    ADVICE_ANSWER = "advice answer"
    NETWORK = "network"
    NETWORK_ANSWER = "network answer"
    OTHER = "other"


class Outcome(Enum):
    """What an answer to a request means for the customer (section 2, response classes)."""

    APPROVED = "approved"
    PARTIAL = "partial"
    DECLINED = "declined"
    CAPTURE = "capture"
    PIN_AGAIN = "pin again"
    SYSTEM_ERROR = "system error"
    SECURITY_ERROR = "security error"
    UNKNOWN = "unknown"


class AdviceOutcome(Enum):
    """What an answer to an advice means for store and forward (section 4, rule 4)."""

    ACCEPTED = "accepted"
    FLAGGED = "flagged"
    RETRY = "retry"
    PARK = "park"


class Stamp(NamedTuple):
    """The moment of a message: DE 7 (UTC) and the local time and date of DE 12 and 13."""

    sent: str
    time: str
    date: str


class Calendar:
    """Wall-clock fields from a scenario's epoch plus run seconds plus the terminal's skew.

    `epoch` is ISO 8601 in UTC; `utc_offset` the local time's distance in seconds.
    """

    __slots__ = ("_epoch", "_known", "_local", "_offset", "_second", "epoch")

    def __init__(self, epoch: str, utc_offset: float = 3600.0) -> None:
        self.epoch = epoch
        self._epoch = datetime.fromisoformat(epoch).replace(tzinfo=UTC)
        self._offset = timedelta(seconds=utc_offset)
        self._second = -1
        self._known = Stamp("", "", "")

    def stamp(self, now: float) -> Stamp:
        """Cached per second: a fleet asks for the same one again and again."""
        second = int(now)
        if second != self._second:
            moment = self._epoch + timedelta(seconds=second)
            self._known = _stamp(moment, moment + self._offset)
            self._second = second
        return self._known

    def sent(self, now: float) -> str:
        """DE 7 of a message that carries no local time."""
        return self.stamp(now).sent

    def year_month(self, now: float) -> str:
        """YYMM, as DE 14 writes an expiry."""
        return f"{self._epoch + timedelta(seconds=now):%y%m}"


def _stamp(moment: datetime, local: datetime) -> Stamp:
    m, x = moment, local  # by hand: strftime takes five times as long
    return Stamp(
        f"{m.month:02}{m.day:02}{m.hour:02}{m.minute:02}{m.second:02}",
        f"{x.hour:02}{x.minute:02}{x.second:02}",
        f"{x.month:02}{x.day:02}",
    )


class WrongCalendar(Calendar):
    """A terminal's own clock, which is off by what `wrong(now, moment, local)` says: UTC, and local
    time besides; for a message that carries the local time too or UTC alone.
    """

    __slots__ = ("_wrong",)

    def __init__(
        self, epoch: str, wrong: Callable[[float, datetime, bool], tuple[timedelta, timedelta]]
    ) -> None:
        super().__init__(epoch)
        self._wrong = wrong

    def stamp(self, now: float) -> Stamp:
        """Not cached: it may be set at any moment."""
        return self._read(now, local=True)

    def sent(self, now: float) -> str:
        return self._read(now, local=False).sent

    def _read(self, now: float, *, local: bool) -> Stamp:
        moment = self._epoch + timedelta(seconds=int(now))
        utc, more = self._wrong(now, moment, local)
        shown = moment + utc
        return _stamp(shown, shown + self._offset + more)


class Station(msgspec.Struct, frozen=True, gc=False):
    """What is the same in all messages of a terminal: DE 41, 42, 43, 32 and 49."""

    terminal: str
    acceptor: str
    place: str
    acquirer: str = "99999"
    currency: str = "978"


class Original(NamedTuple):
    """The transaction that a reversal names: MTI, DE 11, DE 7, DE 32."""

    mti: str
    stan: str
    sent: str
    acquirer: str


_KINDS_1987 = {
    "0200": Kind.REQUEST,
    "0201": Kind.REQUEST_REPEAT,
    "0210": Kind.ANSWER,
    "0220": Kind.ADVICE,
    "0221": Kind.ADVICE_REPEAT,
    "0230": Kind.ADVICE_ANSWER,
    "0420": Kind.REVERSAL,
    "0421": Kind.REVERSAL_REPEAT,
    "0430": Kind.REVERSAL_ANSWER,
    "0800": Kind.NETWORK,
    "0810": Kind.NETWORK_ANSWER,
}

_ANSWER_MTIS = {
    "0200": "0210",
    "0201": "0210",
    "0220": "0230",
    "0221": "0230",
    "0420": "0430",
    "0421": "0430",
    "0800": "0810",
    "0801": "0810",
}


def _outcomes() -> dict[str, Outcome]:
    classes = {
        Outcome.APPROVED: "00",
        Outcome.PARTIAL: "10",
        Outcome.CAPTURE: "04 07 33 34 35 36 37 38 41 43 67",
        Outcome.PIN_AGAIN: "55",
        Outcome.DECLINED: "01 02 03 05 12 13 14 15 39 40 42 44 51 52 53 54 56 57 58 59 61 62 "
        "64 65 66 75 78 93",
        Outcome.SYSTEM_ERROR: "30 68 90 91 92 94 96",
        Outcome.SECURITY_ERROR: "63",
    }
    return {code: outcome for outcome, codes in classes.items() for code in codes.split()}


_OUTCOMES_1987 = _outcomes()
_ADVICE_1987 = {
    "00": AdviceOutcome.ACCEPTED,
    "25": AdviceOutcome.FLAGGED,
    "94": AdviceOutcome.FLAGGED,
} | dict.fromkeys(["68", "90", "91", "92", "96"], AdviceOutcome.RETRY)

CODES_1987: Mapping[str, str] = {
    "approved": "00",
    "partial": "10",
    "insufficient_funds": "51",
    "pin_again": "55",
    "pin_tries_exceeded": "75",
    "expired_card": "54",
    "lost_card": "41",
    "not_permitted": "58",
    "unknown_card": "14",
    "issuer_down": "91",
    "duplicate": "94",
    "system_error": "96",
    "security": "63",
    "no_original": "25",
    "format_error": "30",
}


class Dialect:
    """ISO 8583:1987 as single-message ATM traffic uses it.

    `track2_separator` is '=' where track 2 is text and 'D' where it is packed.
    """

    name = "1987"
    sign_on = "001"
    sign_off = "002"
    echo = "301"

    def __init__(self, track2_separator: str = "=", codes: Mapping[str, str] = CODES_1987) -> None:
        self._separator = track2_separator
        self.codes = dict(codes)

    # --- what a message is ---------------------------------------------------------

    def kind_of(self, fields: Mapping[str, str]) -> Kind:
        """`Kind.OTHER` for an MTI that this traffic does not know."""
        return _KINDS_1987.get(fields.get("t", ""), Kind.OTHER)

    def is_withdrawal(self, fields: Mapping[str, str]) -> bool:
        """DE 3 type 01."""
        return fields.get("3", "")[:2] == "01"

    def outcome_of(self, fields: Mapping[str, str]) -> Outcome:
        """The class of DE 39; a code that is missing or unlisted is UNKNOWN, never a capture."""
        return _OUTCOMES_1987.get(fields.get("39", ""), Outcome.UNKNOWN)

    def advice_outcome_of(self, fields: Mapping[str, str]) -> AdviceOutcome:
        """Unlisted codes park (section 4, rule 4)."""
        return _ADVICE_1987.get(fields.get("39", ""), AdviceOutcome.PARK)

    def network_accepted(self, fields: Mapping[str, str]) -> bool:
        return fields.get("39") == "00"

    def function_of(self, fields: Mapping[str, str]) -> str:
        """'sign_on', 'sign_off', 'echo' or '' of a network message (DE 70)."""
        return {"001": "sign_on", "002": "sign_off", "301": "echo"}.get(fields.get("70", ""), "")

    def amount_of(self, fields: Mapping[str, str]) -> int:
        """DE 4 in minor units; 0 where it is missing or not decimal."""
        text = fields.get("4", "0")
        return int(text) if text.isascii() and text.isdigit() else 0

    def identity(self, fields: Mapping[str, str]) -> str:
        """Names a message so that a repeat has the same name: MTI class, DE 11, DE 7."""
        return f"{fields['t'][1]}:{fields.get('11', '')}:{fields.get('7', '')}"

    def original_of(self, fields: Mapping[str, str]) -> Original | None:
        """DE 90 read back: MTI 4, STAN 6, DE 7 10, DE 32 11, DE 33 11. None if it is not whole."""
        text = fields.get("90", "")
        if len(text) != 42 or not (text.isascii() and text.isdigit()):
            return None
        return Original(text[:4], text[4:10], text[10:20], text[20:31].lstrip("0"))

    def amount_taken_of(self, fields: Mapping[str, str]) -> int | None:
        """DE 95: the amount that was really dispensed, None for a full reversal."""
        text = fields.get("95", "")
        return int(text[:12]) if text[:12].isascii() and text[:12].isdigit() else None

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
    ) -> Fields:
        """0200: kind 'withdrawal' (DE 3 01) or 'balance' (31). DE 22 is 901, stripe."""
        return {
            "t": "0200",
            "2": pan,
            "3": "010000" if kind == "withdrawal" else "310000",
            "4": f"{amount:012d}",
            "7": stamp.sent,
            "11": stan,
            "12": stamp.time,
            "13": stamp.date,
            "14": expiry,
            "18": "6011",
            "22": "901",
            "25": "00",
            "32": station.acquirer,
            "35": track2 if self._separator == "=" else track2.replace("=", self._separator),
            "37": rrn,
            "41": station.terminal,
            "42": station.acceptor,
            "43": station.place,
            "49": station.currency,
            "52": pin_block,
            "60": "ATM1",
        }

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
    ) -> Fields:
        """0420. DE 39 only if the original was answered (`code`), DE 95 only if partial (`taken`,
        minor units); DE 60 carries the reason (section 2).
        """
        fields = {
            "t": "0420",
            "2": pan,
            "3": "010000",
            "4": f"{amount:012d}",
            "7": stamp.sent,
            "11": stan,
            "12": stamp.time,
            "13": stamp.date,
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
        return fields

    def repeat(self, fields: Fields) -> Fields:
        """The same advice again: 0421 or 0221, all else alike (section 4, rule 2)."""
        return {**fields, "t": fields["t"][:3] + "1"}

    def advice(self, request: Mapping[str, str], amount: int) -> Fields:
        """0220: what was approved in the issuer's stead, under the request's own DE 7, 11 and 37;
        `amount` in minor units.
        """
        fields = {"t": "0220"}
        for name in ("2", "3", "4", "7", "11", "12", "13", "32", "37", "41", "42", "49"):
            if name in request:
                fields[name] = request[name]
        return {**fields, "4": f"{amount:012d}", "39": self.codes["approved"]}

    def network(self, station: Station, function: str, *, stan: str, sent: str) -> Fields:
        """0800: function 'sign_on', 'sign_off' or 'echo'."""
        number = {"sign_on": self.sign_on, "sign_off": self.sign_off, "echo": self.echo}[function]
        return {"t": "0800", "7": sent, "11": stan, "41": station.terminal, "70": number}

    # --- what a host sends ---------------------------------------------------------

    def answer(
        self,
        request: Mapping[str, str],
        code: str,
        *,
        approval: str = "",
        balance: int | None = None,
        day: str = "",
    ) -> Fields:
        """The response to any request or advice, its keys echoed. `balance` in minor units goes
        into DE 54 (account type 10, available 02), `day` (MMDD) into DE 15.
        """
        fields = {"t": _ANSWER_MTIS.get(request["t"], request["t"][:2] + "10")}
        for name in ("3", "4", "7", "11", "12", "13", "32", "37"):
            if name in request:
                fields[name] = request[name]
        if day:
            fields["15"] = day
        if approval:
            fields["38"] = approval
        fields["39"] = code
        for name in ("41", "42", "49", "70"):
            if name in request:
                fields[name] = request[name]
        if balance is not None:
            sign = "C" if balance >= 0 else "D"
            fields["54"] = f"1002{request.get('49', '978')}{sign}{abs(balance):012d}"
        return fields
