"""Which transaction a message is about: defined once, for the host, the terminal and the checks.

Source: docs/domain.md, "Store and forward", rule 7.
"""

from __future__ import annotations

from typing import NamedTuple

_STAN = 6  # digits
_NUMBER = 16  # digits of a number: the time of 1987, then the STAN
_PARTS = ("MTI", "terminal", "acquirer", "STAN", "time")


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
    def series(self) -> str:
        """What all transactions of one class at one terminal and acquirer share, as one text."""
        return f"{self.message_class}{self.terminal}/{self.acquirer}"

    @property
    def number(self) -> int | str:
        """What tells the transactions of a series apart; see `number_of`."""
        return number_of(self.stan, self.sent)

    def parts_unlike(self, other: TransactionId) -> tuple[str, ...]:
        """What tells the two apart, by the names that people know: 'MTI', 'acquirer', ..."""
        return tuple(name for name, one, two in zip(_PARTS, self, other, strict=True) if one != two)

    @property
    def cause(self) -> str:
        """The id as the journal's postings name the message that caused them."""
        return f"{self.message_class}:{self.stan}:{self.sent}"


def terminal_of(series: str) -> str:
    """The terminal of a series (`TransactionId.series`)."""
    return series[1:].rpartition("/")[0]


def identity_of(series: str, number: int | str) -> TransactionId:
    """The identity of a series and a number (`TransactionId.series` and `number`)."""
    terminal, _, acquirer = series[1:].rpartition("/")
    text = number if isinstance(number, str) else str(number).zfill(_NUMBER)
    return TransactionId(series[:1], terminal, acquirer, text[-_STAN:], text[:-_STAN])


def number_of(stan: str, sent: str) -> int | str:
    """STAN and time in one small number; what is not decimal stays text. Two transactions of one
    series are the same exactly if these are equal.
    """
    text = sent + stan
    return int(text) if text.isascii() and text.isdigit() else text


def read_cause(text: str) -> tuple[str, int | str]:
    """Class and number (`number_of`) of the message that a `TransactionId.cause` names. A STAN may
    hold whatever a peer has sent, a ':' too.
    """
    message_class, _, rest = text.partition(":")
    stan, _, sent = rest.rpartition(":")
    return message_class, number_of(stan, sent)
