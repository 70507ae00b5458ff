"""What the messages of a terminal are about, and what is the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

CURRENCY = "978"
"""The currency in which the ledger is kept and all amounts are shown: the euro."""

Subject = Literal["card", "amount", "clock", "original", "terminal"]
"""What a data element of a terminal's message is about: the card in its reader, what the customer
wants and got, the time, an earlier message of the same transaction, or the terminal itself.
"""

SUBJECTS: Mapping[str, Subject] = {
    **dict.fromkeys(("2", "14", "35", "45", "52"), "card"),
    **dict.fromkeys(("3", "4", "49"), "amount"),
    **dict.fromkeys(("7", "12", "13"), "clock"),
    **dict.fromkeys(("37", "38", "39"), "original"),
}
"""The subjects of the data elements that have the same number in every version of the standard."""


class Station(msgspec.Struct, frozen=True, gc=False):
    """What is the same in all messages of a terminal: its id (DE 41), the card acceptor's id and
    place (DE 42 and 43), the acquirer (DE 32) and the currency (DE 49).
    """

    terminal: str
    acceptor: str
    place: str
    acquirer: str = "99999"
    currency: str = CURRENCY
