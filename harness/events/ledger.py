"""Events of the ledger: the postings of the host, committed. They are evidence."""

from __future__ import annotations

from typing import ClassVar, Literal

from harness.events.base import Event


class LedgerEvent(Event, frozen=True, gc=False):
    layer: ClassVar[str] = "ledger"


class Posted(LedgerEvent, frozen=True, gc=False, omit_defaults=True):
    """Money was moved and the posting is committed. The transaction is (terminal, stan, sent,
    acquirer): DE 41, 11, 7, 32 of the original. `cause` is the identity of the message that made it
    happen: MTI class, STAN and DE 7 of that message ('4:000123:0101120000'). `day` is the business
    day (MMDD) where the ledger keeps business days, `overdrawn` by how much a debit left a
    customer's account below zero. `account` is the token of the customer's account that it moved,
    as in `FrameSeen`, and `balance` what is on that account afterwards; None: it is not known.
    """

    kind: Literal["debit", "reversal"]
    terminal: str
    stan: str
    sent: str
    acquirer: str
    amount: int
    cause: str
    day: str = ""
    overdrawn: int = 0
    account: str = ""
    balance: int | None = None


class BalanceRead(LedgerEvent, frozen=True, gc=False, omit_defaults=True):
    """What was on an account when a balance inquiry was decided, in minor units, negative where it
    is overdrawn. The inquiry and the account are named as in `Posted`.
    """

    terminal: str
    stan: str
    sent: str
    balance: int
    account: str = ""


class PostingLost(LedgerEvent, frozen=True, gc=False):
    """A posting that was reported is no longer in the ledger: the standby never received it."""

    kind: Literal["debit", "reversal"]
    terminal: str
    stan: str
    sent: str
    amount: int


class DayClosed(LedgerEvent, frozen=True, gc=False):
    """The host's totals of a business day (MMDD) at its cutover, in minor units."""

    day: str
    debits: int
    reversals: int


class StoodIn(LedgerEvent, frozen=True, gc=False):
    """The transaction (DE 41, 11, 7) was approved by stand-in, and `amount` of it (minor units)
    has still to be advised to the issuer. It is reported again when a reversal made that less.
    """

    terminal: str
    stan: str
    sent: str
    amount: int


class BroughtForward(LedgerEvent, frozen=True, gc=False):
    """What an earlier process of this host had posted for a transaction (named as in `Posted`):
    what was debited, and how much of that was reversed, in minor units.
    """

    terminal: str
    stan: str
    sent: str
    acquirer: str
    debit: int
    back: int
