"""Which transaction a message is about: defined once, for the host, the terminal and the checks.

A peer may fill an element with any text, so that names made of several elements are tuples. Where
one has to be text, in a store or a journal, it is written so that it reads back as what it was.

Source: docs/domain.md, "Store and forward", rule 7.
"""

from __future__ import annotations

import json
from typing import NamedTuple

_STAN = 6  # digits
_STANS = 10**_STAN
_TIME = 10  # digits of the time of 1987
_LONGEST_TIME = 14
_NUMBER = _TIME + _STAN
_CAUSE = 3  # parts
_PARTS = ("MTI", "terminal", "acquirer", "STAN", "time")

Series = tuple[str, str, str]
"""The message class, terminal and acquirer of transactions."""
Number = int | tuple[str, str]
"""STAN and time: one small number where both are what they should be, else both as they are."""


class TransactionId(NamedTuple):
    """Which transaction a message is about. Two messages with equal ids are repeats of each other.

    `message_class` is the class of the message that began it, `stan` its system trace audit number
    (DE 11), `sent` the time that the dialect names it by (DE 7 in 1987), `acquirer` its acquirer
    (DE 32) without leading zeros.
    """

    message_class: str
    terminal: str
    acquirer: str
    stan: str
    sent: str

    @property
    def series(self) -> Series:
        """What all transactions of one class at one terminal and acquirer share."""
        return self[:3]

    @property
    def number(self) -> Number:
        """What tells the transactions of a series apart; see `number_of`."""
        return number_of(self.stan, self.sent)

    def parts_unlike(self, other: TransactionId) -> tuple[str, ...]:
        """What tells the two apart, by the names that people know: 'MTI', 'acquirer', ..."""
        return tuple(name for name, one, two in zip(_PARTS, self, other, strict=True) if one != two)

    @property
    def cause(self) -> str:
        """The id as the journal's postings name the message that caused them: '2:000001:1121201000'
        or, where a part is not digits, as a list in JSON.
        """
        parts = (self.message_class, self.stan, self.sent)
        if all(part.isascii() and part.isdigit() for part in parts):
            return ":".join(parts)
        return json.dumps(parts)


def read_cause(text: str) -> tuple[str, Number]:
    """Class and number (`number_of`) of the message that a `TransactionId.cause` names."""
    parts = _parts(text) if text.startswith("[") else text.split(":")
    message_class, stan, sent = parts if len(parts) == _CAUSE else ("", text, "")
    return message_class, number_of(stan, sent)


def number_of(stan: str, sent: str) -> Number:
    """STAN and time in one small number, so that two transactions of one series are the same
    exactly if these are equal: a STAN of six digits behind a time of ten, or of more without a
    leading zero.
    """
    length = len(sent)
    if len(stan) == _STAN and (
        length == _TIME or (_TIME < length <= _LONGEST_TIME and sent[0] != "0")
    ):
        text = sent + stan
        if text.isascii() and text.isdigit():
            return int(text)
    return stan, sent


def identity_of(series: Series, number: Number) -> TransactionId:
    """The identity of a series and a number (`TransactionId.series` and `number`)."""
    if isinstance(number, int):
        text = f"{number:0{_NUMBER}d}"
        number = text[-_STAN:], text[:-_STAN]
    return TransactionId(*series, *number)


def has_stan(number: Number, stan: str) -> bool:
    """Is that the number of a transaction with that STAN?"""
    if isinstance(number, int):
        return len(stan) == _STAN and f"{number % _STANS:06d}" == stan
    return number[0] == stan


# --- as text -----------------------------------------------------------------------------------


def series_as_text(series: Series) -> str:
    """'2ATM00001/99999', and as a list in JSON where that would not read back."""
    message_class, terminal, acquirer = series
    if len(message_class) == 1 and message_class != "[" and "/" not in acquirer:
        return f"{message_class}{terminal}/{acquirer}"
    return json.dumps(series)


def series_from_text(text: str) -> Series:
    """A series as it was before `series_as_text`."""
    if text.startswith("["):
        message_class, terminal, acquirer = _parts(text)
    else:
        message_class = text[:1]
        terminal, _, acquirer = text[1:].rpartition("/")
    return message_class, terminal, acquirer


def number_as_text(number: Number) -> str:
    """'1121201000000001', or STAN and time as a list in JSON."""
    return str(number) if isinstance(number, int) else json.dumps(number)


def number_from_text(text: str) -> Number:
    """A number as it was before `number_as_text`."""
    if text.startswith("["):
        stan, sent = _parts(text)
        return stan, sent
    return int(text)


def _parts(text: str) -> list[str]:
    """The texts of a list in JSON; the whole where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return [text]
    return [str(part) for part in found] if isinstance(found, list) else [text]
