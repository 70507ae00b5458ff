"""What a host knows of the messages that it has received.

A record is found by the message's identity (`TransactionId`): its series (message class, terminal,
acquirer) and its number in the series (STAN and time). There are as many records as transactions,
so each is small.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import msgspec

from harness.wire.identity import (
    Number,
    Series,
    TransactionId,
    has_stan,
    identity_of,
    number_as_text,
    number_from_text,
    series_as_text,
    series_from_text,
)
from harness.wire.message import MessageClass

_APPROVAL_BITS = 40
_APPROVAL = (1 << _APPROVAL_BITS) - 1
_AMOUNTS = 1_000  # different ones that are shared
_LOOKED_AT = 2_000  # messages of a series in which `near` looks

PENDING, DONE, TOMBSTONE = "pending", "done", "tombstone"
STOOD_IN = "stood in"  # approved in the issuer's stead, and the issuer has not heard of it
REVERSED = "reversed"  # by a reversal that was carried out, even one that gave nothing back
STATES = (PENDING, DONE, TOMBSTONE, STOOD_IN, REVERSED)


class StoredTransaction(NamedTuple):
    """A record as it is stored outside the process: `book` is the series and `key` the number of
    the identity, as text, `fingerprint` in hexadecimal; the rest is that of `TransactionRecord`.
    """

    book: str
    key: str
    state: str
    code: str
    approval: int
    amount: int
    reversed: int
    balance: int
    day: str = ""
    fingerprint: str = ""
    account: str = ""


class TransactionRecord(msgspec.Struct, gc=False, eq=False):
    """What the host knows of one message.

    `state` is one of the five above, `code` the response code that was decided, `approval` the
    approval's number (0: not approved). In minor units: `amount` is what was posted, `reversed`
    what of it was given back, `balance` what was told to an inquiry. `day` is the business day of
    its commit, MMDD, `account` the one of an approval. `fingerprint` is what a repeat has to be
    alike in (`wire/particulars.py`), 0 where the message itself has not come.
    """

    state: str
    series: Series
    number: Number
    code: str = ""
    amount: int = 0
    reversed: int = 0
    balance: int = 0
    day: str = ""
    account: str = ""
    packed: int = 0  # the approval in the lower bits, the fingerprint above: one object, not two

    @property
    def approval(self) -> int:
        return self.packed & _APPROVAL

    @approval.setter
    def approval(self, number: int) -> None:
        self.packed = self.packed & ~_APPROVAL | number

    @property
    def fingerprint(self) -> int:
        return self.packed >> _APPROVAL_BITS

    @fingerprint.setter
    def fingerprint(self, number: int) -> None:
        self.packed = number << _APPROVAL_BITS | self.packed & _APPROVAL

    def stored(self) -> StoredTransaction:
        """The record as it is stored outside the process."""
        return StoredTransaction(
            series_as_text(self.series),
            number_as_text(self.number),
            self.state,
            self.code,
            self.approval,
            self.amount,
            self.reversed,
            self.balance,
            self.day,
            f"{self.fingerprint:x}",
            self.account,
        )


class TransactionLog:
    """All records, and the number of the last approval."""

    def __init__(self) -> None:
        self._series: dict[Series, dict[Number, TransactionRecord]] = {}
        self._shared: dict[Series, Series] = {}  # one object for all records of a series
        self._series_at: dict[str, list[Series]] = {}  # by terminal
        self._undecided: dict[tuple[Series, str], TransactionRecord] = {}  # by series and STAN
        self._amounts: dict[int, int] = {}
        self._terminals: dict[str, None] = {}
        self._count = 0
        self._approvals = 0

    def __len__(self) -> int:
        """How many messages are remembered."""
        return self._count

    def knows_terminal(self, name: str, most: int) -> bool:
        """Has the terminal come before, or is it one of the first `most`?"""
        if name in self._terminals:
            return True
        if len(self._terminals) >= most:
            return False
        self._terminals[name] = None
        return True

    def find(self, identity: TransactionId) -> TransactionRecord | None:
        """The record of the message with that identity."""
        known = self._series.get(identity.series)
        return None if known is None else known.get(identity.number)

    def meant(self, identity: TransactionId) -> tuple[TransactionId, TransactionRecord | None]:
        """What is known under that identity, and under which. Of two messages about a transaction
        one may leave the acquirer out: what differs in nothing else is the same, if there is one
        such transaction. Two that name an acquirer each are about different ones.
        """
        record = self.find(identity)
        if record is None:
            others = self._but_for_acquirer(identity)
            if len(others) == 1:
                return others[0]
        return identity, record

    def _but_for_acquirer(
        self, identity: TransactionId
    ) -> list[tuple[TransactionId, TransactionRecord]]:
        found = []
        message_class, number = identity.message_class, identity.number
        for series in self._series_at.get(identity.terminal, ()):
            if series[0] != message_class:
                continue
            record = self._series[series].get(number)
            if record is not None:
                other = identity_of(series, number)
                if not (identity.acquirer and other.acquirer):
                    found.append((other, record))
        return found

    def begin(self, identity: TransactionId, state: str) -> TransactionRecord:
        """A new record, in place of an older one of the same identity."""
        return self._enter(TransactionRecord(state, identity.series, identity.number))

    def _enter(self, record: TransactionRecord) -> TransactionRecord:
        series = record.series = self._shared.setdefault(record.series, record.series)
        known = self._series.get(series)
        if known is None:
            known = self._series[series] = {}
            self._series_at.setdefault(series[1], []).append(series)
        self._count += record.number not in known
        known[record.number] = record
        return record

    def remove(self, record: TransactionRecord) -> None:
        """The message was never received, for all that the host knows from now on."""
        self._count -= self._series[record.series].pop(record.number, None) is not None

    def undecided(self, identity: TransactionId) -> TransactionRecord | None:
        """A request of the same series with the same STAN that is waiting for its decision."""
        return self._undecided.get((identity.series, identity.stan))

    def wait(self, identity: TransactionId, record: TransactionRecord) -> None:
        """A request waits for its decision from now on, until `decided`."""
        self._undecided[identity.series, identity.stan] = record

    def decided(self, identity: TransactionId) -> None:
        """The request was decided, or will never be."""
        self._undecided.pop((identity.series, identity.stan), None)

    def none_is_undecided(self) -> None:
        """A crash: what was waiting for its decision is lost."""
        self._undecided.clear()

    def near(self, identity: TransactionId) -> list[tuple[TransactionId, TransactionRecord]]:
        """What the terminal sent last with the same STAN under another identity: at most one in
        each series, and not a reversal. Only the last few thousand messages are looked at.
        """
        found = []
        for series in self._series_at.get(identity.terminal, ()):
            if series[0] == MessageClass.REVERSAL:
                continue
            known = self._series[series]
            for number in islice(reversed(known), _LOOKED_AT):
                if has_stan(number, identity.stan):
                    found.append((identity_of(series, number), known[number]))
                    break
        return found

    def shared(self, amount: int) -> int:
        """The same amount, as one object for all records: customers like round amounts."""
        if len(self._amounts) >= _AMOUNTS:
            self._amounts.clear()
        return self._amounts.setdefault(amount, amount)

    def next_approval(self) -> int:
        """The number of the next approval; each is given once."""
        self._approvals += 1
        return self._approvals

    def transactions(self) -> list[TransactionRecord]:
        """The records of all messages but reversals."""
        return [
            record
            for series, known in self._series.items()
            if series[0] != MessageClass.REVERSAL
            for record in known.values()
        ]

    def forget_reversals(self) -> None:
        """Remove the records of all reversals."""
        for series, known in self._series.items():
            if series[0] == MessageClass.REVERSAL:
                self._count -= len(known)
                known.clear()

    def restore(self, stored: StoredTransaction) -> None:
        """A record as an earlier process left it."""
        series, number = series_from_text(stored.book), number_from_text(stored.key)
        record = self._enter(TransactionRecord(stored.state, series, number))
        record.code, record.approval, record.balance = stored.code, stored.approval, stored.balance
        record.amount, record.reversed, record.day = stored.amount, stored.reversed, stored.day
        record.fingerprint = int(stored.fingerprint or "0", 16)
        record.account = stored.account
        self._approvals = max(self._approvals, stored.approval)
