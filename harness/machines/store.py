"""What a terminal writes down, and what it finds again after a power cut.

Writing is an effect that is answered by 'synced': the machine gives each record a number, and what
needs the record to be durable waits for that number. The records of a transaction are forgotten
when nothing of it is open any more.

No record holds track 2, a PIN block or chip data. A store on a real disk encrypts the PAN
(docs/domain.md, "Secrets and keys").
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from harness import events as e


class Record(msgspec.Struct, frozen=True, gc=False, tag_field="is", tag=True):
    """Base of the records. `name` is the one in a fault's `at=write:NAME`."""

    name: ClassVar[str] = ""


class Marks(Record, frozen=True, gc=False):
    """High-water marks: STANs and transaction numbers below these may have been used. They are
    written a block ahead, so that no number is used twice, whatever a power cut loses.
    """

    name: ClassVar[str] = "Marks"
    stan: int
    transaction: int


class Intent(Record, frozen=True, gc=False):
    """A request is about to be sent. If nothing else is found after a power cut, it is reversed
    (docs/domain.md, "Power and recovery").
    """

    name: ClassVar[str] = "Intent"
    transaction: int
    kind: str
    pan: str
    amount: int
    stan: str
    sent: str
    rrn: str


class Decision(Record, frozen=True, gc=False):
    """The request was approved: the amount in minor units, and the response code. A decline needs
    no record of its own, as it closes the transaction.
    """

    name: ClassVar[str] = "Decision"
    transaction: int
    amount: int
    code: str


class CashMoved(Record, frozen=True, gc=False):
    """How far the cash is: `stage` is 'begun', 'presented', 'taken' or 'retracted'."""

    name: ClassVar[str] = "CashMoved"
    transaction: int
    stage: str
    amount: int


class ReversalRecord(Record, frozen=True, gc=False):
    """Everything that a reversal and all its repeats are made of: its own STAN and times, those of
    the original, the reason, the response code of the original if it was answered, and what was
    taken (None for a full reversal).
    """

    name: ClassVar[str] = "Reversal"
    transaction: int
    reason: str
    stan: str
    sent: str
    time: str
    date: str
    code: str
    taken: int | None
    pan: str
    amount: int
    rrn: str
    original_stan: str
    original_sent: str


class Parked(Record, frozen=True, gc=False):
    name: ClassVar[str] = "Parked"
    transaction: int
    code: str


class Suspense(Record, frozen=True, gc=False):
    """Nobody can prove what left. It stays until a person resolves it."""

    name: ClassVar[str] = "Suspense"
    transaction: int
    amount: int
    why: str


class Closed(Record, frozen=True, gc=False):
    """Nothing of the transaction is open any more: its records may be forgotten."""

    name: ClassVar[str] = "Closed"
    transaction: int


class OutOfService(Record, frozen=True, gc=False):
    """The reasons for being out of service that a power cut does not end, all of them:
    'hardware', 'operator'. The last record holds.
    """

    name: ClassVar[str] = "OutOfService"
    reasons: tuple[str, ...]


AnyRecord = (
    Marks
    | Intent
    | Decision
    | CashMoved
    | ReversalRecord
    | Parked
    | Suspense
    | Closed
    | OutOfService
)


class TransactionRecords:
    """The records of one transaction that are still there."""

    __slots__ = ("decision", "intent", "parked", "reversal", "suspense")

    def __init__(self) -> None:
        self.intent: Intent | None = None
        self.decision: Decision | None = None
        self.reversal: ReversalRecord | None = None
        self.parked: Parked | None = None
        self.suspense: Suspense | None = None


class StoreImage:
    """The durable content of a terminal's store, record by record, in the order written.

    Every store (the forgetting disk of `sim`, SQLite in `live`) keeps one of these, or can
    rebuild one, so that what a terminal finds at boot is the same everywhere.
    """

    __slots__ = ("marks", "out_of_service", "transactions")

    def __init__(self) -> None:
        self.marks = Marks(1, 1)
        self.out_of_service: tuple[str, ...] = ()
        self.transactions: dict[int, TransactionRecords] = {}

    def apply(self, record: Record) -> None:
        """Take in one durable record."""
        if type(record) is Marks:
            self.marks = record
            return
        if type(record) is OutOfService:
            self.out_of_service = record.reasons
            return
        number: int = record.transaction  # type: ignore[attr-defined]
        if type(record) is Closed:
            self.transactions.pop(number, None)
            return
        records = self.transactions.get(number)
        if records is None:
            records = self.transactions[number] = TransactionRecords()
        if type(record) is Intent:
            records.intent = record
        elif type(record) is Decision:
            records.decision = record
        elif type(record) is ReversalRecord:
            records.reversal = record
        elif type(record) is Parked:
            records.parked = record
        elif type(record) is Suspense:
            records.suspense = record

    def pending(self) -> int:
        """Reversals recorded, not finally answered and not parked."""
        return sum(1 for d in self.transactions.values() if d.reversal and not d.parked)

    def parked(self) -> int:
        return sum(1 for d in self.transactions.values() if d.parked)

    def in_suspense(self) -> int:
        return sum(1 for d in self.transactions.values() if d.suspense)

    def unclosed(self) -> int:
        """Transactions that are not closed, with neither a reversal nor a suspense record."""
        return sum(1 for d in self.transactions.values() if not (d.reversal or d.suspense))

    def counted(self) -> e.StoreCounted:
        """What there is."""
        return e.StoreCounted(self.pending(), self.parked(), self.in_suspense(), self.unclosed())
